"""Covers: views that together see the ground, with a bound on their number."""
