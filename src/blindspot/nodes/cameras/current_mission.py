"""The mission that a drone flies, as camera, detector and recorder learn the mission from the topic `mission`.

Any process can publish an order. An order therefore never permits anything: the mission and its authorisation are this
computer's own copies. Only leases count that the gate signed for this mission under an authorisation of the same id. A
false order can only inhibit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from blindspot_msgs.msg import MissionOrder
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from blindspot.core import BlindspotError, InputError, one_line
from blindspot.law import Authorisation, load_authorisation
from blindspot.mission import Fleet, Mission, MissionRef, run_folder
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.latest import Latest
from blindspot.nodes.judging.leases import Leases

CHECK_PERIOD_S = 0.1
"""Wall time between two checks of the loader, while a mission is loaded."""
LOAD_PERIOD_S = 1.0
"""Least wall time between the starts of two loads: orders may come at any rate."""
NONE, LOADING, REFUSED = "no mission", "the mission is being loaded", "the mission can't be loaded"

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class FlownMission:
    """A mission in the air: this computer's copy with authorisation, reference, run and the run's folder, and who
    ordered the mission."""

    mission: Mission
    authorisation: Authorisation
    ref: MissionRef
    run: str
    folder: Path
    person: str

    @property
    def name(self) -> str:
        """Names run and mission. Pictures carry the key, so that each picture is analysed with the mission of its
        exposure."""
        return f"{self.run} {self.ref.sha256}"


class CurrentMission(Generic[Made]):
    """A node's own state for the mission in progress: one at a time, made in the background, replaced as a whole.

    `made` is None unless the mission is loaded; `why_not` then says why. Another order drops it at once, before the
    next mission is loaded, so that two towns are never in memory together. An order without a file ends the mission.
    """

    def __init__(
        self, node: Node, fleet: Fleet, run_dir: Path, leases: Leases, make: Callable[[FlownMission], Made],
        changed: Callable[[Made | None], None] = lambda made: None,
    ) -> None:  # fmt: skip
        """Subscribe `mission`. `run_dir` is the stack's folder.

        From an order on, `leases` count for the order's mission alone, under the authorisation loaded with the mission.
        A new authorisation of another id inhibits until the next order. `make` makes the node's state from a mission,
        in a worker thread; any error refuses the mission. `changed` is called in the executor's thread with None when
        the state is dropped, and with the state when it is made.
        """
        self.made: Made | None = None
        self.why_not = NONE
        self._node, self._fleet, self._run_dir, self._leases = node, fleet, run_dir, leases
        self._make, self._changed = make, changed
        self.asked: MissionOrder | None = None
        self._offered: MissionOrder | None = None
        self._loaded: tuple[MissionOrder, Made | None, str] | None = None
        """The order loaded by the worker, with the state and the authorisation's id, or the reason against the
        order."""
        self._load_s, self._logged = -LOAD_PERIOD_S, ""
        self._worker: Latest[MissionOrder] = Latest(self._load)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = node.create_timer(CHECK_PERIOD_S, self._check, clock=steady, autostart=False)
        node.create_subscription(MissionOrder, "mission", self._on_order, qos.LATCHED)

    def close(self) -> None:
        self._worker.close()

    def _on_order(self, order: MissionOrder) -> None:
        if self._is_asked(order) and self.why_not != REFUSED:
            return
        self.asked = order
        self.drop(LOADING if order.file else NONE)
        if order.file:
            self._leases.obey(mission=order.sha256)
            self._timer.reset()
            self._check()

    def _is_asked(self, order: MissionOrder) -> bool:
        """Whether an order is for the run and the mission of the last one. Then the order changes nothing: a rest
        ordered by another person belongs to the mission in progress."""
        asked = self.asked or MissionOrder()
        return (order.file, order.sha256, order.run) == (asked.file, asked.sha256, asked.run)

    def drop(self, why_not: str) -> None:
        had, self.made, self.why_not = self.made, None, why_not
        if had is not None:
            self._changed(None)

    def _check(self) -> None:
        """Take the mission that the worker loaded, and give a free worker the newest order."""
        loaded, self._loaded = self._loaded, None
        if loaded is not None:
            self._offered = None
            if loaded[0] is self.asked:
                self._take(*loaded)
        if self.why_not != LOADING:
            self._timer.cancel()
        elif self._offered is None and time.monotonic() - self._load_s >= LOAD_PERIOD_S:
            self._load_s, self._offered = time.monotonic(), self.asked
            self._worker.offer(self.asked)

    def _take(self, order: MissionOrder, made: Made | None, said: str) -> None:
        problem = said if made is None else ""
        if problem and problem != self._logged:
            self._node.get_logger().warning(f"the mission can't be loaded: {problem}")
        self._logged = problem
        if made is not None:
            self._leases.obey(mission=order.sha256, authorisation=said)
        self.made, self.why_not = made, REFUSED if made is None else ""
        if made is not None:
            self._changed(made)

    def _load(self, order: MissionOrder) -> None:
        """In the worker: load this computer's copy of the mission. Any content of an order may come."""
        try:
            flown = self._flown(order)
            self._loaded = order, self._make(flown), flown.authorisation.id
        except BlindspotError as error:
            self._loaded = order, None, one_line(error)
        except Exception as error:  # a garbage order, or a mission that this computer can't hold
            self._loaded = order, None, f"{type(error).__name__}: {one_line(error)}"

    def _flown(self, order: MissionOrder) -> FlownMission:
        ref = MissionRef(order.file, order.sha256)
        folder = run_folder(self._run_dir, order.run)
        mission, drone = ref.read(self._fleet), self._node.get_namespace().strip("/")
        if drone not in {member.name for member in mission.file.fleet}:
            raise InputError(mission.path, "fleet", f"has no drone {drone}", "order the mission with this drone in it")
        authorisation = load_authorisation(mission.authorisation_path)
        return FlownMission(mission, authorisation, ref, order.run, folder, one_line(order.person, 100))
