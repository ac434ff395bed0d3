"""Letters by e-mail: one interface, and what takes them to people (ADR 0017)."""
