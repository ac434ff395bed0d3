"""What changes accounts: sign-ins, second steps, passwords, invitations."""
