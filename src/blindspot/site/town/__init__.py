"""The model of a town: frozen data, its frame, and the values that are assumed."""
