"""Sealed recordings: parts that are written with public keys alone, and opened with two private keys."""
