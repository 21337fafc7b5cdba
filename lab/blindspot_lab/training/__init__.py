"""Training of a small detector on rendered pictures: `python -m blindspot_lab.training --into DIR`, see
docs/concepts/detection.md."""
