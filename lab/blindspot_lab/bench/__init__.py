"""Benchmarks: each prints its goals beside the measured figures (`./blindspot bench NAME`)."""
