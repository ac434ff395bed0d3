"""Telling programs elsewhere that something happened, in thin signed messages (ADR 0034)."""
