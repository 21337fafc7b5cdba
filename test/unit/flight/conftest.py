"""A tiny route and a vehicle that only remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import nan
from pathlib import Path
from random import Random
from typing import Any

import pytest
from test.factories import ORIGIN, at, leg_to, route_of, view_at, waypoint_at
from test.unit.flight.scripted_link import ScriptedLink

from blindspot.core.config_file import read_yaml
from blindspot.flight.control.controller import RouteFlight
from blindspot.flight.route.mission_items import Item, route_items
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.mavros import MavrosVehicle
from blindspot.flight.vehicle.mavros_items import waypoints
from blindspot.flight.vehicle.parameters import RULES
from blindspot.flight.vehicle.vehicle import Firmware, Reply, Telemetry
from blindspot.flight.watch.ladder import Ladder, LeaseState, Situation
from blindspot.flight.watch.surroundings import CALM, Around
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.plan import Aim, Leg, Origin, Point, Route, View, Waypoint
from blindspot.site.town.frame import LocalFrame

REPOSITORY = Path(__file__).resolve().parents[3]
ITEMS = 12
"""Of the mission of `route`."""


@pytest.fixture(scope="session")
def model() -> DroneModel:
    return read_yaml(REPOSITORY / "config/drones/reference.yaml", DroneModel)


@pytest.fixture(scope="session")
def settings(model: DroneModel) -> FlightSettings:
    return FlightSettings(model)


@pytest.fixture(scope="session")
def origin() -> Origin:
    return ORIGIN


@pytest.fixture(scope="session")
def route() -> Route:
    """From a pad at (0, 0, 2): a waypoint, a view, a leg, and back."""
    aim = Aim(heading_deg=90.0, pitch_deg=-60.0)
    steps = (
        waypoint_at(0.0, 40.0, 62.0, speed_mps=8.0),
        view_at(30.0, 40.0, 62.0, aim=aim, speed_mps=8.0),
        leg_to(60.0, 40.0, 62.0, aim=aim, speed_mps=3.0),
    )
    settings = {"fence_max_alt_m": 70.0, "parameters": {"GF_ACTION": 3.0}}
    return route_of(*steps, home=at(0.0, 0.0, 2.0), up_m=62.0, failsafe=settings)


@pytest.fixture(scope="session")
def along() -> Callable[[Route], Route]:
    """The same route, with a return along its mission."""
    return lambda route: route.model_copy(update={"failsafe": route.failsafe.model_copy(update={"rtl_type": 4})})


@pytest.fixture(scope="session")
def by_chance(route: Route, along: Callable[[Route], Route]) -> Callable[[int], Route]:
    """A route that returns along its mission, for a seed: views, legs and waypoints in any order, with any speeds."""

    def make(seed: int) -> Route:
        random = Random(seed)
        aim, steps = Aim(heading_deg=90.0, pitch_deg=-60.0), []
        for _ in range(random.randint(1, 9)):
            east_m, north_m, up_m = random.uniform(-70, 70), random.uniform(-70, 70), random.choice((52.0, 62.0))
            to, speed_mps = Point(east_m=east_m, north_m=north_m, up_m=up_m), random.choice((2.0, 5.0))
            choices = (
                View(id="v", to=to, speed_mps=speed_mps, aim=aim, dwell_s=3.0),
                Leg(id="l", to=to, speed_mps=speed_mps, aim=aim),
                Waypoint(to=to, speed_mps=speed_mps),
            )
            steps.append(random.choice(choices))
        return along(route.model_copy(update={"steps": tuple(steps)}))

    return make


class FakeVehicle:
    """Reports the test's `now`, records all requests, and answers by `answers` (ok by default).

    `parameters` are those that differ from the values for hardware.
    """

    def __init__(self) -> None:
        self.now = Telemetry(stamp_s=0.0)
        self.asked: list[str] = []
        self.answers: dict[str, tuple[str, str]] = {}
        self.parameters: dict[str, float] = {}
        self.aims: list[tuple[float, float]] = []
        self.setpoints: list[tuple[Point, float]] = []
        self.abandoned = 0
        self.replies: dict[str, Reply] = {}  # the latest to each request
        self.on_board: tuple[Item, ...] = ()
        """The mission, by default the route's own."""

    def telemetry(self, now_s: float) -> Telemetry:
        return replace(self.now, stamp_s=now_s)

    def fly_mission(self, items: Sequence[Item], seq: int | None) -> Reply:
        if seq is not None:
            self.asked.append(f"item {seq}")
        return self.set_mode("AUTO.MISSION")

    def set_mode(self, mode: str) -> Reply:
        reply = self.answer(mode)
        if reply.ok:
            self.now = replace(self.now, mode=mode)
        return reply

    def choose_item(self, seq: int) -> Reply:
        return self.answer(f"choose {seq}")

    def return_along(self, items: Sequence[Item], seq: int, *, in_mission: bool = False) -> Reply:
        ways = (f"along {len(items)} from {seq}", " in the mission" if in_mission else "")
        if not (ready := self.answer("".join(ways))).ok:
            return ready
        return self.set_mode("AUTO.RTL")

    def arm(self, armed: bool) -> Reply:
        return self.answer("arm" if armed else "disarm")

    def upload_mission(self, items: Sequence[Item]) -> Reply:
        return self.answer("mission")

    def find_mission(self, may_be: Callable[[int], Sequence[Sequence[Item]]]) -> Reply:
        missions = list(may_be(len(self.on_board) or ITEMS))
        return self.answer("check mission", float(missions.index(self.on_board) if self.on_board else 0))

    def upload_fence(self, corners: Sequence[tuple[float, float]]) -> Reply:
        return self.answer("fence")

    def upload_rally(self, points: Sequence[Point], home: Point) -> Reply:
        return self.answer("rally")

    def set_parameter(self, name: str, value: float) -> Reply:
        return self.answer(f"{name}={value:g}")

    def read_parameter(self, name: str) -> Reply:
        return self.answer(name, self.parameters.get(name, RULES[name].hardware.best))

    def pull_parameters(self) -> Reply:
        return self.answer("parameters", 1000.0)

    def read_firmware(self) -> Reply:
        return self.answer("firmware")

    def point_gimbal(self, pitch_deg: float, heading_deg: float) -> Reply:
        self.aims.append((pitch_deg, heading_deg))
        reply = self.answer("gimbal")
        self.asked.remove("gimbal")
        return reply

    def send_setpoint(self, to: Point, home: Point, heading_deg: float) -> None:
        self.setpoints.append((to, heading_deg))

    def abandon(self) -> None:
        self.abandoned += 1

    def answer(self, what: str, value: float = nan) -> Reply:
        self.asked.append(what)
        reply = self.replies[what] = Reply()
        state, detail = self.answers.get(what, ("ok", ""))
        if state != "pending":
            reply.settle(state, detail, value)  # type: ignore[arg-type]
        return reply


