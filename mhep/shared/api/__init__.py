"""What the API of every app has in common: its errors, its pages, its schema and its replays (ADR 0033)."""
