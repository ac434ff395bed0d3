"""How long a sign-in lasts and how often one may be wrong. Knows no Django and no clock."""
