"""The posts of an overwatch: one place with one aim for each drone, in a sector of its own."""
