"""Reaction time from a cause to its command, in simulated seconds, for every row of the failsafe ladder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf, nan
from typing import TYPE_CHECKING, Any

from blindspot.flight.control.controller import RouteFlight
from blindspot.flight.route.phases import HOLD, LAND, RETURN
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.link import MavrosLink
from blindspot.flight.vehicle.mavros import MavrosVehicle
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.flight.watch.home_place import HOME_ASTRAY_S
from blindspot.flight.watch.ladder import Row, rows
from blindspot.flight.watch.surroundings import CALM, Computer, Other
from blindspot.flight.watch.traffic import Aircraft
from blindspot.law.leases.lease import HOLD_AFTER_S, INHIBIT_AFTER_S, RETURN_AFTER_S
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.homes import NoFly
from blindspot.mission.plan import Origin, Plan, Point
from blindspot_lab.bench.tools.target import Target

if TYPE_CHECKING:
    from blindspot_sim.in_process.fleet_flight import InProcessFleet

STEP_S = 0.1
GIVE_UP_S = 90.0
WARM_UP_S = 15.0
"""Time in the air until the wind is known."""

MARGIN_S = 0.3
"""Time for the flight's steps and the link."""

HELD_S = 1.0
"""From the order to hold to the `state` that confirms it, which comes once a second."""

COMMANDS = {"hold": HOLD, "return": RETURN, "land": LAND}
ZONE = NoFly("bench", ((400.0, 300.0), (420.0, 300.0), (420.0, 320.0), (400.0, 320.0)), 0.0, 200.0)

Fields = Mapping[str, Any]


def _nothing(_: float) -> Fields:
    return {}


@dataclass(frozen=True, slots=True)
class Cause:
    """The inputs of a flight by the seconds since the cause began. `after_s` is the row's delay by design."""

    after_s: float
    seen: Callable[[float], Fields] = _nothing
    around: Callable[[float], Fields] = _nothing
    silent: frozenset[str] = field(default_factory=frozenset)
    """Absent inputs: "lease" and "camera"."""


def causes(s: FlightSettings) -> Mapping[str, Cause]:
    """Causes by row of the ladder."""
    lease, camera = frozenset({"lease"}), frozenset({"camera"})
    fast_east = {"up_m": 72.0, "height_m": 72.0, "east_mps": 8.0, "north_mps": 0.0}
    wind_mps = 3.0 * s.model.performance.max_wind_mps
    other = Other("other", east_m=0.0, north_m=0.0, up_m=200.0, silent_s=0.0)
    moved = Point(east_m=300.0, north_m=0.0, up_m=20.0)

    def old(name: str) -> Callable[[float], Fields]:
        return lambda since_s: {name: since_s}

    def above(_: float) -> Fields:
        return {"aircraft": (Aircraft(0.0, 0.0, 100.0, east_mps=0.0, north_mps=0.0, up_mps=0.0),)}

    def always(**fields: object) -> Callable[[float], Fields]:
        return lambda _: fields

    return {
        "lease lapsed": Cause(INHIBIT_AFTER_S, silent=lease),
        "lease lost": Cause(HOLD_AFTER_S, silent=lease),
        "lease gone": Cause(RETURN_AFTER_S, silent=lease),
        "autopilot failsafe": Cause(0.0, always(system_status=5)),
        "vehicle silent": Cause(s.stale_state_s, old("state_age_s")),
        "vehicle lost": Cause(s.stale_state_s + s.silent_return_s, old("state_age_s")),
        "position unsure": Cause(s.stale_position_s, old("position_age_s")),
        "position lost": Cause(s.stale_position_s + s.position_lost_s, old("position_age_s")),
        "motion unsure": Cause(s.stale_position_s, old("motion_age_s")),
        "motion lost": Cause(s.stale_position_s + s.position_lost_s, old("motion_age_s")),
        "battery low": Cause(2.0, always(battery_fraction=s.landing_battery_fraction)),
        "battery spent": Cause(5.0, always(battery_fraction=s.spent_battery_fraction)),
        "battery unknown": Cause(2.0 * s.stale_battery_s, old("battery_age_s")),
        "landing late": Cause(0.0, around=lambda _: {"land_within_s": s.landing_spare_s}),
        "wind strong": Cause(s.wind_s + 5.0, always(thrust_east_mps2=-wind_mps * s.model.performance.drag_per_s)),
        "wind unknown": Cause(s.wind_unknown_s, always(thrust_east_mps2=nan)),
        "fence near": Cause(0.0, always(**fast_east, east_m=495.0, north_m=100.0)),
        "fence close": Cause(HELD_S, always(**fast_east, east_m=495.0, north_m=100.0)),
        "fence crossed": Cause(1.0, always(**fast_east, east_m=501.0, north_m=100.0)),
        "zone near": Cause(0.0, always(**fast_east, east_m=395.0, north_m=310.0)),
        "zone close": Cause(HELD_S, always(**fast_east, east_m=395.0, north_m=310.0)),
        "zone entered": Cause(1.0, always(**fast_east, east_m=405.0, north_m=310.0)),
        "route left": Cause(3.0, always(east_m=0.0, north_m=100.0)),  # the distance is worked out once a second
        "drone near": Cause(0.0, always(**fast_east, east_m=0.0, north_m=100.0), lambda _: {
            "others": (replace(other, east_m=12.0, north_m=100.0, up_m=72.0),)}),
        "pad taken": Cause(1.0, around=lambda _: {"others": (replace(other, east_m=-200.0, up_m=0.0, flies=False),)}),
        "home moved": Cause(0.0, always(home=moved)),
        "home astray": Cause(HOME_ASTRAY_S, always(home=moved)),
        "drone lost": Cause(s.drone_lost_s + 3.0, around=lambda since_s: {
            "others": (replace(other, silent_s=since_s),)}),
        "aircraft near": Cause(0.0, around=above),
        "aircraft evaded": Cause(2.0, around=above),
        "ground lost": Cause(s.ground_lost_s, around=lambda since_s: {"ground_silent_s": since_s}),
        "camera lost": Cause(s.camera_return_s, silent=camera),
        "gimbal unsure": Cause(s.stale_position_s, old("gimbal_age_s")),
        "gimbal lost": Cause(s.stale_position_s + s.camera_return_s, old("gimbal_age_s")),
        "computer hot": Cause(10.0, around=lambda _: {"computer": Computer(s.computer_hot_c + 1.0, inf)}),
        "disk full": Cause(5.0, around=lambda _: {"computer": Computer(20.0, s.disk_low_mb - 1.0)}),
    }  # fmt: skip


