"""Checks of files before a flight."""
