"""Facts judged from a flown track, on numbers that a person can check."""

import math

import numpy as np
import pytest
import shapely
from test.factories import cost_of, coverage_of, plan_of, route_of, square, waypoint_at

from blindspot.evidence.observed.track import Track, TrackPoint, TrackWriter, read_tracks
from blindspot.evidence.summary import max_deviation_m, min_clearance_m, min_separation_m, summarise
from blindspot.mission.mission_file import Limits
from blindspot.mission.plan import Plan
from blindspot.site.town.model import Building

LIMITS = Limits(min_up_m=30, max_up_m=100)


def track(*positions, stamps=None, in_air=True, mode="AUTO.MISSION"):
    n = len(positions)
    return Track(
        stamp_s=np.array(stamps if stamps is not None else range(n), float),
        position_m=np.array(positions, float),
        battery_fraction=np.linspace(1.0, 0.9, n),
        armed=np.full(n, True),
        in_air=np.full(n, in_air),
        mode=np.full(n, mode),
    )


@pytest.fixture
def plan():
    """One drone: up to 40 m over its pad at the origin, 30 m east and back."""
    route = route_of(
        waypoint_at(30, 0, 40), pad="a", up_m=40, expected=cost_of(60, 140, 4),
        failsafe={"fence": square(50), "fence_max_alt_m": 60},
    )  # fmt: skip
    coverage = coverage_of(
        cell_m=0.5, public_area_m2=1000, fixed_area_m2=600, blind_area_m2=400, reachable_area_m2=400,
        planned_area_m2=396,
    )  # fmt: skip
    return plan_of(route, perimeter=square(50), coverage=coverage)


def facts(plan, tracks, buildings=(), **changes):
    given = {"outcome": "completed", "reason": "", "seen_blind_fraction": 0.98, "detections": 0,
             "wall_time_s": 10.0, "sim_time_s": 80.0} | changes  # fmt: skip
    return summarise(plan, LIMITS, buildings, tracks, **given)


def test_deviation_is_the_distance_from_the_route_line(plan):
    flown = np.array([[0, 0, 20], [15, 3, 40], [30, 0, 44], [0, 0, 10]], float)
    assert max_deviation_m(plan.routes, flown) == pytest.approx(4.0)


def test_clearance_counts_across_and_above():
    house = Building("h", shapely.box(10, -5, 20, 5), ground_m=0, height_m=12, assumed=False, ridge_m=15)
    assert min_clearance_m(np.array([[4.0, 0, 5]]), [house]) == pytest.approx(6.0)
    assert min_clearance_m(np.array([[15.0, 0, 40]]), [house]) == pytest.approx(25.0)
    assert min_clearance_m(np.array([[7.0, 0, 19]]), [house]) == pytest.approx(5.0)
    assert min_clearance_m(np.array([[15.0, 0, 3]]), [house]) == 0.0


def test_clearance_counts_between_two_positions_too(plan):
    tower = Building("t", shapely.box(14, 2, 16, 4), ground_m=0, height_m=60, assumed=False)
    hut = Building("h", shapely.box(5, -4, 10, 0), ground_m=0, height_m=12, assumed=False)
    for houses, way, gap_m in (
        ([tower], [[0, 0, 40], [30, 0, 40]], 2.0),
        ([tower, hut], [[30, 0, 40], [0, 0, 40]], 2.0),
        ([tower], [[15, 3, 80], [15, 3, 61]], 1.0),
        ([tower], [[0, 3, 70], [30, 3, 70]], 10.0),
        ([tower], [[0, 3, 40], [30, 3, 100]], 3.58),
        ([tower], [[0, 3, 40], [30, 3, 40]], 0.0),
    ):
        summary = facts(plan, {"drone1": track(*way)}, houses)
        assert summary.drones[0].min_building_clearance_m == pytest.approx(gap_m, abs=0.1)
        assert any("of a building" in violation for violation in summary.violations) == (gap_m < 5.0)


def test_clearance_claims_nothing_about_a_hole_in_the_track(plan):
    tower = Building("t", shapely.box(14, 2, 16, 4), ground_m=0, height_m=60, assumed=False)
    summary = facts(plan, {"drone1": track([0, 0, 40], [30, 0, 40], stamps=[0, 5.1])}, [tower])
    assert not any("of a building" in violation for violation in summary.violations)
    assert {"not observed"} == {one.state for one in summary.limits if one.limit == "distance to buildings"}


def test_separation_only_counts_moments_when_both_are_in_the_air():
    a = track([0, 0, 40], [10, 0, 40], stamps=[0, 1])
    b = track([12, 0, 40], [30, 0, 40], stamps=[1, 2])
    assert min_separation_m({"a": a, "b": b}) == pytest.approx(2.0)
    parked = track([12, 0, 0], [12, 0, 0], stamps=[0, 1], in_air=False)
    assert min_separation_m({"a": a, "b": parked}) == math.inf


def test_separation_of_drones_with_different_time_stamps():
    a = track([0, 0, 40], [20, 0, 40], stamps=[0, 2])
    b = track([10, 50, 40], [10, 3, 40], [10, 50, 40], stamps=[0.25, 1.0, 1.75])
    assert min_separation_m({"a": a, "b": b}) == pytest.approx(3.0)
    assert min_separation_m({"b": b, "a": a}) == pytest.approx(3.0)


def test_the_deviation_of_a_drone_that_reports_its_phase(plan):
    tracks = {"drone1": track([0, 0, 20], [15, 3, 40], [30, 0, 40], mode="en_route")}
    assert facts(plan, tracks).drones[0].max_route_deviation_m == pytest.approx(3.0)


