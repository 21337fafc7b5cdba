"""Lower bounds of a plan: of pictures and of time."""
