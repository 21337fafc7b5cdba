"""Marks on the recordings of a run, each after its entry: a part that shows a dwelling, and recordings that a report
needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from blindspot.acts.run_acts import act_on, recordings_of, refuse_act, refuse_due
from blindspot.acts.run_folders import Run
from blindspot.core import InputError
from blindspot.evidence.acts import Actor
from blindspot.evidence.kept import begun_at, due_of, write_flag, write_hold

_AFTER = timedelta(seconds=2)
"""The last block of a recording may be written so long after its last picture."""


def flag_run(run: Run, drone: str, seen: datetime, who: Actor) -> dict[Path, datetime]:
    """Mark the recordings of a drone at a moment: a dwelling shows. Returns the new time of each one's erasure.

    Raises InputError for a person who may not, for a moment without a recording, and if no mark can be written.
    """
    refuse_act(run, "flag", who)
    found = [each for each in recordings_of(run) if each.name.startswith(f"{drone}-") and _holds(each, seen)]
    if not found:
        problem = f"no recording of {drone} is here from {seen:%Y-%m-%d %H:%M:%S} UTC"
        raise InputError(run.folder, "--at", problem, "name a moment of the flight; runs show lists its recordings")
    for each in found:
        act_on(run, "flag", "runs flag", who, drone=drone, file=each.name, seen=seen.isoformat())
        _written(each, lambda part: write_flag(part, seen))
    return {each: due_of(each) for each in found}


def hold_run(run: Run, who: Actor) -> datetime:
    """Stop the time of all recordings of a run, for a report that needs them. Returns the end of the hold.

    Raises InputError for people who may not, for a run without a recording, for a recording that is due, and if no mark
    can be written.
    """
    refuse_act(run, "hold", who)
    refuse_due(run)
    found = recordings_of(run)
    if not found:
        raise InputError(run.folder, "", "holds no recording", "name a run that runs list shows with a recording")
    now = datetime.now(UTC)
    act_on(run, "hold", "runs hold", who, files=len(found))
    return max(_written(each, lambda part: write_hold(part, now)) or now for each in found)


def _holds(recording: Path, seen: datetime) -> bool:
    """Whether a recording may hold a moment; one without a stated begin may hold each moment before its end."""
    try:
        begun, ended = begun_at(recording), datetime.fromtimestamp(recording.stat().st_mtime, UTC)
    except OSError:
        return False
    return (begun is None or begun <= seen) and seen <= ended + _AFTER


def _written(recording: Path, write: Callable[[Path], datetime | None]) -> datetime | None:
    try:
        return write(recording)
    except OSError as error:
        raise InputError(recording, "", f"can't be marked ({error.strerror})", "see its folder and disk") from error
