"""Take-off from pads and landing on them, in one process: accuracy, and pads occupied by another drone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import hypot, inf
from pathlib import Path

import pytest
from test.factories import ORIGIN, at, cost_of, route_of, view_at

from blindspot.core.config_file import read_yaml
from blindspot.flight.watch.surroundings import Other
from blindspot.law.leases.lease import Lease
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.mission_file import Wind
from blindspot.mission.plan import Point, Route
from blindspot.site.ground.terrain import FLAT
from blindspot_sim.fleet import vehicle_config
from blindspot_sim.in_process.fleet_flight import TICK_S, InProcessDrone
from blindspot_sim.mavros.simulated_mavros import SimulatedMavros

REPOSITORY = Path(__file__).resolve().parents[2]
START = datetime(2026, 11, 6, 19, 0, tzinfo=UTC)
FIELD = ((-150.0, -60.0), (250.0, -60.0), (250.0, 150.0), (-150.0, 150.0))
PAD, RALLY = at(12.0, -5.0, 2.0), at(80.0, 60.0, 2.0)
ACCURATE_M = 1.5
"""Error of a landing with simulated GPS noise and gusts. The recorded autopilot itself is within 0.1 m."""


def route(rtl_type: int = 0, rally: tuple[Point, ...] = ()) -> Route:
    places = ((40.0, 20.0, 42.0), (70.0, 50.0, 42.0))
    return route_of(
        *(view_at(*place, id=f"v{k}", speed_mps=6.0, dwell_s=6.0) for k, place in enumerate(places)),
        pad="east", home=PAD, up_m=42.0, expected=cost_of(left=0.85),
        failsafe={
            "rtl_type": rtl_type, "rally": rally, "fence": FIELD, "fence_max_alt_m": 52.0,
            "parameters": {"RTL_CONE_ANG": 0.0, "RTL_DESCEND_ALT": 10.0, "RTL_LAND_DELAY": 0.0, "GF_ACTION": 3.0,
                           "COM_LOW_BAT_ACT": 3.0, "COM_OBL_RC_ACT": 3.0},
        },
    )  # fmt: skip


class OneDrone:
    """A drone that stands some metres off its pad, flown until it lands."""

    def __init__(self, flown: Route, *, off_m: float = 0.0, wind_mps: float = 5.0, seed: int = 1) -> None:
        model = read_yaml(REPOSITORY / "config/drones/reference.yaml", DroneModel)
        stands = flown.home.model_copy(update={"east_m": flown.home.east_m + off_m})
        wind = Wind(from_deg=250.0, speed_mps=wind_mps, gust_mps=0.7)
        config = vehicle_config(model, flown.drone, 1, ORIGIN, stands, wind, FLAT)
        self.drone = InProcessDrone(SimulatedMavros(config, seed=seed), flown, model, ORIGIN)
        self.flight = self.drone.flight
        self.others: tuple[Other, ...] = ()
        self.land_by_s = inf
        self.now_s = 0.0
        self.flight.start(0.0)

    def run(self, until=lambda: False, for_s: float = 900.0):
        end_s = self.now_s + for_s
        while self.flight.outcome is None and self.now_s < end_s and not until():
            self.now_s = round(self.now_s + TICK_S, 9)
            legal = START + timedelta(seconds=self.now_s)
            lease = Lease(True, legal + timedelta(seconds=3))
            self.drone.leases.heard(lease.granted, self.now_s + 3.0, self.now_s, may_look=True)
            self.drone.step(self.now_s, self.others, self.land_by_s - self.now_s)
        return self

    def off_m(self, place: Point) -> float:
        truth = self.drone.mavros.truth
        return hypot(truth.east_m - place.east_m, truth.north_m - place.north_m)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_route_ends_on_its_own_pad(seed):
    one = OneDrone(route(), seed=seed).run()
    assert one.flight.outcome == "completed" and one.drone.mavros.truth.landed
    assert one.off_m(PAD) < ACCURATE_M


def looking(one: OneDrone) -> OneDrone:
    """Flown to its second view."""
    return one.run(lambda: not one.flight.sensor_inhibited and one.flight.seen.east_m > 65.0)


@pytest.mark.parametrize("wind_mps", [0.0, 8.0])
def test_a_return_lands_on_the_pad(wind_mps):
    one = looking(OneDrone(route(), wind_mps=wind_mps))
    assert one.flight.return_home() == ""
    one.run()
    assert one.flight.outcome == "returned" and one.off_m(PAD) < ACCURATE_M


@pytest.mark.parametrize("rtl_type", [0, 3])
def test_a_return_lands_on_the_rally_point_where_that_is_nearer(rtl_type):
    one = looking(OneDrone(route(rtl_type, (RALLY,))))
    assert one.off_m(RALLY) < one.off_m(PAD)
    assert one.flight.return_home() == ""
    one.run()
    assert one.flight.outcome == "returned" and one.off_m(RALLY) < ACCURATE_M


@pytest.mark.parametrize("wind_mps", [0.0, 8.0])
def test_it_comes_home_in_time_for_the_latest_landing(wind_mps):
    one = looking(OneDrone(route(), wind_mps=wind_mps))
    one.flight.hold()
    one.land_by_s = one.now_s + 90.0
    one.run()
    assert one.flight.outcome == "returned" and "latest landing" in one.flight.reason
    assert one.land_by_s - 20.0 < one.now_s <= one.land_by_s


def test_a_drone_that_stands_off_its_pad_is_not_armed():
    one = OneDrone(route(), off_m=7.0).run()
    assert one.flight.outcome == "refused" and "from pad east" in one.flight.reason
    assert not any(service == "cmd/arming" for _, service, _ in one.drone.link.calls)


def test_a_drone_a_little_off_its_pad_ends_on_the_pad_and_returns_to_where_it_stood():
    """The mission's last item is the pad; the autopilot's home is where it was armed. Both are within 5 m."""
    ended = OneDrone(route(), off_m=3.0).run()
    assert ended.flight.outcome == "completed" and ended.off_m(PAD) < ACCURATE_M
    returned = looking(OneDrone(route(), off_m=3.0))
    assert returned.flight.return_home() == ""
    returned.run()
    stood = PAD.model_copy(update={"east_m": PAD.east_m + 3.0})
    assert returned.flight.outcome == "returned" and returned.off_m(stood) < ACCURATE_M


@pytest.mark.parametrize("by", ["the end of its route", "a return"])
def test_it_never_lands_on_a_drone_that_stands_on_its_pad(by):
    one = looking(OneDrone(route()))
    one.others = (Other("drone2", PAD.east_m + 1.0, PAD.north_m, PAD.up_m, flies=False, silent_s=0.0),)
    if by == "a return":
        one.flight.return_home()
    one.run(lambda: one.flight.phase == "hold", for_s=5.0)
    assert one.flight.phase == "hold" and "stands on the pad" in one.flight.reason
    one.run(for_s=300.0)
    assert one.drone.mavros.truth.up_m > 30.0 and one.off_m(PAD) > 15.0, "a hold that nobody ends is no way down"
    one.drone.mavros.drain_battery(0.02)
    one.run()
    assert one.flight.outcome in ("aborted", "returned") and one.off_m(PAD) > 15.0, "down where it was"


def test_it_comes_home_once_the_pad_is_free():
    one = looking(OneDrone(route()))
    one.others = (Other("drone2", PAD.east_m, PAD.north_m, PAD.up_m, flies=False, silent_s=0.0),)
    one.flight.return_home()
    one.run(for_s=20.0)
    assert one.flight.phase == "hold"
    one.others = (Other("drone2", 200.0, 100.0, 2.0, flies=False, silent_s=0.0),)
    one.run(for_s=5.0)
    assert one.flight.return_home() == ""
    one.run()
    assert one.flight.outcome == "returned" and one.off_m(PAD) < ACCURATE_M
