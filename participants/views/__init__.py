"""Screens for the staff of providers: people, and what changes about them."""
