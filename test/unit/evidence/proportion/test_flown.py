"""The proportion of a flight from recorded poses: the yard of the crossroads, computed by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test.factories import masks_over

from blindspot.evidence.observed.limits import Observed
from blindspot.evidence.observed.picture_poses import PicturePose
from blindspot.evidence.observed.summary_file import DroneFacts
from blindspot.evidence.proportion.flown import flown_pictures, proportion_of
from blindspot.law import load_authorisation
from blindspot.site.ground import Grid

FLEW = (DroneFacts("drone1", flight_time_s=60.0), DroneFacts("drone2", flight_time_s=0.0))
YARD = (-29.0, -29.0)
CROSSING = (0.0, 0.0)


@pytest.fixture(scope="module")
def judged(mission, plan, site):
    """The proportion of these poses over ground of which the eastern half is blind."""
    masks = masks_over(Grid(-60.0, -60.0, 0.5, 240, 240))
    masks.blind[:, :120] = False
    masks.fixed_seen[:, :120] = True
    auth = load_authorisation(mission.authorisation_path)

    def judge(poses, *, whole=True, drones=FLEW, seen_m2=12.0):
        observed = Observed(pictures=poses, all_pictures=whole)
        return proportion_of(mission, (plan,), site, masks, observed, drones, seen_m2, 6634.8, auth)

    return judge


def poses(at, stamps_s, drone="drone1", **changes):
    one = PicturePose(0.0, drone, *at, 80.0, 0.0, -90.0, 0.0)
    return tuple(replace(one, stamp_s=float(stamp_s), **changes) for stamp_s in stamps_s)


def test_a_minute_straight_down_on_the_yard_by_hand(judged):
    """The yard of 24 m x 24 m lies whole in the picture: see `planning/reasons/test_intrusion.py`."""
    found = judged(poses(YARD, np.arange(0.0, 60.0, 0.2))).flown
    assert found.sensor_s == pytest.approx(60.0, abs=1.0)
    assert found.private_m2s == pytest.approx(60 * 24 * 24, rel=0.02)
    assert found.facade_m2s == pytest.approx(60 * 1308, rel=0.03)


def test_over_the_crossing_half_of_the_street_is_blind_and_half_is_seen_twice(judged):
    """50.4 m x 28.4 m of street lie in the picture; heads shrink it to 49.4 m x 27.8 m. The western half is seen by
    the fixed cameras as well."""
    found = judged(poses(CROSSING, range(10)), seen_m2=686.0).flown
    half_m2 = 49.4 * 27.8 / 2
    assert found.private_m2s == 0.0
    assert found.overlap_m2 == pytest.approx(half_m2, rel=0.03)
    assert found.seen_m2s == pytest.approx(10 * half_m2, rel=0.03)
    assert found.seen_m2 == 686.0
    assert {one.street: one.time_s for one in found.streets} == {"north-south street": 10.0, "east-west street": 10.0}


def test_a_picture_lasts_until_the_next_one_for_at_most_a_second(mission):
    shown = flown_pictures(poses(CROSSING, (0.0, 0.4, 1.1, 5.0)), mission)
    assert [round(picture.time_s, 3) for picture in shown] == [1.0, 1.0, 1.0]


def test_two_drones_count_each_for_itself(mission):
    both = poses(CROSSING, (0.0, 1.0)) + poses(YARD, (0.5, 1.5), drone="drone2")
    assert [picture.time_s for picture in flown_pictures(both, mission)] == [1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"poses": None}, "looks.csv is missing or can't be read"),
        ({"poses": poses(YARD, range(5)), "whole": False}, "looks.csv has a gap"),
        ({"poses": poses(YARD, range(5), drone="drone2")}, "no pose of a picture of drone1 was received"),
        ({"poses": poses(YARD, range(5)), "drones": (DroneFacts("drone2"),)}, "no pose of a picture of drone2"),
        ({"poses": poses((40.0, 40.0), range(5), up_m=5.0)}, "a recorded pose can't be evaluated"),
        ({"poses": poses(YARD, range(5), drone="stranger"), "drones": ()}, "a recorded pose can't be evaluated"),
    ],
)
def test_an_unknown_picture_makes_every_figure_unknown_and_never_smaller(judged, given, reason):
    found = judged(given.pop("poses"), **given)
    assert found.reason.startswith(reason)
    entry = found.as_dict()
    assert {entry[name] for name in ("private_m2s", "facade_m2s", "sensor_s", "seen_m2", "highest_px_per_m")} == {None}
    assert entry["plan"]["private_m2s"] > 0.0, "the plan's figures are known all the same"


def test_a_flight_that_was_refused_has_no_private_ground_in_view(judged):
    found = judged((), drones=(DroneFacts("drone1", flight_time_s=0.0),)).flown
    assert (found.private_m2s, found.sensor_s, found.streets) == (0.0, 0.0, ())


def test_the_plans_figures_are_those_of_the_plan_file(judged, plan, mission, site):
    from shapely.geometry import Polygon

    from blindspot.planning.reasons import intrusion_of, surroundings_of

    known = intrusion_of(plan, mission, surroundings_of(Polygon(plan.perimeter), mission, site))
    found = judged(()).plan
    assert (found.private_m2s, found.facade_m2s, found.highest_px_per_m) == (
        known.private_m2s, known.facade_m2s, known.highest_px_per_m
    )  # fmt: skip
