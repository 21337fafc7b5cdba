"""A fleet of simulated drones with real flight logic, leases and gate, in one process, with every kind of fault.

`sim.in_process` is its counterpart for normal flights. A `Record` holds each drone's history for the observer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from math import dist, hypot, inf, isfinite
from typing import Any, NamedTuple

from blindspot.flight.control.controller import RouteFlight
from blindspot.flight.control.take_over import TakeOver
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.mavros import MavrosVehicle
from blindspot.flight.watch.ladder import Ladder
from blindspot.flight.watch.surroundings import CALM, Around, Other, hear_other, place_and_speed
from blindspot.flight.watch.traffic import TRAFFIC_TOPIC, Traffic
from blindspot.law.clearances.clearance import Gate
from blindspot.law.leases.lease import LeaseWatch
from blindspot.mission.plan import Origin, Route
from blindspot_lab.campaign.random_town import START, RandomTown
from blindspot_sim.in_process.link import InProcessLink
from blindspot_sim.mavros.simulated_mavros import SimulatedMavros

TICK_S = 0.1
"""Also the period of `Record.ticks`."""
SLOW_TICKS = 5
"""Leases, statuses and samples of the track: 2 Hz."""
LIMIT_S = 3600.0
"""End of the simulation, longer than each battery lasts. Flights still open then have no outcome."""
LATCHED = ("state", "extended_state", "home_position/home", "mission/waypoints", "mission/reached", "geofence/fences",
           "rallypoint/rallypoints", "sys_status", "estimator_status")  # fmt: skip


class Tick(NamedTuple):
    """One drone at one time: its true state, and the state of its surroundings as the faults have set it. Times are
    s, positions m ENU; a distance is infinite without another drone or aircraft."""

    stamp_s: float
    east_m: float
    north_m: float
    up_m: float
    velocity_east_mps: float
    velocity_north_mps: float
    battery: float
    armed: bool
    landed: bool
    blind: bool
    alive: bool
    """Flight control runs."""
    gale: bool
    camera_silent_s: float
    ground_silent_s: float
    disk_free_mb: float
    temperature_c: float
    place_muted: bool
    motion_muted: bool
    gimbal_muted: bool
    battery_muted: bool
    near_m: float
    """Distance of the nearest reported other drone in the air."""
    pad_m: float
    """Distance of the nearest other drone from this drone's pad, on the ground plan."""
    fellow_silent_s: float
    """Longest silence of another drone that may be in the air."""
    aircraft_m: float
    aircraft_up_m: float


@dataclass(slots=True)
class Record:
    """The true history of one drone, independent of its estimates; times are s, positions m ENU."""

    route: Route
    settings: FlightSettings
    samples: list[tuple[float, ...]] = field(default_factory=list)
    """(stamp, east, north, up, battery fraction, armed, landed, blind) at 2 Hz."""
    modes: list[str] = field(default_factory=list)
    """The mode at each sample."""
    phases: list[str] = field(default_factory=list)
    """The reported phase at each sample; empty while flight_control is dead."""
    heard: list[tuple[float, str, bool]] = field(default_factory=list)
    """(stamp, mode, armed) of every `state` that reached the companion computer."""
    leases: list[tuple[float, float]] = field(default_factory=list)
    """(stamp, valid until) of every lease that arrived; a refusal is valid until -inf."""
    captures: list[float] = field(default_factory=list)
    """Stamps at which the sensor could capture."""
    commands: list[tuple[float, str, Mapping[str, Any]]] = field(default_factory=list)
    """(stamp, service, fields) of every request to MAVROS."""
    deeds: list[tuple[float, str, str]] = field(default_factory=list)
    """Acts of people: (stamp, "pilot", mode or "disarms"), (stamp, "resume" or "lands", person), (stamp,
    "astray", target)."""
    ticks: list[Tick] = field(default_factory=list)
    """The drone and its surroundings ten times a second, for the formulas."""
    tick_modes: list[str] = field(default_factory=list)
    outcome: str = ""
    reason: str = ""
    ended_s: float = inf


