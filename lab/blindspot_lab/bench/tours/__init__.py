"""Benchmarks of covers and tours, against solvers, bounds and the lawnmower."""
