"""The length of a run's recordings, by the entries of a journal. No figure is shorter than the recordings are.

A drone's own computer keeps its own journal. It reports the length after each landing, and the gate enters the report
in the journal of the ground station (`RECORDED`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from blindspot.evidence.acts.access import RECORDING, SEALED
from blindspot.evidence.journals.journal import Entry
from blindspot.evidence.journals.journal_check import entries_of_run

RECORDED, LENGTH = "recorded", "length_s"
LONGEST_S = 86_400.0
"""Of all recordings that one drone makes in one run."""
UNACCOUNTED = "unaccounted"
NO_LENGTHS: Mapping[str, float] = {}
Kind = Literal["measured", "at most", "unknown"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a drone's computer recorded of a run, after the flight of a plan (hash)."""

    run: str
    plan: str
    length_s: float


def recorded_by(journal: Path, drone: str, run: str) -> Recorded | None:
    """What the computer with this journal recorded of a run.

    `None` while the drone flies, and for an unknown length: its landing is not in the journal, or a recording was not
    closed. Raises InputError for an unreadable journal, or for an invalid line that names the run.
    """
    entries = [each for each in entries_of_run(journal, run, strict=True) if each.facts.get("drone") == drone]
    flights = [each for each in entries if each.act in ("arming", "landing")]
    if not flights or flights[-1].act != "landing":
        return None
    plan = next((str(each.facts.get("plan")) for each in reversed(flights) if each.act == "arming"), "")
    lengths = lengths_of(entries).values()
    known_s = [length_s for length_s in lengths if length_s is not None]
    return Recorded(run, plan, sum(known_s)) if len(known_s) == len(lengths) else None


def lengths_of(entries: Iterable[Entry]) -> dict[tuple[str, str], float | None]:
    """The length of each recording of a run, s, by drone and file, by the clock with the longer duration. `None` for
    an open recording, or if a clock set back closed the recording before the begin."""
    begins: dict[tuple[str, str], Entry] = {}
    lengths: dict[tuple[str, str], float | None] = {}
    for entry in entries:
        recording = str(entry.facts.get("drone")), str(entry.facts.get("file"))
        if entry.act == RECORDING:
            begins[recording], lengths[recording] = entry, None
        elif entry.act == SEALED and recording in begins:
            by_clock_s, steady_s = (entry.at - begins[recording].at).total_seconds(), length_in(entry)
            found_s = by_clock_s if steady_s is None else max(by_clock_s, steady_s)
            lengths[recording] = found_s if found_s >= 0.0 else None
    return lengths


def length_in(entry: Entry) -> float | None:
    """The length in an entry, s; `None` without a possible length."""
    length = entry.facts.get(LENGTH)
    if isinstance(length, bool) or not isinstance(length, int | float):
        return None
    return float(length) if 0.0 <= length <= LONGEST_S else None


def recorded_elsewhere(journals: Iterable[Path], run: str, granted: Sequence[Entry]) -> dict[str, float]:
    """The lengths by the journals of the drones' own computers, s, by drone, of the drones whose latest granted plan
    such a journal follows to the landing. Raises InputError as `recorded_by`."""
    plans = {name: str(each.facts.get("plan")) for each in granted for name in _names(each)}
    found = [(drone, recorded_by(path, drone, run), plan) for path in journals for drone, plan in plans.items()]
    return {drone: known.length_s for drone, known, plan in found if known is not None and known.plan == plan}


def length_of_run(
    granted: Sequence[Entry], end: Entry | None, others: Sequence[Entry], elsewhere: Mapping[str, float] = NO_LENGTHS
) -> tuple[float | None, Kind]:
    """The length of a run's recordings, s, and the source, by the grants of the run's clearances, by the run's end,
    by the `others` (recordings and reports of the drones), and by the lengths that journals `elsewhere` hold.

    A drone without a report after the last grant counts with all time from the first grant to the end of the run.
    """
    drones = dict.fromkeys(name for each in granted for name in _names(each))
    drones |= dict.fromkeys(str(each.facts.get("drone")) for each in others)
    if end is None or not drones:
        return None, "unknown"
    entries = sorted((*granted, *others, end), key=lambda each: each.number)
    goes_on = all(earlier.at <= later.at for earlier, later in pairwise(entries))
    found = [_of_drone(drone, granted, end, others, elsewhere.get(drone), goes_on=goes_on) for drone in drones]
    if any(kind == "unknown" for _, kind in found):
        return None, "unknown"
    return sum(length_s for length_s, _ in found), max((kind for _, kind in found), key=_WORST.index)


_WORST: tuple[Kind, ...] = ("measured", "at most")


def _of_drone(
    drone: str,
    granted: Sequence[Entry],
    end: Entry,
    others: Sequence[Entry],
    elsewhere_s: float | None,
    *,
    goes_on: bool,
) -> tuple[float, Kind]:
    own = [each for each in others if each.facts.get("drone") == drone]
    grants = [each for each in granted if drone in _names(each)]
    cleared = max((each.number for each in grants), default=0)
    here = list(lengths_of(own).values())
    reports = [length_in(each) for each in own if each.act == RECORDED and each.number > cleared]
    reports += [] if elsewhere_s is None else [elsewhere_s]
    known_s = [sum(each for each in here if each is not None), *(each for each in reports if each is not None)]
    if (here or reports) and None not in (*here, *reports):
        return max(known_s), "measured"
    begins = [*grants[-1:], *(each for each in own if each.act == RECORDING)]
    if not grants or not goes_on or end.facts.get("outcome") == UNACCOUNTED:
        return 0.0, "unknown"
    if any(each.at > end.happened_at for each in begins):
        return 0.0, "unknown"
    return max((end.happened_at - grants[0].at).total_seconds(), *known_s), "at most"


def _names(grant: Entry) -> list[str]:
    names = grant.facts.get("drones")
    return [str(name) for name in names] if isinstance(names, list | tuple) else []
