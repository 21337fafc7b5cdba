"""The check of the entries in which a computer signs the head of its journal."""

from __future__ import annotations

from blindspot.evidence.journals.journal import HEAD_SIGNED, Entry, is_head_signed


def why_not_signed(where: str, entry: Entry) -> str:
    """The sentence on an entry `head_signed` whose signature fits another entry or another key; otherwise empty."""
    if entry.act != HEAD_SIGNED or is_head_signed(entry):
        return ""
    return f"{where}: the signature does not fit the entry before it and the named key"
