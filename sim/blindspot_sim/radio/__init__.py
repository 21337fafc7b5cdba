"""Poor links for tests: packets lost, repeated, delayed."""