class CalmFlight(RouteFlight):
    """Its surroundings are healthy unless its test changes them."""

    def step(
        self, now_s: float, lease: LeaseState, camera_silent_s: float = 0.0, around: Around = CALM, *,
        may_look: bool = True,
    ) -> None:  # fmt: skip
        super().step(now_s, lease, camera_silent_s, around, may_look=may_look)


@pytest.fixture(scope="session")
def new_flight() -> type[CalmFlight]:
    return CalmFlight


@pytest.fixture(scope="session")
def new_vehicle() -> type[FakeVehicle]:
    return FakeVehicle


@pytest.fixture
def vehicle() -> FakeVehicle:
    return FakeVehicle()


@pytest.fixture(scope="session")
def parked() -> Telemetry:
    """A real drone ready on its pad."""
    return Telemetry(
        stamp_s=0.0, connected=True, mode="AUTO.LOITER", system_status=3, landed="on_ground", east_m=0.1, north_m=-0.2,
        up_m=2.1, height_m=0.1, heading_deg=0.0, battery_fraction=1.0, gimbal_pitch_deg=0.0, gimbal_heading_deg=0.0,
        baro_m=490.1, mission_seq=0, home=Point(east_m=0.1, north_m=-0.2, up_m=2.0), position_ok=True, state_age_s=0.5,
        position_age_s=0.1, battery_age_s=1.0, firmware=Firmware("PX4", (1, 16, 0), "release"), sick_sensors=(),
        radio_ok=True, satellites=14, gps_error_m=0.9, estimator_faults=(), gimbal_age_s=0.1, clock_offset_s=0.02,
        east_mps=0.0, north_mps=0.0, up_mps=0.0, thrust_east_mps2=0.0, thrust_north_mps2=0.0, motion_age_s=0.2,
    )  # fmt: skip


