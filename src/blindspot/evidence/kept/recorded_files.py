"""The files of a recording: its name, the facts at its begin, the files beside it, and the time of its erasure.

A recording is an MCAP file in clear, or a sealed part. Beside it may lie its hash, the sealed halves of its key, a flag
(a dwelling shows) and a hold (a report needs it).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath

from blindspot.core import read_file, write_whole
from blindspot.evidence.sealed.form import SUFFIX, BrokenPartError

FOLDER = "recording"
"""Folder of a run's recordings."""
CLEAR = ".mcap"
SEALED_PART = CLEAR + SUFFIX
OPENED = "opened"
"""Folder of an archive for the clear text of sealed parts."""
LONGEST_H = 168.0
"""The law's limit, for a recording without a time, or with an impossible time."""
DWELLING_H = 48.0
"""The law's limit for a part that shows a dwelling."""
HELD_FOR = timedelta(days=7)
"""A hold stops the time of a recording for so long."""
FLAG, HOLD = ".flag", ".hold"
_BESIDE = (".sha256", FLAG, HOLD)
"""Ends of the names of the files beside a recording, except its key."""
_ERASE_BY, _RETENTION, _DWELLING, _FACTS = "erase_by", "retention_h", "dwelling_purge_h", "recording"
_LONGEST_RECORD = 1_000_000
"""Bytes of the longest record that is read for the facts."""
_LONGEST_NOTE = 10_000


def is_recording(path: PurePath) -> bool:
    """Whether a file has the name of a recording, in clear or sealed."""
    return path.name.endswith((CLEAR, SEALED_PART))


def is_as_recorded(path: PurePath) -> bool:
    """Whether a file is a recording as its recorder closed it. The clear text that an export has opened is none, also
    after the archive is unpacked."""
    return is_recording(path) and path.parent.name != OPENED


def is_sealed(path: Path) -> bool:
    return path.name.endswith(SEALED_PART)


def recordings_of(root: Path, drone: str) -> list[Path]:
    """The recordings of a drone below the folder of all its runs, in `<root>/<run>/recording` or
    `<root>/<stack>/<run>/recording`; links of files and of folders are not followed."""
    found = (root.glob(f"{depth}/{FOLDER}/{drone}-*") for depth in ("*", "*/*"))
    named = (path for paths in found for path in paths if is_recording(path))
    return sorted(path for path in named if path.is_file() and path.resolve() == path)


def beside(recording: Path) -> list[Path]:
    """The paths of the files that belong to a recording and go with it."""
    return [recording.with_name(recording.name + end) for end in _BESIDE]


def due_facts(retention_h: float, now: datetime, dwelling_h: float = DWELLING_H) -> dict[str, str]:
    """The facts of a recording that begins now, in any time zone: the permitted duration, that of a dwelling, and the
    end in UTC. In a local time, hours over a change of clocks would be hours of the wall."""
    due = now.astimezone(UTC) + timedelta(hours=retention_h)
    said = {_RETENTION: f"{retention_h:g}", _ERASE_BY: due.isoformat(timespec="seconds")}
    return said | {_DWELLING: f"{dwelling_h:g}"}


def due_of(recording: Path) -> datetime:
    """The time by which a recording must be erased: the stated time, a dwelling's shorter time, and at the latest the
    law's limit after the last change. A hold stops this time for its duration. Raises OSError."""
    facts, changed = facts_in(recording), datetime.fromtimestamp(recording.stat().st_mtime, UTC)
    due = changed + timedelta(hours=LONGEST_H)
    with suppress(KeyError, ValueError, OverflowError):
        due = min(due, datetime.fromisoformat(facts[_ERASE_BY]).astimezone(UTC))
    if (seen := flagged_at(recording)) is not None:
        due = min(due, seen + timedelta(hours=_dwelling_h(facts)))
    return due + stood_still(recording)


