"""Reads that join, aggregate or feed a screen."""