@pytest.fixture(scope="session")
def flying(parked: Telemetry) -> Callable[..., Telemetry]:
    """A drone in AUTO.MISSION at the view, with the given changes."""

    def make(**changes: Any) -> Telemetry:
        view = {
            "armed": True, "mode": "AUTO.MISSION", "system_status": 4, "landed": "in_air", "east_m": 30.0,
            "north_m": 40.0, "up_m": 62.0, "height_m": 60.0, "baro_m": 550.0, "gimbal_pitch_deg": -60.0,
            "gimbal_heading_deg": 90.0, "mission_seq": 5, "mission_items": 12,
        }  # fmt: skip
        return replace(parked, **(view | changes))

    return make


class JudgedFlight:
    """A ladder that is stepped steadily through situations, hovering at the view by default."""

    def __init__(self, settings, route, flying) -> None:
        self.settings, self.route, self.flying = settings, route, flying
        self.ladder = Ladder(settings, route)
        self.now_s = 100.0

    def due(self, during_s=0.0, *, lease="ok", camera_silent_s=0.0, around=CALM, **seen) -> set[str]:
        """Names of the rows that are due after a situation has lasted for `during_s`."""
        end_s = self.now_s + during_s
        while True:
            sight = self.flying(stamp_s=self.now_s, **seen)
            row = self.ladder.judge(Situation(sight, lease, camera_silent_s, self.route, self.settings, around))
            self.gravest = row.action if row is not None else None
            self.now_s += 0.5
            if self.now_s > end_s:
                return {row.name for row in self.ladder.due}


@pytest.fixture(scope="session")
def begin(settings, route, flying):
    """Starts a ladder that has watched a hover for long enough for all to be known and well, the wind as well."""

    def make(settings: FlightSettings = settings) -> JudgedFlight:
        flight = JudgedFlight(settings, route, flying)
        assert flight.due(12.0) == set()
        return flight

    return make


@pytest.fixture
def judged_flight(settings, flying):
    """A ladder for another route, which has watched nothing yet."""
    return lambda route: JudgedFlight(settings, route, flying)


@pytest.fixture
def flight(new_flight, vehicle, route, settings):
    return new_flight(vehicle, route, settings)


@pytest.fixture
def fly_to_view(vehicle, parked, flying):
    """Flies a flight half-way, onto the view, or to another place."""

    def fly(flight: CalmFlight, **there: Any) -> CalmFlight:
        vehicle.now = parked
        flight.start(0.0)
        flight.step(0.1, "ok")
        vehicle.now = flying(mission_seq=0, landed="taking_off", height_m=5.0)
        flight.step(3.0, "ok")
        vehicle.now = flying(**there)
        flight.step(20.0, "ok")
        flight.step(20.1, "ok")
        assert flight.phase == "en_route"
        vehicle.asked.clear()
        return flight

    return fly


@pytest.fixture
def en_route(flight, fly_to_view):
    return fly_to_view(flight)


@pytest.fixture(scope="session")
def new_link() -> type[ScriptedLink]:
    return ScriptedLink


@pytest.fixture
def link():
    return ScriptedLink()


@pytest.fixture
def drone(link, origin):
    """The adapter on a scripted MAVROS that reported AUTO.LOITER."""
    drone = MavrosVehicle(link, origin, lambda: link.now_s)
    link.state("", connected=False)
    link.now_s += 1.0
    link.state("AUTO.LOITER")
    return drone


@pytest.fixture
def frame(origin):
    return LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)


@pytest.fixture
def on_board(link, drone, route, frame):
    """The route's items, which the autopilot holds, too."""
    items = route_items(route)
    back = [link.as_px4_gives_it(item) for item in waypoints(items, frame)]
    link.script["mission/pull"] = [link.pulled("mission/waypoints", back)]
    return items