def are_due(recordings: Collection[Path], now_utc: datetime) -> bool:
    """Whether there are recordings, and the time of each is over; the time of an unreadable recording is unknown."""
    try:
        return bool(recordings) and all(now_utc >= due_of(recording) for recording in recordings)
    except OSError:
        return False


def begun_at(recording: Path) -> datetime | None:
    """The begin of a recording by its facts; None if they state no time. Raises OSError."""
    facts = facts_in(recording)
    with suppress(KeyError, ValueError, OverflowError):
        return datetime.fromisoformat(facts[_ERASE_BY]).astimezone(UTC) - timedelta(hours=float(facts[_RETENTION]))
    return None


def flagged_at(recording: Path) -> datetime | None:
    """When a recording showed a dwelling; None without a flag. A damaged flag counts from the begin on."""
    path = recording.with_name(recording.name + FLAG)
    if not path.exists():
        return None
    seen = _moment(_note(path), "seen")
    return seen or begun_at(recording) or datetime.fromtimestamp(path.stat().st_mtime, UTC)


def hold_of(recording: Path) -> tuple[datetime, datetime] | None:
    """(begin, end) of the hold; None without one. A damaged hold holds nothing."""
    note = _note(recording.with_name(recording.name + HOLD))
    begun, until = _moment(note, "begun"), _moment(note, "until")
    return None if begun is None or until is None or until < begun else (begun, until)


def stood_still(recording: Path) -> timedelta:
    """For how long a hold stops the time of a recording."""
    held = hold_of(recording)
    return timedelta() if held is None else held[1] - held[0]


def write_flag(recording: Path, seen: datetime) -> None:
    """Mark a recording: it shows a dwelling. The earliest moment stays. Raises OSError."""
    earlier = flagged_at(recording)
    first = seen if earlier is None else min(seen, earlier)
    _write_note(recording, FLAG, seen=first)


def write_hold(recording: Path, now_utc: datetime) -> datetime:
    """Stop the time of a recording for `HELD_FOR`, a held one until then, and return the end. Raises OSError."""
    before, until = hold_of(recording), now_utc + HELD_FOR
    begun = now_utc if before is None or before[1] < now_utc else before[0]
    stood = timedelta() if before is None or before[1] >= now_utc else before[1] - before[0]
    _write_note(recording, HOLD, begun=begun - stood, until=until)
    return until


def facts_in(recording: Path) -> Mapping[str, str]:
    """The facts at the begin of a recording, which an interrupted one has, too; empty if it has none. Raises
    OSError."""
    if is_sealed(recording):
        from blindspot.evidence.sealed.opened import header_of

        with suppress(BrokenPartError):
            return header_of(recording).facts
        return {}
    return _facts_of_mcap(recording)


def _facts_of_mcap(recording: Path) -> Mapping[str, str]:
    from mcap.exceptions import McapError
    from mcap.records import Chunk, Message, Metadata
    from mcap.stream_reader import StreamReader

    with recording.open("rb") as file, suppress(McapError, struct.error, ValueError, LookupError):
        for record in StreamReader(file, emit_chunks=True, record_size_limit=_LONGEST_RECORD).records:
            if isinstance(record, Metadata) and record.name == _FACTS:
                return record.metadata
            if isinstance(record, Chunk | Message):
                break
    return {}


def _dwelling_h(facts: Mapping[str, str]) -> float:
    """The stated time of a part that shows a dwelling, and never longer than the law's."""
    with suppress(KeyError, ValueError):
        return min(max(float(facts[_DWELLING]), 0.0), DWELLING_H)
    return DWELLING_H


def _note(path: Path) -> Mapping[str, object]:
    try:
        read = json.loads(read_file(path, _LONGEST_NOTE))
    except (OSError, ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _write_note(recording: Path, end: str, **moments: datetime) -> None:
    said = {name: moment.astimezone(UTC).isoformat() for name, moment in moments.items()}
    write_whole(recording.with_name(recording.name + end), json.dumps(said) + "\n")


def _moment(note: Mapping[str, object], name: str) -> datetime | None:
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(str(note.get(name)))
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    return None
