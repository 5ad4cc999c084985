"""Malformed inputs, and what must be said about each."""
