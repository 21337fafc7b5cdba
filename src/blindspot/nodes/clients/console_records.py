"""Turns the stack's messages into records of the console's view. A message that can't be taken changes nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from blindspot_msgs.msg import CoverageStatus, DroneStatus, FleetStatus, Heartbeat
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from blindspot.console import View, degrees, drawn_plan, looks_after_steps
from blindspot.console.crew import crew_of
from blindspot.core import BlindspotError, InputError, one_line
from blindspot.mission import Fleet, load_plan, run_folder
from blindspot.nodes.graph import messages
from blindspot.nodes.orders.states import drone_state, fleet_state, number, share
from blindspot.site import LocalFrame

STACK = "stack"
"""Key of the record of the whole stack; other keys are `run/NAME`, `drone/NAME`, `node/NAME`, `seen/RUN`, `plan/RUN`,
`lease/DRONE`, `ladder/DRONE`, `recording/DRONE`, and `evening`."""
FRESH_S = 2.0
"""A status belongs to now if the one before was heard so shortly before."""
MOST_STATUSES = 20
"""Of one message about the health of nodes: a node reports one or two."""
MOST_LETTERS = 50_000
"""Of all texts of one message: a fleet of 100 drones needs fewer."""


class ConsoleRecords:
    """Takes messages, and writes records. Each method raises InputError for a message that is refused as a whole.

    Parameters
    ----------
    view, lock
        The view that takes the records, and the lock that protects the view.
    fleet
        The fleet of the stack: messages about other drones are refused.
    frame
        The site's frame, for places in degrees.
    nodes
        Full names of the nodes whose heartbeats count.
    stack_dir
        Folder of the stack on this computer; None for a stack of another computer, whose routes are not drawn.
    mode
        Mode of the stack, as `status` prints the mode; empty if the mode is unknown.
    user
        The person of a stop whose page names nobody.
    """

    def __init__(
        self, view: View, lock: Lock, fleet: Fleet, frame: LocalFrame, nodes: Collection[str],
        stack_dir: Path | None, mode: str, user: str = "",
    ) -> None:  # fmt: skip
        self.statuses: dict[str, DroneStatus] = {}
        """The latest status of each drone."""
        self.sim_s = 0.0
        """Simulated time of the latest status, s; 0 in real time."""
        self.runs: Mapping[str, str] = {}
        """The runs that the mission manager reports, with their outcomes."""
        self._is_simulated, self._user = False, user
        self._view, self._lock, self._fleet, self._frame = view, lock, fleet, frame
        self._nodes, self._stack_dir, self._mode = frozenset(nodes), stack_dir, mode
        self._drawn: set[str] = set()
        self._heard_s: dict[str, float] = {}
        self.on_run: Callable[[Path], object] = lambda run_dir: None
        """Called once with the folder of each run in progress that has a plan."""
        self._looks: dict[tuple[str, str], list[int]] = {}
        """By run and drone: number of looks after each number of steps."""

    @property
    def stack_s(self) -> float:
        """The time of the stack's clock, s."""
        return self.sim_s if self._is_simulated else time.time()

    def refuse(self) -> None:
        """Count a message that can't be taken."""
        with self._lock:
            self._view.refused += 1

    def take(self, key: str, content: Mapping[str, Any]) -> None:
        """Take a record that was heard now."""
        with self._lock:
            self._view.take(key, content, time.monotonic())

    def keep(self, prefix: str, keys: Collection[str]) -> None:
        """Drop the records below a prefix whose keys are not in `keys`."""
        with self._lock:
            self._view.keep(prefix, keys)

    def run_of(self, drone: str) -> str | None:
        """The run of a drone, by its own word; None for an unheard drone."""
        status = self.statuses.get(drone)
        return None if status is None else one_line(status.run, 120)

    def take_fleet(self, message: FleetStatus) -> None:
        """The stack's missions, lost nodes and notices."""
        _refuse_long(message)
        state, self._is_simulated = fleet_state(message), bool(message.simulated)
        missions = {f"run/{mission['run']}": mission for mission in state["missions"] if mission["run"]}
        self.runs = {mission["run"]: mission["outcome"] for mission in missions.values()}
        about = ("simulated", "fleet", "stack_dir", "lost_nodes", "notices")
        name = one_line(self._fleet.file.name)
        people = {"operators": self._fleet.operators, "user": self._user, "crew": crew_of(self._fleet)}
        self.take(STACK, {"name": name, "mode": self._mode, **people, **{word: state[word] for word in about}})
        for key, mission in missions.items():
            self.take(key, mission)
            if not mission["outcome"]:
                self._draw(mission["run"])
        with self._lock:
            self._view.keep("run/", missions)
            for kind in ("seen/", "plan/"):
                self._view.keep(kind, {f"{kind}{mission['run']}" for mission in missions.values()})

    def take_status(self, name: str, message: DroneStatus) -> None:
        """The state of the drone `name`."""
        _refuse_long(message)
        self.statuses[name] = message = messages.status_of(message, name)
        if self._is_simulated:
            self.sim_s = max(self.sim_s, messages.seconds(message.header.stamp))
        state = drone_state(message)
        state["heading_deg"] = number(message.heading_deg)
        state["at"] = self._degrees(state["east_m"], state["north_m"])
        state |= self._looks_of(message) | self._clock_of(name, message)
        self.take(f"drone/{name}", state)

    def take_coverage(self, message: CoverageStatus) -> None:
        """The ground that a run has seen."""
        _refuse_long(message)
        run = one_line(message.run, 100)
        areas = {
            name: number(getattr(message, name)) for name in ("blind_area_m2", "seen_area_m2", "oldest_view_age_s")
        }
        fraction = share(messages.share(message.seen_fraction))
        self.take(f"seen/{run}", areas | {"seen_fraction": fraction})

    def take_heartbeat(self, message: Heartbeat) -> None:
        """The sign of life of a node."""
        if message.node not in self._nodes:
            raise InputError("heartbeat", "node", f"{one_line(message.node, 100)!r} is no node of this stack")
        self.take(f"node/{message.node}", {})

    def take_order(self, key: str, content: Mapping[str, Any], given_s: float, most: int) -> None:
        """The state of an order (steady time of its giving); the latest `most` orders stay."""
        with self._lock:
            self._view.take(key, content, given_s)
            self._view.keep("order/", self._view.keys("order/")[-most:])

    def _draw(self, run: str) -> None:
        """Put the routes of a run into the view, once; a run without a readable plan stays undrawn."""
        if run in self._drawn or self._stack_dir is None:
            return
        self._drawn.add(run)
        try:
            run_dir = run_folder(self._stack_dir, run)
            plan = load_plan(run_dir / "plan.json")
        except (BlindspotError, OSError):
            return
        self.on_run(run_dir)
        self._looks |= {(run, route.drone): looks_after_steps(route) for route in plan.routes}
        self.take(f"plan/{run}", drawn_plan(plan, self._frame))

    def _looks_of(self, status: DroneStatus) -> dict[str, int]:
        """The looks that a drone has done of its route, and all of them; empty without a known route."""
        looks = self._looks.get((status.run, status.drone))
        if looks is None or not math.isfinite(status.route_fraction):
            return {}
        return {"looks_done": looks[round(status.route_fraction * (len(looks) - 1))], "looks": looks[-1]}

    def _clock_of(self, name: str, status: DroneStatus) -> dict[str, int]:
        """The difference of a real drone's clock to this computer's, in whole seconds. The first status after a silence
        may be an old one, and a simulation has a time of its own."""
        now_s = time.time()
        before_s, self._heard_s[name] = self._heard_s.get(name, 0.0), now_s
        if self._is_simulated or not 0.0 <= now_s - before_s <= FRESH_S:
            return {}
        return {"clock_off_s": round(messages.seconds(status.header.stamp) - now_s)}

    def take_diagnostics(self, message: DiagnosticArray) -> None:
        """What the recorders of the fleet report: a gap, a full disk, a failed erasure. Cameras use the topic, too."""
        for status in message.status[:MOST_STATUSES]:
            node, _, what = status.name[:200].partition(": ")
            drone = node.removeprefix("/").removesuffix("/recorder")
            if what == "recording" and node == f"/{drone}/recorder" and drone in self._fleet.names:
                trouble = one_line(status.message, 300) if status.level == DiagnosticStatus.ERROR else ""
                self.take(f"recording/{drone}", {"trouble": trouble})

    def _degrees(self, east_m: float | None, north_m: float | None) -> list[float] | None:
        if east_m is None or north_m is None:
            return None
        return degrees(self._frame, east_m, north_m)


def _refuse_long(message: Any) -> None:
    """Raises InputError if the texts of a message, with the messages inside, are too long for a status."""
    if (letters := _letters(message)) > MOST_LETTERS:
        kind = type(message).__name__
        raise InputError(kind, "", f"has texts of {letters} letters", f"a status has at most {MOST_LETTERS}")


def _letters(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(map(_letters, value))
    names = value.get_fields_and_field_types() if hasattr(value, "get_fields_and_field_types") else ()
    return sum(_letters(getattr(value, name)) for name in names)
