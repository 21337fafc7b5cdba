"""One run from the order to the moment in which the run's record is whole."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from blindspot.core import one_line
from blindspot.evidence.logbook import TRACK_FILE, OpenRecord
from blindspot.evidence.observed import RunEvent
from blindspot.evidence.watches import WatchEvents
from blindspot.flight.control import NOT_FLOWN
from blindspot.mission import Plan
from blindspot.nodes.graph.messages import track_point
from blindspot.nodes.orders.states import FLIES
from blindspot.nodes.runs.homecoming import Homecoming, outcome_of
from blindspot.nodes.runs.lease_record import LeaseRecord
from blindspot.nodes.runs.watched_stack import WatchedStack

ALIVE_WITHIN_S = 5.0
"""Wall time after the mission in which every node must publish again. A silent node counts as lost in the mission."""
SAVED_WITHIN_S = 5.0
"""Wall time for the coverage monitor to write the seen ground, and for the simulator to close its track."""
MANAGER_BACK_WITHIN_S = 20.0
"""Wall time for a lost mission manager to be started again while the drones stand between two sorties: the manager
then goes on with the mission."""
HEARD_WITHIN_S = 3.0
"""Wall time in which the present state of every drone is heard, after the start of the listener."""
DONE_FOR_S = 5.0
"""Wall time in which the status of the fleet says, without a contradiction, that a mission is done whose end is missing
in the journal: the disk may have refused the entry. Any process can publish a status; the manager contradicts it."""
MANAGER, MONITOR = "/blindspot/mission_manager", "/blindspot/coverage_monitor"


class OneRun:
    """Pass everything that is heard of the run, and call `step` until it returns True. `facts` are the facts of the
    record then."""

    def __init__(
        self, record: OpenRecord, drones: Collection[str], stack: WatchedStack, homecoming: Homecoming,
        leases: LeaseRecord, now_s: Callable[[], float], cleared_before: Collection[str] = (),
        posts: Mapping[str, Plan] | None = None,
    ) -> None:  # fmt: skip
        """`cleared_before` are the hashes of the plans whose leases an earlier listener heard. `posts` holds the post
        of each drone of a watch."""
        self.record, self.drones = record, tuple(drones)
        self._stack, self._homecoming, self._leases, self._now_s = stack, homecoming, leases, now_s
        self._cleared_before, self._posts = frozenset(cleared_before), dict(posts or {})
        self._targets = WatchEvents()
        self._result: tuple[str, str] | None = None
        self._phase, self._said_done_s = "", math.inf
        self._is_flown = self._is_shut_down = False
        self._manager_gone_s = time.monotonic()
        self._silent_before: tuple[str, ...] = ()
        """Nodes that were silent at the last look before the stack was shut down."""
        self._home_s: float | None = None
        """Steady time at which the end of each drone was known."""
        self._lost: tuple[str, ...] | None = None
        self._saved_by_s, self._track_size = 0.0, -1

    # Messages

    def mission_is(self, message: Any) -> None:
        """Take the status of the mission from that of the fleet."""
        self._phase = message.phase
        states = [
            (one_line(one.target), one_line(one.state), one_line(one.looking), one_line(one.reason))
            for one in message.watch
        ]
        self.record.keep(self._targets.changes(self._now_s(), states))
        self._is_flown = self._is_flown or self._phase in FLIES
        if self._phase in FLIES and not self._posts:
            self.record.flies(one_line(message.plan, 100))
        if message.phase != "done" or not message.outcome:
            self._said_done_s = math.inf
        elif self._said_done_s == math.inf:
            self._said_done_s = time.monotonic()
        elif time.monotonic() - self._said_done_s > DONE_FOR_S:
            self.ended(message.outcome, message.reason)

    def mission_is_unknown(self) -> None:
        """The status of the fleet does not name the mission."""
        self._phase, self._said_done_s = "", math.inf

    def ended(self, outcome: str, reason: str) -> None:
        """Take the mission manager's outcome."""
        if self._result is None:
            self._result = outcome or "failed", one_line(reason, 600, keeps_end=True)

    def drone_is(self, status: Any) -> None:
        """Take the status of a drone of the run."""
        self._homecoming.heard(status)
        is_out = status.run == self.record.order.run and status.phase not in NOT_FLOWN
        if is_out and status.drone in self._posts:
            self.record.flies(self._posts[status.drone].id)
        if status.run == self.record.order.run and math.isfinite(status.position.z):
            self.record.flown_to(track_point(status))

    def lease_is(self, drone: str, message: Any) -> None:
        self.record.keep(self._leases.heard(drone, message))

    def coverage_is(self, message: Any) -> None:
        self.record.pictures_counted = int(message.pictures_counted)
        self.record.pictures_refused = int(message.pictures_refused)

    def says(self, event: RunEvent) -> None:
        """Take a line of a node's log."""
        owner, dot, _ = event.source.partition(".")
        if not dot or owner in ("blindspot", *self.drones):
            self.record.keep([event])

    def time_passes(self) -> None:
        """Report the clock to the leases; call this often."""
        self._leases.passes(self._now_s())

    # The end

    def step(self) -> bool:
        """Look after the run; True once its record is whole."""
        self._note_news()
        if self._home_s is None:
            if (self._result is None and self._manager_lives()) or not self._is_home():
                return False
            self._home_s = time.monotonic()
        if self._lost is None and not self._knows_lost(self._home_s):
            return False
        return self._is_saved()

    def give_up(self, why: str) -> None:
        """End the run at once: each drone that is not known to be down is unaccounted."""
        self._homecoming.give_up(why)
        self._lost = self._lost or ()

    def facts(self) -> dict[str, Any]:
        """The facts of the record, which is closed hereby."""
        self.record.keep(self._leases.close(self.drones))
        self.record.close()
        plans, lost, ends = self._leases.plans, self._lost or (), self._homecoming.ends
        return self.record.facts(
            outcome_of(self._result, self._homecoming, lost), now_s=self._now_s(), wall_s=time.monotonic(), lost=lost,
            ends=ends, cleared=None if plans is None else plans | self._cleared_before,
        )  # fmt: skip

    def _note_news(self) -> None:
        self._is_shut_down = self._is_shut_down or self._stack.shuts_down
        if not self._is_shut_down:
            self._silent_before = self._stack.silent()
        for sentence in (*self._stack.ends(self.record.order.at), *self._homecoming.messages):
            self.record.note(self._now_s(), sentence)

    def _manager_lives(self) -> bool:
        """Whether the mission manager publishes and still has the run. A restarted manager may have lost the run."""
        if MANAGER not in self._stack.silent() and not (self._is_flown and not self._phase):
            self._manager_gone_s = time.monotonic()
            return True
        patience_s = MANAGER_BACK_WITHIN_S if self._phase == "swapping" else 0.0
        return time.monotonic() - self._manager_gone_s < patience_s

    def _is_home(self) -> bool:
        return self._stack.listens_s >= HEARD_WITHIN_S and self._homecoming.step(self._stack.silent())

    def _knows_lost(self, since_s: float) -> bool:
        """Wait for a heartbeat of every node. A stack that is shut down, also in this wait, ends its sound nodes,
        too: no such node is lost."""
        unheard = self._stack.unheard_since(since_s)
        if unheard and time.monotonic() - since_s < ALIVE_WITHIN_S:
            return False
        self._lost = tuple(node for node in unheard if not self._is_shut_down or node in self._silent_before)
        self._saved_by_s = time.monotonic() + SAVED_WITHIN_S
        return True

    def _is_saved(self) -> bool:
        """Whether the other nodes have written their files of the run, or their time is over."""
        if time.monotonic() > self._saved_by_s:
            return True
        folder: Path = self.record.folder
        if not (folder / "seen.npz").is_file() and MONITOR not in self._stack.silent():
            return False
        return self.record.writes_track or not self._phase or self._track_is_whole(folder / TRACK_FILE)

    def _track_is_whole(self, track: Path) -> bool:
        """Whether the simulator has closed the track: the last line is whole, and the track grows no more."""
        before, self._track_size = self._track_size, -1
        with suppress(OSError):
            content = track.read_bytes()
            self._track_size = len(content)
            return content.endswith(b"\n") and len(content) == before
        return False
