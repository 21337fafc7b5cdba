"""A fleet flight outside ROS: the same flight logic, vehicles and leases, in one process, with a clock of its own.

Deterministic: the same plan, models, seed and orders give the same log, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from math import inf, isfinite

from blindspot.camera import CameraPose
from blindspot.flight.control import ClearWay, RouteFlight, nobody_clears
from blindspot.flight.route import FlightSettings
from blindspot.flight.vehicle import MavrosVehicle
from blindspot.flight.watch import CALM, TRAFFIC_TOPIC, Around, Other, Traffic, hear_other, place_and_speed
from blindspot.law import Gate, Loaded
from blindspot.law.leases import Lease, LeaseWatch
from blindspot.mission import DroneModel, Mission, NoFly, Origin, Plan, Route, Wind, no_fly_zones
from blindspot.site import load_terrain
from blindspot.site.ground import FLAT, Terrain
from blindspot_sim.fleet import vehicle_config
from blindspot_sim.in_process.link import InProcessLink
from blindspot_sim.in_process.log import FlightLog, Recorder
from blindspot_sim.mavros.simulated_mavros import SimulatedMavros

TICK_S = 0.1
LEASE_EVERY = 5  # ticks: 2 Hz, as are the drones' statuses
SAMPLE_EVERY = 2  # ticks: 5 Hz
LIMIT_S = 7200.0

LegalClock = Callable[[float], datetime]
LeaseSource = Callable[[str, datetime], Lease | None]


class InProcessDrone:
    """One simulated drone and the logic that flies it."""

    def __init__(
        self, mavros: SimulatedMavros, route: Route, model: DroneModel, origin: Origin, no_fly: tuple[NoFly, ...] = (),
        clear_way: ClearWay = nobody_clears,
    ) -> None:  # fmt: skip
        self.mavros = mavros
        self.link = InProcessLink(mavros)
        self.leases = LeaseWatch()
        self._settings = FlightSettings(model, simulated=True, no_fly=no_fly)
        vehicle = MavrosVehicle(self.link, origin, lambda: mavros.now_s)
        self.flight = RouteFlight(vehicle, route, self._settings, clear_way=clear_way)
        self.camera_lost_s = self.radio_lost_s = inf
        """Start of the silence of the camera, and of the radio to the ground station."""
        mavros.only(self.link.topics)
        self.recorder = Recorder(route)
        self._traffic = Traffic(origin.frame)
        self.link.subscribe(TRAFFIC_TOPIC, lambda report: self._traffic.hear(report, mavros.now_s))

    def step(self, now_s: float, others: tuple[Other, ...] = (), land_within_s: float = inf) -> None:
        """Advance to `now_s`. `others` are the last statuses of the rest of the fleet.

        `land_within_s` is the time until the latest landing.
        """
        if self.flight.streams:  # at 20 Hz
            self._hear(now_s - TICK_S / 2)
            self.flight.stream(now_s - TICK_S / 2)
        self._hear(now_s)
        self.flight.stream(now_s)
        silent_s, no_camera_s = max(0.0, now_s - self.radio_lost_s), max(0.0, now_s - self.camera_lost_s)
        around = Around(silent_s, others, CALM.computer, land_within_s, self._traffic.aircraft(now_s))
        self.flight.step(now_s, self.leases.at(now_s), no_camera_s, around, may_look=self.leases.may_look(now_s))
        self.recorder.phase(now_s, self.flight.phase, self.flight.reason)

    def _hear(self, now_s: float) -> None:
        self.mavros.step(now_s)
        self.link.deliver()

    def status(self, known: Other | None) -> Other:
        """This drone's status for the others. `known` is the previous one."""
        flight = self.flight
        place = place_and_speed(flight.seen, flight.route.home, self._settings)
        return hear_other(known, flight.route.drone, flight.phase, *place)

    def hear(self, lease: Lease, until_s: float, now_s: float) -> None:
        """A lease arrives; `until_s` is on the clock of `now_s`."""
        self.leases.heard(lease.granted, until_s, now_s, lease.reason, may_look=lease.may_look)

    def is_dark(self, now_s: float) -> bool:
        """Whether the camera makes no exposures now: it is inhibited, or broken."""
        return self.flight.sensor_inhibited or now_s >= self.camera_lost_s

    def sample(self, now_s: float) -> CameraPose | None:
        """Record a sample. Returns the pose of the exposure, `None` without one or without a known place."""
        truth, seen, flight = self.mavros.truth, self.flight.seen, self.flight
        self.recorder.sample(
            now_s,
            (truth.east_m, truth.north_m, truth.up_m),
            (seen.east_m, seen.north_m, seen.up_m),
            (seen.gimbal_heading_deg, seen.gimbal_pitch_deg),
            inhibited=self.is_dark(now_s),
            en_route=flight.phase == "en_route",
            airborne=not truth.landed,
        )
        if not flight.sensor_inhibited and not self.leases.may_look(now_s):
            self.recorder.violation(f"{flight.route.drone}: the sensor was on without the right to look")
        place = (seen.east_m, seen.north_m, seen.up_m, seen.gimbal_heading_deg, seen.gimbal_pitch_deg)
        return None if self.is_dark(now_s) or not isfinite(sum(place)) else CameraPose(now_s, *place)


