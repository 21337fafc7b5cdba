"""The journal of a stack: written, checked, and followed while it grows."""
