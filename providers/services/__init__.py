"""What changes operators and providers and who belongs to them."""
