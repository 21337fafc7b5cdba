"""Flights at the ceiling and at the floor of a mission stay within its limits in wind, and lose hardly any ground."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from test.unit.planning.conftest import square_of_streets

from blindspot.evidence.observed import limits
from blindspot.evidence.observed.track import Track
from blindspot.law.leases.lease import Lease
from blindspot.mission import mission_file
from blindspot.mission.mission_file import Wind
from blindspot.planning.checker.check import check_plan
from blindspot.planning.planner import make_plan
from blindspot.site.load import load_site, load_terrain
from blindspot_sim.in_process.fleet_flight import InProcessFleet

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("searched_little")]

HEIGHTS = ("lowest height above the ground", "greatest height above the ground")


def test_a_flight_at_the_ceiling_stays_below_it(mission, tmp_path):
    assert_within(mission, tmp_path / "site", seed=2)


@pytest.mark.thorough
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [1, *range(3, 21)])
def test_many_flights_at_their_ceilings_stay_below_them(mission, tmp_path, monkeypatch, seed):
    asked, site, made = assert_within(mission, tmp_path / "site", seed)
    monkeypatch.setattr(mission_file, "VERTICAL_ERROR_M", 0.0)
    before = make_plan(asked, site=site)
    assert before.routes[0].takeoff_up_m > made.routes[0].takeoff_up_m + 1.0
    assert made.coverage.planned_area_m2 >= 0.99 * before.coverage.planned_area_m2


def test_a_plan_at_the_ceiling_breaks_a_rule(mission, plan, site, with_file):
    level_m = plan.routes[0].takeoff_up_m
    for limits_m, is_broken in (((60.0, level_m + 1.9), True), ((60.0, level_m + 2.1), False),
                                ((level_m - 1.9, 100.0), True), ((level_m - 2.1, 100.0), False)):  # fmt: skip
        asked = with_file(mission, limits=dict(zip(("min_up_m", "max_up_m"), limits_m, strict=True)))
        assert ("height" in {found.rule for found in check_plan(plan, asked, site)}) == is_broken


def assert_within(mission, folder, seed):
    """Plans a mission whose height is at its ceiling, flies it in wind and gusts, and judges the true heights."""
    chance = np.random.default_rng(seed)
    over_roofs = bool(seed % 2)
    most_m = float(chance.uniform(70.0, 120.0 if over_roofs else 79.0))
    limits_ = {"min_up_m": 50.0, "max_up_m": round(most_m, 1), "over_roofs": over_roofs, "max_speed_mps": 8.0}
    asked = square_of_streets(
        folder, mission, seed, drones=1 + seed % 2, slope=0.02 * (seed % 3), side_m=130.0, limits=limits_
    )
    site = load_site(folder)
    made = make_plan(asked, site=site)
    ceiling_m = made.relief.lowest_m + asked.file.limits.max_up_m
    assert ceiling_m - 2.05 <= made.routes[0].takeoff_up_m <= ceiling_m - 2.0
    assert check_plan(made, asked, site) == ()
    wind = Wind(from_deg=float(chance.uniform(0, 360)), speed_mps=4.0, gust_mps=1.0)
    log = flown(made, asked, folder, wind, seed)
    for drone in log.drones.values():  # the gate judges the estimate, over the lowest ground
        assert np.nanmax(drone.camera_m[:, 2]) <= ceiling_m
    tracks = {name: track_of(drone) for name, drone in log.drones.items()}
    it = limits.Flown(made, asked.file.limits, tracks, np.inf, {}, terrain=load_terrain(folder), outcome="completed")
    for judged in limits.judge(it):
        if judged.limit in (*HEIGHTS, "perimeter", "fence"):
            assert judged.state == limits.State.kept, judged
    return asked, site, made


def flown(plan, asked, folder, wind, seed):
    """The log of a flight under leases that never end."""
    start = datetime(2026, 11, 6, 20, tzinfo=UTC)
    fleet = InProcessFleet(
        plan, asked.models, lambda _, now: Lease(True, now + timedelta(seconds=3), may_look=True),
        lambda now_s: start + timedelta(seconds=now_s), seed=seed, wind=wind, terrain=load_terrain(folder),
    )  # fmt: skip
    fleet.run()
    log = fleet.log()
    assert {drone.outcome for drone in log.drones.values()} == {"completed"}
    return log


def track_of(drone):
    """The true track of a flight."""
    return Track(
        drone.stamp_s,
        drone.truth_m,
        battery_fraction=np.ones(len(drone.stamp_s)),
        armed=drone.airborne,
        in_air=drone.airborne,
        mode=np.full(len(drone.stamp_s), "AUTO.MISSION"),
    )
