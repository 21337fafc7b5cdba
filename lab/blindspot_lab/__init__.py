"""Benchmarks, the fault campaign, the training of the small detector, and reference solvers; a developer's package."""

import blindspot  # before numba: see core/kernel_cache.py