def targets(plan: Plan, model: DroneModel, fly: Callable[[Plan], InProcessFleet]) -> list[Target]:
    """One figure per row. `plan` has one drone, which `fly` starts. The row's cause begins at the start of a view."""
    settings = FlightSettings(model, no_fly=(ZONE,))
    table, all_causes = rows(settings), causes(settings)
    return [_target(row, all_causes[row.name], Misled(fly(plan), plan, settings)) for row in table]


def _target(row: Row, cause: Cause, flight: Misled) -> Target:
    taken_s, limit_s = flight.reaction_s(row, cause), cause.after_s + MARGIN_S
    return Target(f"{row.name}, to {row.action}", f"<= {limit_s:g}", taken_s, "s", taken_s <= limit_s)


class _AlteredVehicle(MavrosVehicle):
    """The autopilot's telemetry with the changes of a cause."""

    def __init__(self, link: MavrosLink, origin: Origin, clock: Callable[[], float]) -> None:
        super().__init__(link, origin, clock)
        self.changes: Fields = {}

    def telemetry(self, now_s: float) -> Telemetry:
        return replace(super().telemetry(now_s), **self.changes)


class Misled:
    """A drone at the start of a view. A reattached flight flies it as on hardware, so that every row is active."""

    def __init__(self, fleet: InProcessFleet, plan: Plan, settings: FlightSettings) -> None:
        (self._drone,) = fleet.drones.values()
        fleet.run(lambda _: self._drone.flight.phase == "en_route")
        self._now_s, self._cause, self._since_s = fleet.now_s, Cause(0.0), inf
        self._vehicle = _AlteredVehicle(self._drone.link, plan.origin, lambda: self._drone.mavros.now_s)
        self._flight = RouteFlight(self._vehicle, plan.routes[0], settings)
        self._flight.reattach(self._now_s, "en_route")
        known_s = self._now_s + WARM_UP_S
        self._step_until(lambda: self._now_s >= known_s and self._flight.sensor_inhibited)
        self._step_until(lambda: not self._flight.sensor_inhibited)

    def _step_until(self, fact: Callable[[], bool]) -> None:
        give_up_s = self._now_s + GIVE_UP_S
        while not fact():
            if self._now_s > give_up_s:
                raise RuntimeError(f"a healthy flight inhibits its sensor: {self._flight.why_inhibited}")
            self._step()

    def reaction_s(self, row: Row, cause: Cause) -> float:
        """Seconds from the cause to the row's command at the autopilot; infinite without a command."""
        self._cause, self._since_s = cause, self._now_s
        while self._now_s < self._since_s + GIVE_UP_S:
            self._step()
            if self._has_acted(row):
                return self._now_s - self._since_s
        return inf

    def _has_acted(self, row: Row) -> bool:
        if row.action == "inhibit":
            return self._flight.sensor_inhibited
        if row.name == "vehicle lost":  # a silent vehicle gets no command: only the decision is visible
            return self._flight.phase == "return"
        wanted = COMMANDS[row.action]
        return any(
            stamp_s >= self._since_s and service == "set_mode" and fields["custom_mode"] == wanted
            for stamp_s, service, fields in self._drone.link.calls
        )

    def _step(self) -> None:
        self._now_s = round(self._now_s + STEP_S, 9)
        since_s, cause, leases = self._now_s - self._since_s, self._cause, self._drone.leases
        self._drone.mavros.step(self._now_s)
        self._drone.link.deliver()
        begun = since_s >= 0.0
        if not (begun and "lease" in cause.silent):
            leases.heard(True, self._now_s + INHIBIT_AFTER_S, self._now_s, may_look=True)
        self._vehicle.changes = cause.seen(since_s) if begun else {}
        around = replace(CALM, **cause.around(since_s)) if begun else CALM
        camera_s = since_s if begun and "camera" in cause.silent else 0.0
        may_look = leases.may_look(self._now_s)
        self._flight.step(self._now_s, leases.at(self._now_s), camera_s, around, may_look=may_look)
