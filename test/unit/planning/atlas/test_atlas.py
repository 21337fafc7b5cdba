"""The atlas of a dispatch over the crossroads: each square has views of checked plans, or a reason."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import Polygon, box

from blindspot.core import InputError, PlanningError
from blindspot.mission import Leg, View, load_mission, site_of
from blindspot.planning.atlas import ATLAS_FILE, make_atlas
from blindspot.planning.atlas.atlas_file import SQUARE_M, hashes_of, load_atlas
from blindspot.planning.atlas.making import BEYOND_SECTOR, CAMERA_S, PREPARE_S
from blindspot.planning.checker import check_plan, ground_of_mission
from blindspot.planning.checker.check_seen import look
from blindspot.planning.planner import make_plan
from blindspot.site import Building

CONFIG = Path(__file__).parents[4] / "config"
MISSION = CONFIG / "missions" / "crossroads_dispatch.yaml"
TENT = box(-1.0, -31.0, 11.0, -19.0)
"""The footprint of a temporary obstacle over the street south of the crossing: one whole square lies below it."""


def made_of(mission):
    return make_atlas(mission, site_of(mission), lambda stage, done: None)


@pytest.fixture(scope="module")
def mission():
    return load_mission(MISSION)


@pytest.fixture(scope="module")
def made(mission, made_once):
    return made_once("atlas", lambda: made_of(mission))


@pytest.fixture(scope="module")
def town(mission):
    return site_of(mission)


@pytest.fixture(scope="module")
def ground(mission, town):
    return ground_of_mission(mission, town)


@pytest.fixture(scope="module")
def steep(mission):
    """The atlas of cameras that look nearly straight down, over a crossing with a tent: the border of the sectors stays
    out of their pictures, and so does the ground below the tent."""
    limits = mission.file.limits.model_copy(update={"max_pitch_deg": -85.0})
    steep = replace(mission, file=mission.file.model_copy(update={"limits": limits}))
    town = site_of(steep)
    tent = Building("obstacle/tent", TENT, 0.0, 6.0, assumed=False, ridge_m=6.0)
    return make_atlas(steep, replace(town, buildings=(*town.buildings, tent)), lambda stage, done: None)


def test_each_view_is_one_look_of_the_asked_time_in_a_plan_that_the_checker_passes(made, mission, town, ground):
    assert not made.refused and len(made.plans) == len(made.atlas.views)
    for view, plan in zip(made.atlas.views, made.plans, strict=True):
        [route] = plan.routes
        [step] = [step for step in route.steps if isinstance(step, View | Leg)]
        assert (view.drone, view.pad, view.at, view.aim) == (route.drone, route.pad, step.to, step.aim)
        assert step.dwell_s >= mission.file.look_s
        assert view.sha256 == hashlib.sha256(plan.to_json().encode()).hexdigest()
    for plan in made.plans[::6]:
        assert not check_plan(plan, mission, town, ground)


def test_the_fences_of_two_drones_are_apart_so_that_both_may_fly(made, mission):
    fences = {plan.routes[0].drone: Polygon(plan.routes[0].failsafe.fence) for plan in made.plans}
    assert set(fences) == {"drone1", "drone2"}
    assert fences["drone1"].distance(fences["drone2"]) >= mission.file.limits.separation_m


def test_each_square_knows_its_soonest_views_with_the_share_that_they_show(made, mission, ground):
    atlas, grid = made.atlas, ground.field.grid
    cells = np.flatnonzero(ground.public)
    squares = np.floor(grid.centres(cells) / SQUARE_M)
    assert {tuple(square) for square in squares.astype(int).tolist()} == set(atlas.by_number)
    for number in (0, len(made.plans) // 2):
        plan, view = made.plans[number], atlas.views[number]
        model = mission.model_of(view.drone)
        seen = look(ground.field, model, view.at, view.aim, plan, ground.public).cells
        for square in atlas.squares:
            own = cells[(squares == square.at).all(axis=1)]
            share = float(np.isin(own, seen).mean())
            claimed = [one.share for one in square.views if one.view == number]
            assert not claimed or claimed == [pytest.approx(share, abs=0.001)]
            soonest_s = [atlas.views[one.view].looking_s for one in square.views]
            assert soonest_s == sorted(soonest_s)
            if share == 1.0 and len(square.views) < 3:
                assert claimed, "a square with room for more knows each view that shows it whole"


def test_the_time_to_look_is_the_sum_of_its_parts(made, mission):
    view, plan = made.atlas.views[-1], made.plans[-1]
    [route] = plan.routes
    model = mission.model_of(view.drone).performance
    way_m = np.hypot(view.at.east_m - route.home.east_m, view.at.north_m - route.home.north_m)
    least_s = PREPARE_S + (view.at.up_m - route.home.up_m) / model.climb_mps + way_m / 6.0 + CAMERA_S
    assert least_s < view.looking_s < least_s + 20.0
    assert all(
        view.looking_s <= later.looking_s for view, later in zip(made.atlas.views, made.atlas.views[1:], strict=False)
    )


def test_a_square_that_no_sector_shows_knows_why_and_the_nearest_that_one_does(steep):
    squares = steep.atlas.squares
    unseen = [square for square in squares if not square.views]
    assert unseen and len(unseen) < len(squares)
    assert BEYOND_SECTOR in {square.reason for square in unseen}
    for square in unseen:
        others = [other for other in squares if other.views]
        away = {other.at: np.hypot(other.at[0] - square.at[0], other.at[1] - square.at[1]) for other in others}
        assert square.nearest is not None and away[square.nearest] == min(away.values())
    assert not any(square.reason or square.nearest for square in squares if square.views)


def test_a_place_below_a_temporary_obstacle_has_no_view(made, steep):
    below = (0, -3)
    assert {square.at for square in made.atlas.squares if square.views} >= {below}
    found = {square.at: square for square in steep.atlas.squares}
    assert below not in found or not found[below].views
    assert found[(0, -5)].views, "the street beside the tent"


@pytest.fixture
def own(tmp_path, made):
    """The mission in a folder of the test's own, with its atlas."""
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder, ignore=shutil.ignore_patterns("nantes*", "models"))
    mission = load_mission(folder / "missions" / MISSION.name)
    (tmp_path / ATLAS_FILE).write_text(of_mission(made, mission).model_dump_json(by_alias=True))
    return mission