class InProcessFleet:
    """All drones of a plan. `leases` is called at 2 Hz for each drone; None means that no lease message arrives.

    `window_s` is the time until the latest landing. `clear_way` returns, for a drone's name, the ground station that
    clears its inspections.
    """

    def __init__(
        self,
        plan: Plan,
        models: Mapping[str, DroneModel],
        leases: LeaseSource,
        legal_time: LegalClock,
        *,
        seed: int,
        wind: Wind | None = None,
        terrain: Terrain = FLAT,
        no_fly: tuple[NoFly, ...] = (),
        window_s: float = inf,
        clear_way: Callable[[str], ClearWay] = lambda _: nobody_clears,
    ) -> None:
        self.now_s = 0.0
        self.leases = leases
        self._legal_time = legal_time
        self._window_s = window_s
        self._ticks = 0
        self._statuses: dict[str, Other] = {}
        self._others: dict[str, tuple[Other, ...]] = {}
        self.drones: dict[str, InProcessDrone] = {}
        for index, route in enumerate(plan.routes):
            model = models[route.model]
            config = vehicle_config(model, route.drone, index + 1, plan.origin, route.home, wind or Wind(), terrain)
            mavros = SimulatedMavros(config, seed=seed * 1000 + index)
            self.drones[route.drone] = InProcessDrone(mavros, route, model, plan.origin, no_fly, clear_way(route.drone))
        for drone in self.drones.values():
            drone.flight.start(0.0)

    @property
    def done(self) -> bool:
        return all(drone.flight.outcome is not None for drone in self.drones.values())

    def step(self) -> None:
        """Advance all drones by one tick of `TICK_S`."""
        self._ticks += 1
        self.now_s = round(self._ticks * TICK_S, 9)
        if self._ticks % LEASE_EVERY == 0:
            for name, drone in self.drones.items():
                self._renew(name, drone)
            known = self._statuses
            self._statuses = now = {name: drone.status(known.get(name)) for name, drone in self.drones.items()}
            self._others = {own: tuple(other for name, other in now.items() if name != own) for own in now}
        for own, drone in self.drones.items():
            drone.step(self.now_s, self._others.get(own, ()), self._window_s - self.now_s)
            if self._ticks % SAMPLE_EVERY == 0:
                drone.sample(self.now_s)

    def run(self, until: Callable[[InProcessFleet], bool] | None = None, limit_s: float = LIMIT_S) -> None:
        """Step until every drone has an outcome, or `until` is true, or `limit_s` of simulated time has passed."""
        while not self.done and self.now_s < limit_s and not (until is not None and until(self)):
            self.step()

    def log(self) -> FlightLog:
        drones = {
            name: drone.recorder.log(
                drone.flight.outcome or "", drone.flight.reason, drone.mavros.truth.battery_fraction
            )
            for name, drone in self.drones.items()
        }
        violations = tuple(text for drone in self.drones.values() for text in drone.recorder.violations)
        return FlightLog(drones, self.now_s, violations)

    def _renew(self, name: str, drone: InProcessDrone) -> None:
        legal_now = self._legal_time(self.now_s)
        lease = self.leases(name, legal_now)
        if lease is not None:
            valid_s = (lease.valid_until - legal_now).total_seconds()
            drone.hear(lease, self.now_s + valid_s, self.now_s)


def gate_of(loaded: Loaded) -> Gate:
    return Gate(loaded.authorisation, simulated=True, mission=loaded.mission)


def legal_clock(mission: Mission) -> LegalClock:
    """Legal time: the mission's start and the simulated time since."""
    start = mission.file.start.astimezone(UTC)
    return lambda now_s: start + timedelta(seconds=now_s)


def fly_in_process(
    plan: Plan,
    mission: Mission,
    *,
    seed: int,
    limit_s: float = LIMIT_S,
    until: Callable[[InProcessFleet], bool] | None = None,
    gate: Gate | None = None,
) -> FlightLog:
    """Fly a plan of a mission to its end under the mission's own authorisation. A refused plan never takes off.

    Parameters
    ----------
    plan, mission
        The plan, and the mission that it belongs to.
    seed
        Seed of noise, gusts and latencies. The same inputs give the same log, bit for bit.
    limit_s
        The longest simulated time, s.
    until
        Called before every step. It may observe the fleet or give its flights orders. True ends the run.
    gate
        The gate to use, for instance when `until` also uses it for the rest of the plan. None makes a new one.

    Returns
    -------
    FlightLog
        Outcome, samples (5 Hz, m ENU) and violations of each drone.
    """
    legal_time = legal_clock(mission)
    gate = gate or gate_of(Loaded(mission))
    gate.authorise(plan, legal_time(0.0))
    fleet = InProcessFleet(
        plan, mission.models, gate.lease, legal_time, seed=seed, wind=mission.file.wind,
        terrain=load_terrain(mission.site_dir), no_fly=no_fly_zones(mission), window_s=mission.file.window_s,
    )  # fmt: skip
    fleet.run(until, limit_s)
    return fleet.log()
