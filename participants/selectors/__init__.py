"""Reads about people who are helped."""
