"""Trains a small detector on rendered pictures: `python -m blindspot_sim.training --into DIR`, see
docs/guide/detection.md."""
