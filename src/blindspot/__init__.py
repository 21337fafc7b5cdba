"""Lawful surveillance flights over the ground that a town's fixed cameras leave blind."""
