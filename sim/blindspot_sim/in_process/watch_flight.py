"""A whole watch outside ROS: drones relieve each other by the relay's acts, under one gate, on a clock of its own.

It is the counterpart of `nodes/missions/one_watch.py`. The same posts, models and seed give the same flight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from functools import partial
from math import inf
from pathlib import Path

from blindspot.flight.watch import Other
from blindspot.law import load_authorisation
from blindspot.mission import Mission, Plan, no_fly_zones
from blindspot.operations.watches import (
    LEAST_PREFLIGHT_S,
    Act,
    Leave,
    PassLook,
    PostPlan,
    Relay,
    Start,
    shorter_post,
)
from blindspot.site import load_terrain
from blindspot_sim.fleet import vehicle_config
from blindspot_sim.in_process.fleet_flight import LEASE_EVERY, SAMPLE_EVERY, TICK_S, LegalClock
from blindspot_sim.in_process.log import FlightLog
from blindspot_sim.in_process.packs import Packs
from blindspot_sim.in_process.town_gate import TownGate
from blindspot_sim.in_process.watch_drone import WatchDrone

LEAD_S = 300.0
"""The simulation begins so long before the watch: the first drones fly to their posts."""
JUDGED_S = 5.0
"""From a request for clearance to the gate's answer: its checker takes one to five seconds."""
AGAIN_S = 2.0
"""From the start of a new gate to the request for the clearances of the drones in the air; the gate judges one after
the other."""
NO_GATE = "the authority does not answer: no clearance"
RELIEVED = "relieved: its relief looks at the target"
LIMIT_S = 1800.0
"""Longest time after the latest landing."""


