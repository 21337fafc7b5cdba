"""The ban on recognition: no part of this stack may identify a person."""

from __future__ import annotations

FORBIDDEN = ("face", "plate", "alpr", "anpr", "reid", "re-id", "emotion", "gait")
"""Words in the name of a detector, or of a class of one, that recognises persons or their vehicles (rule INT-01)."""


def recognises(name: str) -> bool:
    """Whether a detector or class of this name recognises persons or vehicles, which is always forbidden."""
    return any(word in name.lower() for word in FORBIDDEN)
