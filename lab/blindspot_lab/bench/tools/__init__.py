"""Tools that all benchmarks share: goals, scenes, time measurement, worker processes."""
