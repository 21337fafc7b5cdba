"""Who may look at the masked pictures of a flight, and the entry of the journal before the first picture.

Looking is a consultation. Under an authority (CSI R242-10) only its viewers and pilots look. Without the entry there is
no picture.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from blindspot.core import LONGEST_NAME, BlindspotError, InputError, one_line
from blindspot.evidence.acts import Actor, Held, access_content, enter
from blindspot.evidence.journals import Journal, entries_of_run

SIGNED_WITHIN_S = 60.0
"""Time from the bytes to their signature, s."""
CLEARED = "clearance"
STREAMED = frozenset({"PRIVATE-SITE", "TEST-RANGE", "SIM-ONLY"})
"""Profiles under which another program may get pictures. The French code forbids a link with other processing, in the
first place with the town's fixed cameras (CSI L242-4)."""
_Key = tuple[int, int, str]


class UnclearedError(InputError):
    """A drone's run has no clearance."""

    def __init__(self, drone: str) -> None:
        super().__init__(drone, "", "has no clearance in the journal: there is no picture", "wait for the take-off")


@dataclass(frozen=True, slots=True)
class Granted:
    """A look at the pictures of a drone, in one run alone."""

    drone: str
    run: str


@dataclass(frozen=True, slots=True)
class ToSign:
    """The person has a key in the authorisation: a page signs `text` before the look. `began_s` is on a steady
    clock."""

    drone: str
    run: str
    actor: Actor
    text: str
    began_s: float


class LiveLooks:
    """Decides about looks. Threads may share one object.

    Parameters
    ----------
    journal
        The journal of the stack: its clearances name the people of each run, and it takes the entries.
    run_of
        The run that a drone flies now; None if nobody knows.
    refuse
        Gets person, order and problem of an attempt by a person without the right.
    """

    def __init__(
        self, journal: Path, run_of: Callable[[str], str | None], refuse: Callable[[str, str, str], object],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._journal, self.run_of, self._refuse, self._now_s = journal, run_of, refuse, now_s
        self._lock = threading.Lock()
        self._read: tuple[_Key | None, Held | None] = (None, None)

    def ask(self, drone: str, person: str, reason: str) -> Granted | ToSign:
        """A look that a person asks for. Raises BlindspotError with the reason why there is none."""
        run = self.run_of(drone)
        if run is None:
            raise InputError(drone, "", "flies no known run: there is no picture")
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        actor = Actor(one_line(person, LONGEST_NAME), one_line(reason, 300), signed_at=at)
        held = self._held(drone, run)
        if held.needs_name and held.keys(actor.person):
            text = access_content("live", run, actor).decode()
            return ToSign(drone, run, actor, text, self._now_s())
        return self._granted(drone, held, replace(actor, signed_at=""))

    def signed(self, asked: ToSign, signature: str) -> Granted:
        """The look of a person who signed. Raises BlindspotError."""
        if self._now_s() - asked.began_s > SIGNED_WITHIN_S or self.run_of(asked.drone) != asked.run:
            raise InputError(asked.drone, "", "was looked at too late after the question", "look again")
        held = self._held(asked.drone, asked.run)
        return self._granted(asked.drone, held, replace(asked.actor, signature=signature))

    def why_no_stream(self, drones: Collection[str]) -> str:
        """The reason why no other program gets pictures of these drones, all of one stack; empty if it may."""
        for drone in drones:
            run = self.run_of(drone)
            if run is None:
                continue
            try:
                profiles = self._held(drone, run).profiles
            except UnclearedError:
                continue  # nothing has flown: the drone has no picture
            except (BlindspotError, OSError) as error:
                return one_line(error, 300)
            if not profiles or profiles - STREAMED:
                named = ", ".join(sorted(profiles - STREAMED)) or "no authorisation"
                return f"{drone} flies under {named}: no other program may have its pictures (CSI L242-4)"
        return ""

    def stream(self, drone: str) -> Granted:
        """The look of another program, after its entry. Raises BlindspotError."""
        run = self.run_of(drone)
        if run is None:
            raise InputError(drone, "", "flies no known run: there is no picture")
        if self._held(drone, run).needs_name:
            journal = Journal(self._journal, "console")
            journal.write("consultation", run=run, drone=drone, person="", reason="masked.mjpeg", live=True)
        return Granted(drone, run)

    def _granted(self, drone: str, held: Held, actor: Actor) -> Granted:
        if not held.needs_name:
            return Granted(drone, held.run)
        if problem := held.why_not("live", actor):
            self._refuse(actor.person, "look", problem)
            raise InputError(held.run or "this run", "", problem, "see people in the authorisation")
        enter(self._journal, "console", "live", held, actor, drone=drone)
        return Granted(drone, held.run)

    def _held(self, drone: str, run: str) -> Held:
        """What the journal says about the people of a run. Raises BlindspotError for a run without a clearance: nobody
        knows who may look."""
        with self._lock:
            try:
                found = self._journal.stat()
                key = (found.st_size, found.st_mtime_ns, run)
                if self._read[0] != key:
                    entries = entries_of_run(self._journal, run, strict=True)
                    self._read = key, Held.of(run, entries, has_recording=False)
            except OSError as error:
                raise BlindspotError(f"the journal can't be read ({error.strerror}): there is no picture") from error
            held = self._read[1]
        if held is None or not any(entry.act == CLEARED for entry in held.entries):
            raise UnclearedError(drone)
        return held
