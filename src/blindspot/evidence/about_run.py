"""The first screen of a report: order, time and authorisation of a flight, and the rights in the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from blindspot.evidence.acts.access import is_of_authority
from blindspot.evidence.kept.recorded_files import FOLDER, due_of, is_recording
from blindspot.evidence.observed.summary_file import OrderFacts
from blindspot.law import Authorisation, judge_recording

SIMULATED = "every autopilot of this stack was a simulation: no aircraft flew, and the pictures show a drawn town."
"""The sentence after the word SIMULATED at the top of each page about a run."""
UNKNOWN = "unknown"

Pairs = tuple[tuple[str, str], ...]


def about_run(
    run_dir: Path, auth: Authorisation, order: OrderFacts | None, *, start: str, asked: bool, simulated: bool
) -> Pairs:
    """(name, text) of each line. `order` is that of the summary, `start` the time of the flight as text. `asked` is
    whether the mission asks for a recording. A stack counts as real unless it is known to be simulated."""
    recordings = sorted(filter(is_recording, (run_dir / FOLDER).glob("*")))
    return (
        ("Kind of flight", "simulated" if simulated else "real"),
        ("Ordered by", ordered_by(order)),
        ("When", f"{start or UNKNOWN}{' in simulated time' if simulated and start else ''}"),
        ("Authorisation", authorised_by(auth)),
        ("Recorded", recorded(recordings, auth, asked=asked, simulated=simulated)),
        ("Kept until", kept_until(recordings, auth)),
        ("May be seen by", seen_by(auth)),
    )  # fmt: skip


def ordered_by(order: OrderFacts | None) -> str:
    if order is None:
        return UNKNOWN
    return ": ".join(filter(None, (order.person or UNKNOWN, order.reason)))


def authorised_by(auth: Authorisation) -> str:
    act = auth.file.act
    return ", ".join(
        (auth.id, f"profile {auth.file.profile}", *([f"act {act.number} of {act.date}"] if act is not None else []))
    )


def recorded(recordings: Sequence[Path], auth: Authorisation, *, asked: bool, simulated: bool) -> str:
    if recordings:
        return f"masked pictures: {', '.join(file.name for file in recordings)}"
    if not asked:
        return "no pictures: the mission asks for no recording"
    if refusal := judge_recording(auth, simulated=simulated):
        return f"no pictures: {refusal}"
    if simulated and (refusal := judge_recording(auth)):
        return f"no pictures: a rehearsal records as little as its real flight ({refusal.rule}: {refusal.reason})"
    return "no pictures on this computer; a drone's own computer holds the recorded pictures"


def kept_until(recordings: Sequence[Path], auth: Authorisation) -> str:
    """The time at which the last recording of the run is erased, in the authorisation's time zone."""
    times: list[datetime] = []
    for file in recordings:
        with suppress(OSError):  # it was erased meanwhile
            times.append(due_of(file))
    if not times:
        return "no recording is here; the other files stay until a person deletes the run"
    zone = auth.file.window.tz
    return f"{max(times).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone}), then the recordings are erased"


def seen_by(auth: Authorisation) -> str:
    people = auth.file.people
    if people is None and not is_of_authority(auth.file.profile):
        return "the user of this computer whose folder it is: the authorisation names nobody"
    lists = {role: getattr(people, role, ()) for role in ("viewers", "extractors")}
    return "; ".join(f"{role}: {', '.join(names) or 'nobody'}" for role, names in lists.items())
