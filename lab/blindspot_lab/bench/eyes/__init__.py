"""Benchmarks of detection, tracking, masking and placing."""
