"""Which recordings the launch file may play: a launch names no person, so none of an authority."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from blindspot.core import InputError
from blindspot.law import load_profile

_FIRST_RECORDS = 100
"""The recorder writes its facts after the list of topics, before the first message."""

DAMAGED = "damaged"
"""In place of a profile: no profile has this name, so the recording is refused."""


def refuse_guarded(recording: Path) -> None:
    """Raise InputError for a recording of ours that was made under an authority, or under an unknown authorisation.
    `recording` is one file, or the folder of another program's recording."""
    ours = [recording] if recording.is_file() else [file for file in recording.glob("*.mcap") if _profile(file)]
    if not all(_is_free(_profile(file)) for file in ours):
        problem = "was recorded under an authority, or its authorisation is unknown: a launch names no viewer"
        raise InputError(recording, "", problem, "an extractor exports it: blindspot runs export")


def _is_free(profile: str) -> bool:
    try:
        return load_profile(profile).preflight_by == "drone"
    except InputError:
        return False


def _profile(recording: Path) -> str:
    """The profile in the facts of a recording; "" if it has none, or can't be read."""
    from mcap.records import Metadata
    from mcap.stream_reader import StreamReader

    try:
        with recording.open("rb") as file:
            for record in islice(StreamReader(file).records, _FIRST_RECORDS):
                if isinstance(record, Metadata) and record.name == "recording":
                    return record.metadata.get("profile", "unknown")
    except Exception:  # a damaged file: its authorisation is unknown
        return DAMAGED
    return ""
