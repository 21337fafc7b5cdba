"""Lower bounds of a plan: of its pictures and of its time."""
