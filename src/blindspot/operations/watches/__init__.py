"""Watches: relays of drones that keep targets in the picture for hours."""
