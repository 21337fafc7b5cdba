"""The simulated vehicle as its file describes it, and its place on the earth."""
