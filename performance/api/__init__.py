"""The part of the API that belongs to performance."""