def of_mission(made, mission):
    mission_sha256, authorisation_sha256 = hashes_of(mission)
    update = {"mission_sha256": mission_sha256, "authorisation_sha256": authorisation_sha256}
    return made.atlas.model_copy(update=update)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("missions/crossroads_dispatch.yaml", "the mission or its site has changed: the atlas is void"),
        ("sites/crossroads/buildings.geojson", "the mission or its site has changed: the atlas is void"),
        ("authorisations/crossroads_sim.yaml", "the authorisation has changed: the atlas is void"),
    ],
)
def test_another_mission_site_or_authorisation_voids_the_atlas(own, tmp_path, made, name, problem):
    assert load_atlas(tmp_path, own).views == made.atlas.views
    file = own.path.parents[1] / name
    file.write_text(file.read_text() + "\n")
    with pytest.raises(InputError, match=problem):
        load_atlas(tmp_path, load_mission(own.path))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": "blindspot.atlas/2"}', '{"schema": "blindspot.plan/1"}'])
def test_a_broken_atlas_names_the_command_that_makes_it(own, tmp_path, text):
    (tmp_path / ATLAS_FILE).write_text(text)
    with pytest.raises(InputError, match=r"is no atlas; make it again with: blindspot plan"):
        load_atlas(tmp_path, own)


def test_an_atlas_of_another_version_says_so(own, tmp_path, made):
    (tmp_path / ATLAS_FILE).write_text(made.atlas.model_dump_json(by_alias=True).replace("atlas/2", "atlas/1"))
    with pytest.raises(InputError, match=r"was made by another version; make it again with: blindspot plan"):
        load_atlas(tmp_path, own)


def test_each_plan_says_how_closely_it_sees_surfaces_so_that_a_real_flight_may_be_cleared(mission, made):
    cap = mission.file.band.max_px_per_m
    assert all(0.0 < plan.intrusion.highest_px_per_m <= cap + 1e-6 for plan in made.plans)


def test_a_dispatch_has_no_plan_before_a_person_names_a_place(mission):
    with pytest.raises(PlanningError, match="order a look with: blindspot dispatch"):
        make_plan(mission)
