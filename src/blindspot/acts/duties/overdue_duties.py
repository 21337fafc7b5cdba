"""Duties whose time is over: the weekly register of uses, and recordings that should be erased already."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from blindspot.core import BlindspotError
from blindspot.evidence.acts import register
from blindspot.evidence.journals import entries_of_act
from blindspot.evidence.kept import FOLDER, due_of, is_recording

WEEK = timedelta(days=7)
ERASED_WITHIN = timedelta(minutes=10)
"""The recorder erases twice a minute: a recording that is due for longer stays for a reason."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """`register_since` is the day since which the register was not sent, empty if nothing is overdue; `erasures` is
    the number of recordings that should be erased already."""

    register_since: str = ""
    erasures: int = 0


def overdue(journal: Path, runs: Path, now_utc: datetime) -> Overdue:
    """The overdue duties by a journal and the recordings below the folder of all runs. Raises InputError for a damaged
    journal."""
    return Overdue(_register_since(journal, now_utc) if journal.is_file() else "", _erasures(runs, now_utc))


def _register_since(journal: Path, now_utc: datetime) -> str:
    sent = [str(entry.facts.get("recipient") or "") for entry in entries_of_act(journal, register.REGISTER_SENT)]
    uses, _ = register.uses_since(journal, sent[-1] if sent else "")
    begun = min((use.begun for use in uses), default=now_utc)
    return f"{begun:%Y-%m-%d}" if now_utc - begun > WEEK else ""


def _erasures(runs: Path, now_utc: datetime) -> int:
    found = (path for depth in ("*", "*/*") for path in runs.glob(f"{depth}/{FOLDER}/*"))
    count = 0
    for recording in found:
        with suppress(OSError, BlindspotError):
            count += is_recording(recording) and now_utc - due_of(recording) > ERASED_WITHIN
    return count
