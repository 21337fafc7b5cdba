"""The ban on recognition: no part of this stack may identify a person."""

from __future__ import annotations

FORBIDDEN = (
    "face", "visage", "gesicht", "iris", "fingerprint", "biometr", "emotion", "gait",
    "plate", "plaque", "kennzeichen", "alpr", "anpr", "lpr",
    "reid", "re-id", "osnet",
)  # fmt: skip
"""Words in the name of a detector, of its file or of a class of it that recognises persons or their vehicles (rule
INT-01). The network itself is not examined: the allow-list of models with their hashes is for that."""


def recognises(name: str) -> bool:
    """Whether a detector or class of this name recognises persons or vehicles, which is always forbidden."""
    return any(word in name.lower() for word in FORBIDDEN)
