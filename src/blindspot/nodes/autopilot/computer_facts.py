"""Facts of the computer of a drone, reported by that computer: inputs of sound, other ends of connections, the
journal, and the length of the recordings.

Threads read them, so that a slow disk or a long list of processes holds up no flight.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from blindspot.core import BlindspotError
from blindspot.evidence.acts import JOURNALLED, kept_days, recorded
from blindspot.flight.watch import peers, sound_inputs
from blindspot.nodes.autopilot.drone_facts import (
    ACT,
    FLEET,
    FLOWN_PLAN,
    FLOWN_RUN,
    FRESH_S,
    JOURNAL,
    KEPT,
    MOST_VALUES,
    PEER,
    PEERS,
    RECORDED_S,
    Values,
    sound_values,
)
from blindspot.nodes.autopilot.journal_facts import journal_works, takes_entries

MOST_PEERS = MOST_VALUES // 2
AGAIN_S = 2.0
"""Wall time between two readings: one takes 50 ms of processor time if a connection leaves the computer, and simulated
time runs fast."""


class ComputerFacts:
    """The latest facts of this computer; `journal` is the journal written by the computer's nodes, `fleet` the hash
    of the computer's fleet file, and `run` names the present or latest run of `drone`."""

    def __init__(self, journal: Path, fleet: str = "", drone: str = "", run: Callable[[], str] = str) -> None:
        self._journal, self._fleet, self._is_whole = journal, fleet, False
        self._drone, self._run = drone, run
        self._values: Values = ()
        self._read_s, self._begun_s = -FRESH_S, time.monotonic()
        self._reader = Thread(target=self._read_first, daemon=True)
        self._reader.start()

    def values(self) -> Values:
        """The facts for a report, as they were last read. Old facts, whose new reading takes long, are left out."""
        now_s = time.monotonic()
        is_fresh, values = now_s - self._read_s <= FRESH_S, self._values
        if not self._reader.is_alive() and now_s - self._begun_s >= AGAIN_S:
            self._begun_s = now_s
            self._reader = Thread(target=self._read, daemon=True)
            self._reader.start()
        return [(FLEET, self._fleet), *sound_values(sound_inputs()), *(values if is_fresh else ())]

    def _read_first(self) -> None:
        """The chain of the journal is checked once: each entry checks the entry before."""
        self._is_whole = journal_works(self._journal)
        self._read()

    def _read(self) -> None:
        lengths = recorded_values(self._journal, self._drone, self._run()) if self._is_whole else []
        self._values = [*peer_values(peers()), *journal_values(self._journal, is_whole=self._is_whole), *lengths]
        self._read_s = time.monotonic()


def peer_values(found: tuple[str, ...] | None) -> Values:
    """The other ends of connections as facts; none of them if they are unreadable or too many."""
    if found is None or len(found) > MOST_PEERS:
        return []
    return [(PEERS, str(len(found))), *((PEER, address) for address in found)]


def journal_values(path: Path, *, is_whole: bool) -> Values:
    """A journal as facts: whether the journal works, for how many days the journal is kept, and the kinds of acts in
    the journal."""
    try:
        works, days = is_whole and takes_entries(path), kept_days(path)
    except (BlindspotError, OSError):
        return []
    kept = [(KEPT, str(days))] if days is not None else []
    return [(JOURNAL, "works" if works else "broken"), *kept, *((ACT, kind) for kind in JOURNALLED)]


def recorded_values(journal: Path, drone: str, run: str) -> Values:
    """The length of a run's recordings as facts, rounded up; no facts before the landing, or for an unknown length."""
    try:
        found = recorded.recorded_by(journal, drone, run) if run else None
    except (BlindspotError, OSError):
        return []
    if found is None:
        return []
    length = f"{math.ceil(10.0 * found.length_s) / 10.0:.1f}"
    return [(FLOWN_RUN, found.run), (FLOWN_PLAN, found.plan), (RECORDED_S, length)]
