"""Weeks of an operation in simulation, and the independent check of its promise."""
