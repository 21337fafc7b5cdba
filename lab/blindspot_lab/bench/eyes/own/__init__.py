"""Figures of a user's own pictures."""