def test_a_clean_run_has_no_violation_and_the_keys_that_others_read(plan):
    summary = facts(plan, {"drone1": track([0, 0, 10], [0, 0, 40], [30, 0, 40])})
    assert summary.violations == ()
    assert summary.coverage.fixed_fraction == 0.6
    assert summary.coverage.planned_blind_fraction == 0.99
    assert summary.speed_factor == 8.0
    assert summary.drones[0].distance_m == 60.0
    assert summary.min_separation_m is None


def test_a_part_of_the_ground_is_no_whole_and_a_millimetre_too_near_is_too_near(plan):
    house = Building("h", shapely.box(20, -5, 40, 5), ground_m=0, height_m=12, assumed=False)
    summary = facts(plan, {"drone1": track([0, 0, 40], [15.0004, 0, 5])}, [house], seen_blind_fraction=0.9996)
    assert summary.coverage.seen_blind_fraction == 0.999
    assert summary.drones[0].min_building_clearance_m == 4.999
    assert any("of a building" in violation for violation in summary.violations)


@pytest.mark.parametrize(
    ("position", "reported"),
    [([60, 0, 40], "left the perimeter"), ([0, 0, 101], "over 100 m"), ([17, 0, 5], "within 3.0 m of a building")],
)
def test_each_broken_limit_is_reported(plan, position, reported):
    house = Building("h", shapely.box(20, -5, 40, 5), ground_m=0, height_m=12, assumed=False)
    summary = facts(plan, {"drone1": track([0, 0, 40], position)}, [house])
    assert any(reported in violation for violation in summary.violations)


def test_two_drones_too_near_are_reported(plan):
    tracks = {"drone1": track([0, 0, 40]), "drone2": track([0, 14, 40])}
    assert "two drones came within 14.0 m of each other" in facts(plan, tracks).violations


def test_a_drone_that_never_flew_is_no_error_and_a_nan_is_written_as_null(plan):
    summary = facts(plan, {}, seen_blind_fraction=math.nan, outcome="refused")
    text = summary.to_json()
    assert '"seen_blind_fraction": null' in text and '"flight_time_s": 0.0' in text


def test_a_completed_route_without_a_track_has_no_known_flight(plan):
    summary = facts(plan, {}, outcome="completed")
    assert (summary.drones[0].flight_time_s, summary.drones[0].distance_m) == (None, None)
    assert {one.state for one in summary.limits} == {"not observed"}


def test_a_track_file_reads_back_except_for_a_torn_last_line(tmp_path):
    path = tmp_path / "track.csv"
    writer = TrackWriter(path)
    for stamp_s in (1.0, 1.2):
        writer.write(TrackPoint(stamp_s, "drone1", 1.5, -2.25, 40.0, 0.95, True, True, "AUTO.MISSION"))
    writer.close()
    with path.open("a") as file:
        file.write("1.4,drone1,1.5")
    flown = read_tracks(path)["drone1"]
    assert flown.stamp_s.tolist() == [1.0, 1.2]
    TrackWriter(path).close()
    assert path.read_bytes().endswith(b"AUTO.MISSION\r\n"), "the next writer goes on after the last whole line"
    assert len(read_tracks(path)["drone1"].stamp_s) == 2
    assert flown.position_m[1].tolist() == [1.5, -2.25, 40.0]
    assert flown.in_air.all() and flown.mode[0] == "AUTO.MISSION"


def test_a_plan_that_is_flown_alone_promises_its_own_ground_only(plan):
    """A view of an atlas: no other view flies with it, so ground of other views was never planned for this flight."""
    left = {"unseen": [{"cause": "seen by another sortie", "area_m2": 360}], "planned_area_m2": 40}
    view = Plan.model_validate(plan.model_dump(by_alias=True) | {"coverage": plan.coverage.model_dump() | left})
    assert facts(view, {}).coverage.planned_blind_fraction == 0.1


def test_the_summary_of_several_sorties_counts_all_that_were_flown(plan):
    left = {"unseen": [{"cause": "seen by another sortie", "area_m2": 96}], "planned_area_m2": 300}
    coverage = plan.coverage.model_dump() | left
    first, second = (
        Plan.model_validate(
            plan.model_dump(by_alias=True)
            | {"id": f"p{number}", "coverage": coverage}
            | {"sortie": {"number": number, "of": 3, "begins_s": 100.0 * (number - 1), "flown_s": 0.0}}
        )
        for number in (1, 2)
    )
    both = track((0, 0, 40), (30, 0, 40), (0, 0, 40), (0, 0, 0), (0, 0, 40))
    both.in_air[3] = False
    both.battery_fraction[:] = (0.9, 0.7, 0.4, 1.0, 0.8)
    summary = facts(first, {"drone1": both}, later=(second,))
    assert (summary.sorties.flown, summary.sorties.of) == (2, 3)
    assert [part.id for part in summary.sorties.plans] == ["p1", "p2"]
    assert [drone.name for drone in summary.drones] == ["drone1"]
    assert summary.drones[0].battery_left_fraction == 0.4, "the least, since the pack was changed"
    assert summary.coverage.planned_blind_fraction == 0.99, "what the sorties see together"
    assert facts(plan, {}).sorties is None
    refused = facts(first, {}, outcome="refused")
    assert (refused.sorties.flown, refused.sorties.of) == (0, 3)


def test_a_summary_says_whether_the_flight_was_simulated_and_unknown_counts_as_real(plan):
    assert facts(plan, {}).simulated is False
    assert facts(plan, {}, simulated=True).simulated is True
