"""Objects of a town from the features of published map files."""
