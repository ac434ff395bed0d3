"""Screens of what is owed and billed."""
