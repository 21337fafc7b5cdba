"""A running stack: commands start, find and follow the stack."""
