"""Lawful surveillance flights over the ground that a town's fixed cameras leave blind."""

__version__ = "0.1.0"
