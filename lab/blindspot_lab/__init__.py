"""Benchmarks, the fault campaign, the training of the small detector, and solvers for comparison: not installed."""