class Link(InProcessLink):
    """A link with latched topics for late subscribers. Dead clients get no messages."""

    def __init__(self, mavros: SimulatedMavros, record: Record) -> None:
        super().__init__(mavros)
        self.calls = record.commands
        self._record = record
        self._latched: dict[str, Any] = {}
        self.forget_clients()

    def forget_clients(self) -> None:
        self._listeners.clear()
        for topic in LATCHED:
            super().subscribe(topic, partial(self._keep, topic))

    def subscribe(self, topic: str, callback: Callable[[Any], None]) -> None:
        super().subscribe(topic, callback)
        if topic in self._latched:
            callback(self._latched[topic])

    def _keep(self, topic: str, message: Any) -> None:
        self._latched[topic] = message
        if topic == "state":
            self._record.heard.append((self._mavros.now_s, message.mode, message.armed))


class FaultyDrone:
    """One drone, its companion computer and its failing surroundings, as plain attributes that faults set."""

    def __init__(self, mavros: SimulatedMavros, route: Route, settings: FlightSettings, origin: Origin) -> None:
        self.mavros = mavros
        self.record = Record(route, settings)
        self.link = Link(mavros, self.record)
        self.leases = LeaseWatch()
        self.lease = "granted"
        """One of "granted", "silent", "refused"."""
        self.camera_lost_s = self.ground_lost_s = inf
        """Start of the silence of the camera, or of the ground station."""
        self.computer = CALM.computer
        self.last_phase = ""
        """The last reported phase of a dead flight_control."""
        self.take_over: TakeOver | None = None
        """The ground station's take-over, after a failed reattachment of flight_control."""
        self.reported: Other | None = None
        self.reported_s = 0.0
        self.reports = True
        self.gale = False
        self.intruder: Other | None = None
        self.muted: list[str] = []
        self._origin = origin
        self.flight: RouteFlight | None = None
        self.start_flight_control()
        mavros.only(self.link.topics)

    def start_flight_control(self) -> RouteFlight:
        self.link.forget_clients()
        mavros = self.mavros
        self._vehicle = vehicle = MavrosVehicle(self.link, self._origin, lambda: mavros.now_s)
        origin, route, settings = self._origin, self.record.route, self.record.settings
        frame = origin.frame
        self._traffic = traffic = Traffic(frame)
        self.link.subscribe(TRAFFIC_TOPIC, lambda report: traffic.hear(report, mavros.now_s))
        self.flight = RouteFlight(vehicle, route, settings)
        self.flight.state.ladder = Ladder(replace(settings, simulated=False), route)  # an on-board computer can get hot
        return self.flight

    def mute(self, topics: tuple[str, ...], *, is_muted: bool) -> None:
        """Mute or unmute topics. Overlapping faults are counted for each topic."""
        for topic in topics:
            (self.muted.append if is_muted else self.muted.remove)(topic)
        self.mavros.mute(self.muted)

    def step(self, now_s: float, others: tuple[Other, ...]) -> None:
        self.mavros.step(now_s)
        self.link.deliver()
        flight, record = self.flight, self.record
        if self.take_over is not None:
            self._bring_home(self.take_over, now_s)
        if flight is None or record.outcome or self.take_over is not None:
            return
        aircraft = self._traffic.aircraft(now_s)
        around = Around(max(0.0, now_s - self.ground_lost_s), others, self.computer, inf, aircraft)
        lease, may_look = self.leases.at(now_s), self.leases.may_look(now_s)
        flight.step(now_s, lease, max(0.0, now_s - self.camera_lost_s), around, may_look=may_look)
        if not flight.sensor_inhibited:
            record.captures.append(now_s)
        if flight.outcome == "refused" and self.last_phase:
            self.take_over = TakeOver(self._vehicle, self.last_phase, route=record.route)
        elif flight.outcome is not None:
            record.outcome, record.reason, record.ended_s = flight.outcome, flight.reason, now_s

    def _bring_home(self, take_over: TakeOver, now_s: float) -> None:
        take_over.step(now_s)
        if take_over.outcome is not None and not self.record.outcome:
            self.record.outcome, self.record.reason, self.record.ended_s = take_over.outcome, take_over.reason, now_s

    def report(self, now_s: float) -> None:
        """Report the drone's status to the others, unless a fault blocks it."""
        flight = self.flight
        if flight is None or not self.reports:
            return
        place = place_and_speed(flight.seen, self.record.route.home, self.record.settings)
        self.reported = hear_other(self.reported, self.record.route.drone, flight.phase, *place)
        self.reported_s = now_s

    def sample(self, now_s: float) -> None:
        truth, record = self.mavros.truth, self.record
        record.samples.append(
            (
                now_s,
                truth.east_m,
                truth.north_m,
                truth.up_m,
                truth.battery_fraction,
                truth.armed,
                truth.landed,
                truth.blind,
            )
        )
        record.modes.append(truth.mode)
        record.phases.append(self.flight.phase if self.flight is not None else "")

    def tick(self, now_s: float, others: tuple[Other, ...]) -> Tick:
        truth, home, muted = self.mavros.truth, self.record.route.home, self.muted
        here = (truth.east_m, truth.north_m, truth.up_m)
        known = [o for o in others if isfinite(o.east_m + o.north_m + o.up_m)]
        craft = self.mavros.aircraft
        level_m = above_m = inf
        if craft is not None:
            since_s = now_s - craft.at_s
            east_m, north_m = craft.east_m + craft.east_mps * since_s, craft.north_m + craft.north_mps * since_s
            level_m = hypot(east_m - here[0], north_m - here[1])
            above_m = craft.amsl_m - self._origin.datum_amsl_m - here[2]
        return Tick(
            now_s, *here, truth.velocity_east_mps, truth.velocity_north_mps, truth.battery_fraction, truth.armed,
            truth.landed, truth.blind, self.flight is not None and self.take_over is None, self.gale,
            max(0.0, now_s - self.camera_lost_s), max(0.0, now_s - self.ground_lost_s),
            self.computer.disk_free_mb, self.computer.temperature_c, "global_position/global" in muted,
            "local_position/pose" in muted, "gimbal_control/device/attitude_status" in muted, "battery" in muted,
            min((dist(here, (o.east_m, o.north_m, o.up_m)) for o in known if o.flies), default=inf),
            min((hypot(o.east_m - home.east_m, o.north_m - home.north_m) for o in known), default=inf),
            max((o.silent_s for o in others if o.flies), default=0.0), level_m, above_m,
        )  # fmt: skip

    @property
    def is_over(self) -> bool:
        """True with an outcome, and with stopped motors or the drone on the ground."""
        if not self.record.outcome:
            return False
        truth = self.mavros.truth
        return truth.landed or not truth.armed


