"""Screens of what was achieved."""