class WatchFlight:
    """All drones of a watch. Call `run`, or `step` with orders and faults in between.

    Parameters
    ----------
    mission, posts
        A mission of kind `overwatch`, and the plan of each drone's post.
    ledger
        Folder of the day's flight times; a gate that starts again reads it.
    seed
        Of wind, noise and latencies.
    packs
        The packs on the ground; by default as many as needed.

    Attributes
    ----------
    begins_s
        Begin of the watch on the clock of `now_s`, s.
    delays_s
        The delays with which a request to pass the look reaches the gate, s: none for a lost request, two for a doubled
        one.
    strays
        Names of drones in the air that nobody has cleared.
    """

    def __init__(
        self, mission: Mission, posts: Sequence[Plan], ledger: Path, *, seed: int, packs: Packs | None = None
    ) -> None:
        file = mission.file
        self.mission, self.now_s = mission, 0.0
        self.packs = packs or Packs(file.swap_s)
        self.delays_s: Callable[[PassLook], Iterable[float]] = lambda _: (0.0,)
        self.strays: frozenset[str] = frozenset()
        self.refusals: list[tuple[float, str]] = []
        """The gate's refusals of requests to pass the look."""
        self._ledger, self._seed = ledger, seed
        self._ticks = self._turns = 0
        self.begins_s, self._ends_s = LEAD_S, LEAD_S + file.window_s
        self._others: dict[str, tuple[Other, ...]] = {}
        self._mail: list[tuple[float, PassLook]] = []
        self._ask_again_s = inf
        start = file.start.astimezone(UTC) - timedelta(seconds=LEAD_S)
        self.legal_time: LegalClock = lambda now_s: start + timedelta(seconds=now_s)
        self.gate: TownGate | None = TownGate(mission, ledger, self.legal_time)
        """`None` while it is dead."""
        self.drones = {one.name: one for one in self._drones(posts)}
        cap = load_authorisation(mission.authorisation_path).file.sensors.max_simultaneous_cameras
        self.relay = Relay(
            [one.post for one in self.drones.values()], starts_s=self.begins_s, ends_s=self._ends_s, cap=cap,
            overlap_s=file.overlap_s, swap_s=file.swap_s,
        )  # fmt: skip

    def _drones(self, posts: Sequence[Plan]) -> Iterable[WatchDrone]:
        mission, terrain, no_fly = self.mission, load_terrain(self.mission.site_dir), no_fly_zones(self.mission)
        for number, plan in enumerate(posts, 1):
            (route,) = plan.routes
            model = mission.models[route.model]
            target = plan.watch.target if plan.watch is not None else plan.id

            configure = partial(
                vehicle_config, model, route.drone, number, plan.origin, route.home, mission.file.wind, terrain
            )
            yield WatchDrone(plan, PostPlan.of(plan, target, model), model, configure, no_fly)

    # People and faults

    def end(self) -> None:
        """A person ends the watch: every drone comes home."""
        self.relay.end(self.now_s)

    def kill_gate(self) -> None:
        """The gate dies: no lease is sent and no request is answered."""
        self.gate = None
        self._ask_again_s = inf

    def start_gate(self) -> None:
        """A new gate knows no clearance; the drones in the air are asked for again."""
        self.gate = TownGate(self.mission, self._ledger, self.legal_time)
        self._ask_again_s = self.now_s + AGAIN_S + JUDGED_S
        for drone in self.drones.values():
            drone.cleared = False

    # The clock

    @property
    def done(self) -> bool:
        """Whether the watch has ended and every turn is over."""
        is_over = all(target.state == "ended" for target in self.relay.targets())
        return is_over and not any(drone.is_open for drone in self.drones.values())

    def run(self, until: Callable[[WatchFlight], bool] | None = None) -> None:
        """Step until the watch is over, or `until` is true. `until` is called before every step, and may give
        orders."""
        while not self.done and self.now_s < self._ends_s + LIMIT_S and not (until is not None and until(self)):
            self.step()

    def step(self) -> None:
        """Advance all drones by one tick of `TICK_S`."""
        self._ticks += 1
        self.now_s = now_s = round(self._ticks * TICK_S, 9)
        if self._ticks % LEASE_EVERY == 0:
            self._renew()
            self._others = self._surroundings()
        self._judge()
        for name, drone in self.drones.items():
            if drone.flown is None:
                continue
            drone.step(now_s, self._others.get(name, ()), self._ends_s - now_s)
            self._watch(drone)
            if drone.end(now_s, self.packs) and self.gate is not None:
                self.gate.give_back(drone.turn)
        for act in self.relay.step(now_s, {name: drone.now(now_s, self.packs) for name, drone in self.drones.items()}):
            self._do(act)
        self._deliver()

    def log(self) -> FlightLog:
        """The log of all turns."""
        violations = tuple(text for drone in self.drones.values() for text in drone.recorder.violations)
        return FlightLog({name: drone.log() for name, drone in self.drones.items()}, self.now_s, violations)

    # The manager

    def _do(self, act: Act) -> None:
        match act:
            case Start():
                self.drones[act.drone].ask(self.now_s)
            case PassLook():
                self._mail += [(self.now_s + delay_s, act) for delay_s in self.delays_s(act)]
            case Leave():
                self.drones[act.drone].leave(RELIEVED, self.now_s)

    def _deliver(self) -> None:
        """The requests that reach the gate now; a dead gate hears none."""
        due = [act for at_s, act in self._mail if at_s <= self.now_s]
        self._mail = [(at_s, act) for at_s, act in self._mail if at_s > self.now_s]
        for act in due if self.gate is not None else ():
            assert self.gate is not None
            if refusal := self.gate.pass_look(act.to, act.from_, self.now_s):
                self.refusals.append((self.now_s, refusal))
        if due:
            self._renew()

    def _judge(self) -> None:
        """The answers of the gate that are due now: on turns, and on flights that a new gate has forgotten."""
        for drone in self.drones.values():
            if drone.flown is None and self.now_s >= drone.asked_s + JUDGED_S:
                turn = shorter_post(drone.plan, drone.model, self._ends_s - self.now_s - LEAST_PREFLIGHT_S)
                if refusal := NO_GATE if self.gate is None else self.gate.ask(turn, self.now_s):
                    drone.refuse(refusal)
                else:
                    self._turns += 1
                    drone.begin(turn, self.now_s, self._seed * 1000 + self._turns)
        if self.gate is not None and self.now_s >= self._ask_again_s:
            forgotten = [drone for drone in self.drones.values() if drone.flown is not None and not drone.cleared]
            for drone in forgotten[:1]:
                drone.cleared = not self.gate.ask(drone.turn, self.now_s)
            self._ask_again_s = self.now_s + JUDGED_S if forgotten[1:] else inf

    # The gate

    def _renew(self) -> None:
        if self.gate is not None:
            airborne = self.strays | {name for name, drone in self.drones.items() if drone.airborne}
            for sent in self.gate.renew(airborne, self.now_s):
                self.drones[sent.drone].take(sent, self.now_s)

    def _watch(self, drone: WatchDrone) -> None:
        """Sample a flight, and pass its exposure and the state of its sensor on to the gate."""
        if self._ticks % SAMPLE_EVERY:
            return
        pose = drone.expose(self.now_s)
        if self.gate is None or drone.is_silent(self.now_s):
            return
        if pose is not None:
            self.gate.exposed(drone.name, pose, self.now_s)
        self.gate.reported(drone.name, self.now_s, inhibited=drone.is_dark(self.now_s))

    def _surroundings(self) -> dict[str, tuple[Other, ...]]:
        """By drone: the other drones, as the drone hears them."""
        now_s, heard = self.now_s, {name: drone.status(self.now_s) for name, drone in self.drones.items()}
        deaf_s = {name: max(0.0, now_s - drone.radio_lost_s) for name, drone in self.drones.items()}
        return {
            own: tuple(
                replace(other, silent_s=max(other.silent_s, deaf_s[own]))
                for name, other in heard.items()
                if name != own and other is not None
            )
            for own in self.drones
        }
