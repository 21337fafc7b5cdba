"""The pre-flight list: the conditions for arming a drone, in the order in which the crew reads them.

One list serves `RouteFlight` before arming and `blindspot preflight` for reading aloud. `NOT_REPORTED` lists the
conditions that MAVROS can't report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from blindspot.flight.preflight import vehicle_checks as found
from blindspot.flight.preflight.checklist import DONE, MISSION_MODE, SEEN_FIRST, Check, Judge, Judged
from blindspot.flight.preflight.computer_checks import ON_BOARD
from blindspot.flight.preflight.parameter_checks import names_of_parameter_checks, parameter_checks
from blindspot.flight.route.mission_items import Item, returns_along
from blindspot.flight.route.phases import MISSION
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.vehicle import Reply, Vehicle
from blindspot.mission import Leg, Route, View

HEARD_WITHIN_S = 20.0
BATTERY_WITHIN_S = 5.0  # PX4 sends it every 2 s
LEASE_WITHIN_S = 10.0
LEASE_BACK_WITHIN_S = 30.0
"""Wait for a lease that has lapsed, as long as in the air: a restarted gate checks the plans of all flights anew."""

NOT_REPORTED = (
    "propellers, arms, mounts and the airframe",
    "the battery's age, cells and temperature",
    "the quality of the compass calibration, and the estimator's test ratios",
    "whether the camera records to its own card, as the drone's file states",
    "people, weather and other aircraft around the pad",
)
"""Conditions that the crew must inspect, because MAVROS can't report them."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A check of the list: see `Check`. `ask` gets the vehicle, the route and its items. `needed` states for which
    routes and settings the list has the check."""

    name: str
    judge: Judge = DONE
    within_s: float = 0.0
    ask: Callable[[Vehicle, Route, Sequence[Item]], Reply] | None = None
    decisive: bool = False
    needed: Callable[[Route, FlightSettings], bool] = lambda *_: True

    def of(self, vehicle: Vehicle, route: Route, items: Sequence[Item]) -> Check:
        """The check of one drone."""
        ask = partial(self.ask, vehicle, route, items) if self.ask is not None else None
        return Check(self.name, self.judge, ask, self.within_s, decisive=self.decisive)


def _looks(route: Route, _: FlightSettings) -> bool:
    return any(isinstance(step, View | Leg) for step in route.steps)


FIRST = (
    Listed("route", lambda *_: Judged("it begins in the air", "order the mission anew"), decisive=True,
           needed=lambda route, _: route.begin is not None),  # the rest of a plan: its mission has no take-off
    Listed("clearance", found.lease, LEASE_WITHIN_S),  # before any request to the autopilot
    Listed(SEEN_FIRST[0], found.autopilot, HEARD_WITHIN_S, decisive=True),
    Listed(SEEN_FIRST[1], found.parked, HEARD_WITHIN_S, decisive=True),
    Listed("firmware", found.firmware, HEARD_WITHIN_S, lambda vehicle, *_: vehicle.read_firmware()),
    Listed("return", found.return_along, decisive=True, needed=lambda route, _: returns_along(route)),
    Listed("simulation", found.simulation, decisive=True,
           needed=lambda _, settings: settings.simulated),  # before every check that a simulation relaxes
    Listed("sensors", found.sensors, HEARD_WITHIN_S),
    Listed("radio control", found.radio, HEARD_WITHIN_S),
    Listed("link", found.link),
    Listed("GPS", found.gps, HEARD_WITHIN_S),
    Listed("estimator", found.estimator, HEARD_WITHIN_S),
    Listed("home", found.home, HEARD_WITHIN_S),
    Listed("battery", found.battery, BATTERY_WITHIN_S),
    Listed("clock", found.clock, HEARD_WITHIN_S),
    Listed("latest landing", found.latest_landing),
    Listed("other drones", found.others, HEARD_WITHIN_S),
    Listed("gimbal", found.gimbal, HEARD_WITHIN_S, needed=_looks),
    Listed("camera", found.camera, HEARD_WITHIN_S, needed=_looks),
    Listed("camera's card", found.card, needed=_looks),
)  # fmt: skip
"""The checks before those of the computer on board and of the parameters."""

LAST = (
    Listed("fence", found.fence),
    Listed("fence upload", ask=lambda vehicle, route, _: vehicle.upload_fence(route.failsafe.fence)),
    Listed("rally upload", ask=lambda vehicle, route, _: vehicle.upload_rally(route.failsafe.rally, route.home)),
    Listed("mission upload", ask=lambda vehicle, _, items: vehicle.upload_mission(items)),
    Listed("clearance holds", found.lease, LEASE_BACK_WITHIN_S),  # it may have lapsed meanwhile
    # from the first item: PX4 keeps the item of an interrupted flight if the same mission is uploaded again
    Listed(MISSION_MODE, lambda *_: Judged(MISSION), ask=lambda vehicle, _, items: vehicle.fly_mission(items, 0)),
    Listed("arming", found.ready, HEARD_WITHIN_S),
)
"""The checks after them."""


def checks(
    vehicle: Vehicle, route: Route, items: Sequence[Item], settings: FlightSettings, *, fix: bool,
    on_board: Sequence[Check] = (),
) -> Iterator[Check]:  # fmt: skip
    """All checks of a route, in the order of their execution.

    Parameters
    ----------
    vehicle
        The autopilot that the checks read and set.
    route, items
        The route and its mission items; the checks upload fence, rally points and mission.
    settings
        Limits of the flight. In simulation some checks are relaxed.
    fix
        Whether to set a wrong parameter of the autopilot to its best value.
    on_board
        Checks of the computer that flies the route (`on_board_checks`).
    """
    for each in FIRST:
        if each.needed(route, settings):
            yield each.of(vehicle, route, items)
    yield from on_board
    yield from parameter_checks(vehicle, route, simulated=settings.simulated, fix=fix)
    for each in LAST:
        yield each.of(vehicle, route, items)


def names_of_checks(route: Route, settings: FlightSettings) -> tuple[str, ...]:
    """Names of the checks of a route, in order, for a printed list."""
    first = (each.name for each in FIRST if each.needed(route, settings))
    parameters = names_of_parameter_checks(route, simulated=settings.simulated)
    return (*first, *ON_BOARD, *parameters, *(each.name for each in LAST))
