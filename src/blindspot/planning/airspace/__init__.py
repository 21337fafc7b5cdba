"""The air where a drone may fly, split into sectors, and the ways through it."""
