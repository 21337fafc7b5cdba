"""Figures of the user: own pictures, and the cost on a companion computer."""
