"""The checks before arming, in order; the first that fails is told and the flight is refused.

A check either judges what is known (and may wait for it), or asks the vehicle for something and needs a yes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import hypot

from blindspot.flight.geometry import inside
from blindspot.flight.ladder import LeaseState
from blindspot.flight.phases import MISSION
from blindspot.flight.route_items import Item
from blindspot.flight.settings import FlightSettings, battery_for_route
from blindspot.flight.vehicle import Reply, Telemetry, Vehicle
from blindspot.planning.plan import Route, View

HEARD_WITHIN_S = 20.0
LEASE_WITHIN_S = 10.0
READY = 3  # MAV_STATE_STANDBY: the autopilot would arm


@dataclass(frozen=True, slots=True)
class Known:
    """A fact to see within `within_s`: `problem` gives what is missing, empty when all is well."""

    name: str
    problem: Callable[[Telemetry, LeaseState], str]
    within_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that must be granted."""

    name: str
    ask: Callable[[], Reply]


Check = Known | Asked


def autopilot_parameters(route: Route) -> dict[str, float]:
    """What the autopilot is given, so that whatever it chooses on its own is what the plan has checked."""
    failsafe = route.failsafe
    return failsafe.parameters | {
        "RTL_TYPE": float(failsafe.rtl_type),
        "RTL_RETURN_ALT": failsafe.rtl_return_alt_m,
        "GF_MAX_VER_DIST": failsafe.fence_max_alt_m,
    }


def checks(vehicle: Vehicle, route: Route, items: Sequence[Item], settings: FlightSettings) -> Iterator[Check]:
    """All checks of a route, in the order they are made."""
    yield Known("vehicle", lambda seen, _: _heard(seen, settings), HEARD_WITHIN_S)
    yield Known("on the ground", lambda seen, _: _parked(seen), HEARD_WITHIN_S)
    yield Known("home", lambda seen, _: _home_problem(seen, route, settings), HEARD_WITHIN_S)
    yield Known("fence", lambda *_: _fence_problem(route))
    yield Known("battery", lambda seen, _: _battery_problem(seen, route, settings))
    if any(isinstance(step, View) for step in route.steps):
        yield Known("gimbal", lambda seen, _: "" if abs(seen.gimbal_pitch_deg) <= 180 else "the gimbal is not heard",
                    HEARD_WITHIN_S)
    for name, value in sorted(autopilot_parameters(route).items()):
        yield Asked(name, lambda name=name, value=value: vehicle.set_parameter(name, value))  # type: ignore[misc]
    yield Asked("fence upload", lambda: vehicle.upload_fence(route.failsafe.fence))
    yield Asked("rally upload", lambda: vehicle.upload_rally(route.failsafe.rally, route.home))
    yield Asked("mission upload", lambda: vehicle.upload_mission(items))
    yield Asked("mission mode", lambda: vehicle.set_mode(MISSION))
    yield Known("ready", lambda seen, _: _ready(seen), HEARD_WITHIN_S)
    yield Known("lease", lambda _, lease: "" if lease == "ok" else "no lease: nothing arms without one", LEASE_WITHIN_S)


class Preflight:
    """Runs the checks one after the other."""

    def __init__(self, pending: Iterator[Check]) -> None:
        self._pending = pending
        self._check: Check | None = next(pending, None)
        self._since_s: float | None = None
        self._reply: Reply | None = None

    def step(self, seen: Telemetry, lease: LeaseState) -> str | None:
        """None while running, "" when everything passed, else the problem in one sentence."""
        while self._check is not None:
            if self._since_s is None:
                self._since_s = seen.stamp_s
            problem = self._judge(self._check, seen, lease)
            if problem is None or problem:
                return problem
            self._check, self._since_s, self._reply = next(self._pending, None), None, None
        return ""

    @property
    def doing(self) -> str:
        """Name of the check that runs."""
        return self._check.name if self._check is not None else ""

    def _judge(self, check: Check, seen: Telemetry, lease: LeaseState) -> str | None:
        if isinstance(check, Known):
            problem = check.problem(seen, lease)
            assert self._since_s is not None
            return None if problem and seen.stamp_s - self._since_s < check.within_s else problem
        if self._reply is None:
            self._reply = check.ask()
        if self._reply.pending:
            return None
        return "" if self._reply.ok else f"{check.name}: {self._reply.detail}"


def _heard(seen: Telemetry, settings: FlightSettings) -> str:
    if not seen.connected or seen.state_age_s > settings.stale_state_s:
        return "the autopilot is not heard"
    if not seen.position_ok or seen.position_age_s > settings.stale_position_s:
        return "the autopilot has no position"
    if seen.battery_age_s > settings.stale_battery_s:
        return "the battery is not heard"
    return ""


def _parked(seen: Telemetry) -> str:
    if seen.armed:
        return "the drone is armed already, and not by us"
    return "" if seen.landed == "on_ground" else "the drone is not known to be on the ground"


def _home_problem(seen: Telemetry, route: Route, settings: FlightSettings) -> str:
    if seen.home is None:
        return "the autopilot has no home position"
    pad = route.home
    for what, east_m, north_m in (("home", seen.home.east_m, seen.home.north_m), ("drone", seen.east_m, seen.north_m)):
        off_m = hypot(east_m - pad.east_m, north_m - pad.north_m)
        if not off_m <= settings.home_error_m:
            return f"{what} is {off_m:.0f} m from pad {route.pad}, at most {settings.home_error_m:g} m is allowed"
    return ""


def _fence_problem(route: Route) -> str:
    """PX4 accepts a fence that excludes home, and arms (measured): so it is checked here."""
    places = [(route.home.east_m, route.home.north_m)] + [(step.to.east_m, step.to.north_m) for step in route.steps]
    if not all(inside(place, route.failsafe.fence) for place in places):
        return "the fence does not contain the pad and the whole route"
    top_m = max([route.takeoff_up_m, *(step.to.up_m for step in route.steps)]) - route.home.up_m
    top_m = max(top_m, route.failsafe.rtl_return_alt_m)
    return "" if top_m < route.failsafe.fence_max_alt_m else "the route is higher than its fence"


def _battery_problem(seen: Telemetry, route: Route, settings: FlightSettings) -> str:
    needed = battery_for_route(settings, route)
    if seen.battery_fraction >= needed:
        return ""
    return f"battery {seen.battery_fraction:.0%}, the route and its reserve need {needed:.0%}"


def _ready(seen: Telemetry) -> str:
    return "" if seen.system_status == READY else f"the autopilot is not ready to arm {seen.status_text}".rstrip()