class Fleet:
    """All drones of a town's plan under its gate. `script` is called before every tick with the time."""

    def __init__(self, town: RandomTown, drones: dict[str, FaultyDrone]) -> None:
        self.now_s = 0.0
        self.town = town
        self.drones = drones
        self.gate = Gate(town.authorisation, simulated=True)
        self.gate.authorise(town.plan, START)
        for drone in drones.values():
            if drone.flight is not None:
                drone.flight.start(0.0)

    def run(self, script: Callable[[float], None]) -> None:
        ticks = 0
        others: dict[str, tuple[Other, ...]] = dict.fromkeys(self.drones, ())
        while not all(drone.is_over for drone in self.drones.values()) and self.now_s < LIMIT_S:
            ticks += 1
            self.now_s = now_s = round(ticks * TICK_S, 9)
            script(now_s)
            if ticks % SLOW_TICKS == 0:
                for name, drone in self.drones.items():
                    self._renew(name, drone)
                    drone.report(now_s)
                others = {name: tuple(self._others(name)) for name in self.drones}
            for name, drone in self.drones.items():
                drone.step(now_s, others[name])
                drone.record.ticks.append(drone.tick(now_s, others[name]))
                drone.record.tick_modes.append(drone.mavros.truth.mode)
                if ticks % SLOW_TICKS == 0:
                    drone.sample(now_s)
        for drone in self.drones.values():
            drone.sample(self.now_s)

    def _others(self, own: str) -> list[Other]:
        heard = [
            replace(drone.reported or Other(name), silent_s=self.now_s - drone.reported_s)
            for name, drone in self.drones.items()
            if name != own
        ]
        intruder = self.drones[own].intruder
        return [*heard, intruder] if intruder is not None else heard

    def _renew(self, name: str, drone: FaultyDrone) -> None:
        legal_now = START + timedelta(seconds=self.now_s)
        lease = self.gate.lease(name if drone.lease == "granted" else "nobody", legal_now)
        if drone.lease == "silent":
            return
        until_s = self.now_s + (lease.valid_until - legal_now).total_seconds()
        drone.leases.heard(lease.granted, until_s, self.now_s, lease.reason, may_look=lease.may_look)
        drone.record.leases.append((self.now_s, until_s if lease.granted else -inf))
