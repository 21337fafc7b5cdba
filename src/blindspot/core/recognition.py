"""The ban on recognition: no part of this stack may identify a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

FORBIDDEN = (
    "face", "facial", "visage", "gesicht", "iris", "fingerprint", "biometr", "emotion", "gait",
    "plate", "plaque", "immatricul", "kennzeichen", "alpr", "anpr", "lpr",
    "reid", "re-id", "osnet",
)  # fmt: skip
"""Words in the name of a detector, of its file or of a class of it that recognises persons or their vehicles (rule
INT-01). The network itself is not examined: the allow-list of models with their hashes is for that."""


_LATIN = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
"""Small letters of Europe that Unicode does not take apart."""
_AGAIN = re.compile(r"(?<![a-z])re[\W_]+id")
"""`person_re_id`: ROS names have no hyphen. `picture_id` is another word."""


def recognises(name: str, *, also: Collection[str] = (), harmless: Collection[str] = ()) -> bool:
    """Whether a detector or class of this name recognises persons or vehicles, which is always forbidden. The name has
    a forbidden word, or one of `also`; words of `harmless` count for nothing. A name in the letters of another alphabet
    may look like one of them or mean the same: it counts as one."""
    seen = _letters(name)
    if not seen.isascii():
        return True
    for word in harmless:
        seen = seen.replace(word, " ")
    return any(word in seen for word in (*FORBIDDEN, *also)) or _AGAIN.search(seen) is not None


def _letters(name: str) -> str:
    """A name in small letters without accents, and without signs that nobody sees: both hide a word from a search."""
    parts = (sign for sign in unicodedata.normalize("NFKD", name) if unicodedata.category(sign)[0] not in "CM")
    return "".join(parts).casefold().translate(_LATIN)
