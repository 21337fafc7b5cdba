"""A running stack as commands start it, find it and follow it."""
