"""The posts of an overwatch: one view of the target for each drone, in a sector of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import combinations, pairwise

import pytest
import shapely
from shapely.geometry import Polygon, box

from blindspot.core import InputError, PlanningError
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.watch.energy import battery_for_route
from blindspot.mission import View
from blindspot.planning.checker import check_plan
from blindspot.planning.planner import make_sorties
from blindspot.site.load import Pad
from blindspot.site.town.geojson import feature_collection

STAGE, STANDS = box(-10, -10, 10, 10), box(25, -7, 40, 7)


@pytest.fixture
def watching(watch, site, with_file, tmp_path):
    """The watch of the crossroads with other targets, each drawn into a file, and other values of its file."""

    def made(*areas, **changes):
        targets = []
        for number, area in enumerate(areas or [STAGE], 1):
            name = f"target{number}"
            (tmp_path / f"{name}.geojson").write_text(json.dumps(feature_collection([(area, {})], site.frame)))
            targets.append({"name": name, "area": f"{name}.geojson"})
        return with_file(replace(watch, path=tmp_path / "watch.yaml"), targets=targets, **changes)

    return made


@pytest.fixture(scope="module")
def four_pads(site):
    """The town with a pad in each arm of the crossing."""
    ground_m = site.pads[0].up_m
    pads = {"north": (0.0, 60.0), "south": (0.0, -60.0), "east": (60.0, 0.0), "west": (-60.0, 0.0)}
    return replace(site, pads=tuple(Pad(name, *place, ground_m) for name, place in pads.items()))


def fleet(*pads):
    return [{"name": f"drone{k}", "model": "reference", "pad": pad} for k, pad in enumerate(pads, 1)]


def view_of(plan):
    (view,) = [step for step in plan.routes[0].steps if isinstance(step, View)]
    return view


def test_each_drone_has_a_post_that_the_checker_passes(posts, watch, site):
    assert [plan.routes[0].drone for plan in posts] == ["drone1", "drone2"]
    for number, plan in enumerate(posts, 1):
        assert len(plan.routes) == 1 and view_of(plan).to.up_m == 98.0
        assert (plan.watch.target, plan.watch.number, plan.watch.of) == ("stage", number, 2)
        assert plan.watch.seen_m2 >= 0.95 * plan.watch.target_m2
        assert check_plan(plan, watch, site) == ()


def test_the_fences_are_sectors_that_keep_the_drones_apart(posts):
    one, other = (Polygon(plan.routes[0].failsafe.fence) for plan in posts)
    assert one.distance(other) >= 15.0
    assert all(fence.area < 0.5 * Polygon(posts[0].perimeter).area for fence in (one, other))


def test_a_drone_stays_as_long_as_its_battery_lets_it(posts, watch, site):
    view = view_of(posts[0])
    assert 1_100.0 < view.dwell_s < 1_240.0
    route = posts[0].routes[0]
    spare_s = 0.02 * 90.0 / 180.0 * 3600.0  # 2 % of 90 Wh, in the hover
    longer = view.model_copy(update={"dwell_s": view.dwell_s + spare_s + 40.0})
    route = route.model_copy(update={"steps": tuple(longer if step is view else step for step in route.steps)})
    broken = check_plan(posts[0].with_routes([route]), watch, site)
    assert "battery" in {violation.rule for violation in broken}


def test_a_pack_that_is_a_little_short_of_full_still_flies_its_post(posts, watch):
    for plan in posts:
        settings = FlightSettings(watch.model_of(plan.routes[0].drone), simulated=True)
        assert 0.96 < battery_for_route(settings, plan.routes[0]) <= 0.98


def test_a_short_watch_lands_in_its_window(watching, site):
    mission = watching()
    mission = watching(latest_landing=mission.file.start + timedelta(minutes=10))
    for plan in make_sorties(mission, site=site):
        assert plan.routes[0].expected.flight_time_s <= 600.0
        assert check_plan(plan, mission, site) == ()


def test_two_targets_of_four_drones_for_six_hours(watching, four_pads):
    mission = watching(
        STAGE, STANDS, fleet=fleet("north", "south", "east", "west"),
        latest_landing=watching().file.start + timedelta(hours=6),
    )  # fmt: skip
    plans = make_sorties(mission, site=four_pads)
    assert [plan.watch.target for plan in plans] == ["target1", "target1", "target2", "target2"]
    assert all(one.routes[0].drone < two.routes[0].drone for one, two in pairwise(plans) if one.watch == two.watch)
    fences = [Polygon(plan.routes[0].failsafe.fence) for plan in plans]
    assert min(one.distance(two) for one, two in combinations(fences, 2)) >= 15.0
    assert {violation for plan in plans for violation in check_plan(plan, mission, four_pads)} == set()


def test_a_third_drone_takes_a_post_too(watching, four_pads):
    plans = make_sorties(watching(fleet=fleet("north", "south", "east")), site=four_pads)
    assert [plan.routes[0].drone for plan in plans] == ["drone1", "drone2", "drone3"]


def test_ground_that_fixed_cameras_see_counts_as_well(posts, site):
    assert posts[0].watch.target_m2 == pytest.approx(STAGE.area)


@pytest.mark.parametrize(
    ("area", "changes", "problem"),
    [
        (box(-70, -7, 70, 7), {}, r"no picture shows 95 % of target1: the best one shows \d+ %, and a rectangle of"),
        (box(-6, 56, 6, 68), {"limits": {"separation_m": 44.0}}, "no two posts in sectors of their own"),
        (
            box(-14, -14, 14, 14),
            {"limits": {"max_pitch_deg": -89.0}, "share": 1.0},
            "no two posts .* lower share to 0.85",
        ),
    ],
    ids=["too large", "behind the other drone", "straight down alone"],
)
def test_an_impossible_post_is_refused_with_the_value_that_would_do(watching, site, area, changes, problem):
    with pytest.raises(PlanningError, match=problem):
        make_sorties(watching(area, **changes), site=site)


@pytest.mark.parametrize(
    ("area", "problem"),
    [
        (box(200, 200, 210, 210), "targets item 1, area.*lies outside the perimeter"),
        (box(70, -5, 100, 5), r"targets item 1, area.*reaches out of the perimeter by \d+ m2"),
        (shapely.box(30, 25, 50, 40), "no public ground of target1"),
    ],
    ids=["outside", "beyond", "on roofs"],
)
def test_a_target_without_public_ground_inside_is_refused(watching, site, area, problem):
    with pytest.raises(InputError, match=problem):
        make_sorties(watching(area), site=site)


def test_a_street_is_a_target_as_far_as_the_perimeter(watch, site, with_file):
    mission = with_file(watch, targets=[{"name": "street", "area": "east-west street"}], share=0.2)
    plans = make_sorties(mission, site=site)
    assert all(plan.watch.seen_m2 >= 0.2 * plan.watch.target_m2 for plan in plans)
