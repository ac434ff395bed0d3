"""Reads of what was achieved, and of what can be claimed next."""
