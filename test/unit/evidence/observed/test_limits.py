"""Each limit of a flight: kept, broken and unobserved."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from test.factories import SQUARE, cost_of, plan_of, route_of, waypoint_at

from blindspot.evidence.observed.lease_spans import Leases
from blindspot.evidence.observed.limits import Flown, Observed, State, judge
from blindspot.evidence.observed.picture_poses import PicturePose
from blindspot.evidence.observed.track import Track
from blindspot.mission.mission_file import Limits
from blindspot.site.town.model import Zone

LIMITS = Limits(min_up_m=30, max_up_m=100, min_pitch_deg=-90, max_pitch_deg=-50)
UP_AND_EAST = ((0, 0, 0), (0, 0, 40), (30, 0, 40), (0, 0, 40), (0, 0, 0))


def plan(fence=SQUARE, fence_max_alt_m=95):
    """Of one drone whose pad is the origin."""
    settings = {"fence": fence, "fence_max_alt_m": fence_max_alt_m}
    return plan_of(route_of(waypoint_at(30, 0, 40), pad="a", up_m=40, failsafe=settings, expected=cost_of(60, 140, 4)))


def track(*positions, began_s=0.0):
    """In the air wherever it is above 0 m, a second from place to place."""
    at_m = np.array(positions, float)
    in_air = at_m[:, 2] > 0
    count = len(at_m)
    return Track(began_s + np.arange(count, dtype=float), at_m, np.ones(count), in_air, in_air, np.full(count, "m"))


def flown(*positions, **changes):
    it = Flown(
        plan(), LIMITS, {"drone1": track(*(positions or UP_AND_EAST))}, math.inf, {"drone1": 12.0},
        observed=Observed(
            zones=(), pictures=(picture(),), px_per_m=lambda _: 40.0, leases=Leases({"drone1": [(0.0, 10.0)]}),
            slot_left_s=600.0,
        ),
    )  # fmt: skip
    observed = {name: value for name, value in changes.items() if hasattr(it.observed, name)}
    others = {name: value for name, value in changes.items() if name not in observed}
    return replace(it, observed=replace(it.observed, **observed), **others)


def picture(stamp_s=2.0, pitch_deg=-70.0):
    return PicturePose(stamp_s, "drone1", 30.0, 0.0, 40.0, 0.0, pitch_deg, 0.0)


def zone(**heights):
    return Zone("school", "no_fly", shapely.box(20, -5, 40, 5), **heights)


KEPT_AND_BROKEN = {
    "distance to buildings": (
        flown(clearances_m={"drone1": 5.0}), flown(clearances_m={"drone1": 4.9}), "within 4.9 m of a building",
    ),
    "distance between drones": (
        flown(separation_m=15.0), flown(separation_m=14.0), "two drones came within 14.0 m of each other",
    ),
    "perimeter": (flown(), flown((0, 0, 40), (103, 0, 40)), "left the perimeter, by 3.0 m"),
    "fence": (
        flown(plan=plan(fence=[[-10, -10], [31, -10], [31, 10], [-10, 10]])),
        flown(plan=plan(fence=[[-10, -10], [28, -10], [28, 10], [-10, 10]])), "left its fence, by 2.0 m",
    ),
    "no-fly zones": (flown(zones=(zone(floor_m=60),)), flown(zones=(zone(),)), "through the no-fly zone school"),
    "lowest height above the ground": (
        flown(), flown((0, 0, 0), (0, 0, 20), (30, 0, 20), (0, 0, 20), (0, 0, 0)),
        "20.0 m above the ground, below 30 m",
    ),
    "greatest height above the ground": (
        flown((0, 0, 0), (0, 0, 95), (0, 0, 0)), flown((0, 0, 40), (0, 0, 101)),
        "101.0 m above the ground, over 100 m",
    ),
    "pitch of the camera": (flown(pictures=(picture(), picture(pitch_deg=-50.5))),
                            flown(pictures=(picture(), picture(pitch_deg=-40))),
                            "took a picture at -40.0 deg"),
    "pixel density of a picture": (
        flown(px_per_m=lambda _: 60.0), flown(px_per_m=lambda _: 75.0), "something at 75.0 px/m",
    ),
    "lease of the law": (
        flown(pictures=(picture(stamp_s=10.5),)), flown(pictures=(picture(), picture(stamp_s=30.0))),
        "1 picture without a lease",
    ),
    "authorised slot": (flown(slot_left_s=3.0), flown(slot_left_s=1.0), "in the air 2 s after its slot's end"),
}  # fmt: skip


def reported(it, limit):
    return next(one for one in judge(it) if one.limit == limit)


@pytest.mark.parametrize("limit", KEPT_AND_BROKEN)
def test_a_kept_limit_is_reported_as_kept(limit):
    kept, _, _ = KEPT_AND_BROKEN[limit]
    assert reported(kept, limit).state is State.kept and not reported(kept, limit).broken


@pytest.mark.parametrize("limit", KEPT_AND_BROKEN)
def test_a_broken_limit_is_reported_with_its_worst_value(limit):
    _, broken, sentence = KEPT_AND_BROKEN[limit]
    assert reported(broken, limit).state is State.broken
    assert any(sentence in line for line in reported(broken, limit).broken)


NEARLY = {
    "distance to buildings": (flown(clearances_m={"drone1": 4.96}), "4.9 m", "within 4.9 m"),
    "distance between drones": (flown(separation_m=14.97), "14.9 m", "within 14.9 m"),
    "perimeter": (flown((0, 0, 40), (100.03, 0, 40)), "0.1 m outside", "by 0.1 m"),
    "fence": (flown((0, 0, 0), (0, 0, 95.04), (0, 0, 0)), "0.1 m outside", "flew 0.1 m over its fence"),
    "lowest height above the ground": (
        flown((0, 0, 0), (0, 0, 40), (30, 0, 29.96), (0, 0, 40), (0, 0, 0)),
        "29.9 m",
        "flew 29.9 m",
    ),
    "greatest height above the ground": (flown((0, 0, 40), (0, 0, 100.04)), "100.1 m", "flew 100.1 m"),
    "authorised slot": (flown(slot_left_s=2.6), "1 s after its end", "1 s after its slot's end"),
}


@pytest.mark.parametrize("limit", NEARLY)
def test_a_limit_that_is_just_broken_does_not_read_as_kept(limit):
    it, worst, sentence = NEARLY[limit]
    found = reported(it, limit)
    assert (found.state, found.worst) == (State.broken, worst)
    assert any(sentence in line for line in found.broken)


def test_less_than_a_minute_before_the_end_of_its_slot_reads_as_no_minute():
    assert reported(flown(slot_left_s=59.0), "authorised slot").worst == "0 min before the end"
    assert reported(flown(slot_left_s=123.5), "authorised slot").worst == "2 min before the end"


def test_these_are_all_limits():
    assert [one.limit for one in judge(flown())] == list(KEPT_AND_BROKEN)


@pytest.mark.parametrize(
    ("nobody_knows", "limits"),
    [
        ({"zones": None}, {"no-fly zones"}),
        ({"pictures": None}, {"pitch of the camera", "pixel density of a picture", "lease of the law"}),
        ({"px_per_m": None}, {"pixel density of a picture"}),
        ({"leases": None}, {"lease of the law"}),
        ({"slot_left_s": None}, {"authorised slot"}),
    ],
)
def test_an_unobserved_limit_is_neither_kept_nor_broken(nobody_knows, limits):
    judged = judge(flown(**nobody_knows))
    assert {one.limit for one in judged if one.state is State.not_observed} == limits
    assert all(one.worst for one in judged if one.state is State.not_observed), "why it was not"


def test_the_distance_between_drones_names_those_that_it_leaves_out():
    """A run has no positions of the drones of a mission beside it."""
    allowed = "at least 15 m; drones of other missions are not judged"
    assert reported(flown(), "distance between drones").allowed == allowed


def test_over_its_fence_and_in_no_slot_are_broken():
    assert "5.0 m over its fence" in reported(flown(plan=plan(fence_max_alt_m=35)), "fence").broken[0]
    assert reported(flown(slot_left_s=-math.inf), "authorised slot").state is State.broken


BY_POSITION = (
    "distance to buildings", "distance between drones", "perimeter", "fence", "no-fly zones",
    "lowest height above the ground", "greatest height above the ground", "authorised slot",
)  # fmt: skip


@pytest.mark.parametrize(
    ("stamps_s", "why"),
    [
        ((0, 1, 7, 8, 9), "no position of drone1 for 6 s of its flight"),
        ((0, 1, 2, 3), "no position of drone1 after 3 s, in the air"),
    ],
)
def test_where_the_track_has_a_hole_no_limit_of_positions_counts_as_kept(stamps_s, why):
    full = track(*UP_AND_EAST[: len(stamps_s)])
    for limit in BY_POSITION:
        found = reported(flown(tracks={"drone1": replace(full, stamp_s=np.array(stamps_s, float))}), limit)
        assert (found.state, found.worst.partition(";")[0]) == (State.not_observed, why)


def test_a_track_that_begins_in_the_air_hides_what_was_before():
    found = reported(flown((0, 0, 40), (30, 0, 40), (0, 0, 0)), "perimeter")
    assert (found.state, found.worst.partition(";")[0]) == (
        State.not_observed, "no position of drone1 before 0 s, in the air",
    )  # fmt: skip


@pytest.mark.parametrize(
    "missing",
    [{"outcome": "completed"}, {"outcome": "returned", "pictures": (picture(), replace(picture(), drone="drone2"))}],
)
def test_a_drone_that_flew_without_a_track_keeps_no_limit_of_positions(missing):
    """By the outcome each route was flown, or the drone took pictures."""
    tracks = {} if "pictures" not in missing else {"drone1": track(*UP_AND_EAST)}
    for limit in BY_POSITION:
        assert reported(flown(tracks=tracks, **missing), limit).state is State.not_observed
    assert reported(flown(tracks={}, pictures=(), outcome="refused"), "perimeter").state is State.kept


@pytest.mark.parametrize("outcome", ["completed", "degraded", "returned", "aborted", "failed", ""])
def test_where_nobody_knows_whether_a_drone_flew_no_limit_counts_as_kept(outcome):
    judged = judge(flown(tracks={}, pictures=(), outcome=outcome))
    assert {one.state for one in judged} == {State.not_observed}
    parked = {"drone1": track((0, 0, 0), (0, 0, 0))}
    assert reported(flown(tracks=parked, pictures=(), outcome="aborted"), "perimeter").state is State.kept
    refused = flown(tracks={}, pictures=(), outcome="refused", clearances_m={"drone1": None})
    assert {one.state for one in judge(refused)} == {State.kept}
    assert reported(refused, "distance to buildings").worst == "no drone flew"


BY_PICTURE = ("pitch of the camera", "pixel density of a picture", "lease of the law")


@pytest.mark.parametrize("limit", BY_PICTURE)
def test_where_the_poses_of_some_pictures_are_unknown_no_limit_of_pictures_counts_as_kept(limit):
    found = reported(flown(all_pictures=False), limit)
    why = found.worst.partition(";")[0]
    assert (found.state, why) == (State.not_observed, "the poses of some pictures are unknown")
    _, broken, _ = KEPT_AND_BROKEN[limit]
    broken = replace(broken, observed=replace(broken.observed, all_pictures=False))
    assert reported(broken, limit).state is State.broken, "a broken limit stays broken"


@pytest.mark.parametrize("limit", BY_PICTURE)
def test_poses_of_one_drone_say_nothing_of_the_pictures_of_another(limit):
    two = {"drone1": track(*UP_AND_EAST), "drone2": track(*UP_AND_EAST)}
    found = reported(flown(tracks=two), limit)
    assert (found.state, found.worst.partition(";")[0]) == (
        State.not_observed, "no pose of a picture of drone2 was received",
    )  # fmt: skip
    _, broken, _ = KEPT_AND_BROKEN[limit]
    assert reported(replace(broken, tracks=two), limit).state is State.broken, "a broken limit stays broken"


def test_a_short_pause_of_the_track_and_a_long_one_on_the_ground_hide_nothing():
    it = flown((0, 0, 0), (0, 0, 0), (0, 0, 40), (0, 0, 0), (0, 0, 0))
    paused = replace(it.tracks["drone1"], stamp_s=np.array([0.0, 100.0, 105.0, 110.0, 300.0]))
    assert reported(replace(it, tracks={"drone1": paused}), "perimeter").state is State.kept


def test_a_no_fly_zone_is_crossed_between_two_positions_too():
    """One every four seconds, thirty metres apart: none of them lies in the zone."""
    it = flown((0, 0, 0), (15, 0, 40), (45, 0, 40), (45, 0, 0), zones=(zone(),))
    slow = replace(it, tracks={"drone1": replace(it.tracks["drone1"], stamp_s=np.array([0.0, 4.0, 8.0, 12.0]))})
    assert reported(slow, "no-fly zones").state is State.broken
    above = replace(slow, observed=replace(slow.observed, zones=(zone(ceiling_m=39.0),)))
    assert reported(above, "no-fly zones").state is State.kept


def test_a_fence_is_left_between_two_positions_too():
    notched = [[-10, -10], [40, -10], [40, 10], [20, 10], [20, -5], [10, -5], [10, 10], [-10, 10]]
    found = reported(flown((0, 0, 0), (0, 0, 40), (30, 0, 40), (30, 0, 0), plan=plan(fence=notched)), "fence")
    assert found.broken == ("drone1 left its fence, by 5.0 m",)


def test_a_hole_hides_no_broken_limit():
    assert reported(flown((0, 0, 40), (103, 0, 40)), "perimeter").state is State.broken


def test_the_way_straight_up_and_down_is_below_the_floor_and_breaks_none():
    landed_elsewhere = ((0, 0, 0), (0, 0, 40), (60, 0, 40), (60, 0, 20), (60, 0, 1), (60, 0, 0))
    assert reported(flown(*landed_elsewhere), "lowest height above the ground").state is State.kept


def test_a_picture_of_unknown_density_is_no_good_one():
    broken = reported(flown(px_per_m=lambda _: math.inf), "pixel density of a picture")
    assert broken.state is State.broken and "unknown density" in broken.broken[0]


def test_a_drone_without_lease_events_had_no_lease():
    assert reported(flown(leases=Leases({})), "lease of the law").state is State.broken


def test_a_lease_is_unobserved_in_deaf_times_and_counts_elsewhere():
    leases = Leases({"drone1": [(0.0, 10.0)]}, {"drone1": [(10.0, 20.0)]})
    unheard = reported(flown(leases=leases, pictures=(picture(), picture(stamp_s=15.0))), "lease of the law")
    assert unheard.state is State.not_observed and "1 of 2 pictures" in unheard.worst
    broken = reported(flown(leases=leases, pictures=(picture(stamp_s=15.0), picture(stamp_s=30.0))), "lease of the law")
    assert broken.state is State.broken


def test_the_rest_of_a_plan_brings_a_fence_of_its_own():
    near = plan(fence=[[-10, -10], [28, -10], [28, 10], [-10, 10]])
    assert reported(flown(plan=near, rests=(plan(),)), "fence").state is State.kept


def test_a_drone_without_a_route_has_no_fence():
    it = flown()
    assert "without a route" in reported(replace(it, tracks={"other": it.tracks["drone1"]}), "fence").broken[0]
