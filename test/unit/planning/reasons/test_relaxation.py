"""Impossible missions: the number that is named makes them possible."""

import re
from dataclasses import replace

import numpy as np
import pytest
from shapely.affinity import translate

from blindspot.core.errors import PlanningError
from blindspot.planning.drones.patrols import drones_of
from blindspot.planning.planner import make_plan
from blindspot.planning.reasons.relaxation import no_view, steps_to
from blindspot.planning.views.reachable import reachable_cells
from blindspot.planning.views.target_ground import survey_ground
from blindspot.site.town.model import Tree

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("searched_little")]


def with_capacity(mission, capacity_wh):
    models = {
        name: model.model_copy(update={"energy": model.energy.model_copy(update={"capacity_wh": capacity_wh})})
        for name, model in mission.models.items()
    }
    return replace(mission, models=models)


def number(text, after):
    return float(re.search(rf"{re.escape(after)} (-?[\d.]*\d)", text)[1])


@pytest.mark.parametrize("drones", [1, pytest.param(2, marks=pytest.mark.thorough)])
def test_a_battery_that_would_do_is_named_and_does(mission, site, with_file, drones):
    """Both drones of the mission together take the search half a minute."""
    mission = with_file(mission, fleet=[drone.model_dump() for drone in mission.file.fleet[:drones]])
    with pytest.raises(PlanningError) as reported:
        make_plan(with_capacity(mission, 6.5), site=site)
    would_do_wh = number(str(reported.value), "energy.capacity_wh")
    assert would_do_wh > 6.5
    assert make_plan(with_capacity(mission, would_do_wh), site=site).routes


@pytest.mark.thorough
def test_a_weak_battery_is_not_blamed_where_there_is_nothing_to_look_at(mission, site, with_file):
    """So little battery that ground is planned district by district, and none has a view."""
    narrow = with_file(
        with_capacity(mission, 9.9), fleet=[mission.file.fleet[1].model_dump()], band={"max_px_per_m": 30.0},
        limits={"min_up_m": 30.0, "max_up_m": 101.5, "max_pitch_deg": -65.0, "max_speed_mps": 2.5},
    )  # fmt: skip
    with pytest.raises(PlanningError, match="no legal view sees any blind ground; one of these would open some"):
        make_plan(narrow, site=site)


def test_every_constraint_that_opens_a_view_alone_is_named_with_a_value(mission, site, with_file):
    """Between 28 and 25 px/m lie 13 m of depth: no oblique view of a street fits in there."""
    narrow = with_file(mission, band={"max_px_per_m": 28.0}, limits={"max_up_m": 110.0})
    reported = str(no_view(narrow, survey_ground(narrow, site)))
    cap = number(reported, "band.max_px_per_m")
    assert cap > 28.0
    assert "(now 28 px/m)" in reported
    assert "where the authorisation covers it" in reported
    opened = with_file(narrow, band={"max_px_per_m": cap})
    ground = survey_ground(opened, site)
    heights_m = {drone.model_name: drone.up_m for drone in drones_of(opened, ground)}
    blind = np.flatnonzero(ground.spots.blind)
    assert reachable_cells(ground.field, blind, site, ground.perimeter, opened, heights_m).sum() * 0.25 >= 4.0


@pytest.mark.thorough
def test_with_the_value_that_is_named_there_is_a_plan(mission, site, with_file):
    narrow = with_file(mission, band={"max_px_per_m": 28.0}, limits={"max_up_m": 110.0})
    cap = number(str(no_view(narrow, survey_ground(narrow, site))), "band.max_px_per_m")
    opened = with_file(narrow, band={"max_px_per_m": cap})
    assert make_plan(opened, site=site).coverage.planned_area_m2 >= 4.0


def test_a_pad_too_near_a_wall_names_the_clearance_that_would_do(mission, site, with_file):
    wide = with_file(mission, limits={"building_clearance_m": 30.0})
    with pytest.raises(
        PlanningError, match=r"15.0 m from a building: move it to at least 32.3 m from a building, or limits"
    ) as reported:
        drones_of(wide, survey_ground(wide, site))
    would_do_m = number(str(reported.value), "limits.building_clearance_m")
    assert would_do_m == pytest.approx(12.7, abs=0.11)
    nearer = with_file(mission, limits={"building_clearance_m": would_do_m})
    assert len(drones_of(nearer, survey_ground(nearer, site))) == 2


def test_all_pads_that_stand_too_near_are_named_at_once(mission, site, with_file):
    wide = with_file(mission, limits={"building_clearance_m": 30.0})
    with pytest.raises(PlanningError, match=r"^pad north is 15\.0 m .*; pad south is 15\.0 m from a building: "):
        drones_of(wide, survey_ground(wide, site))


def test_a_pad_from_whose_cell_no_way_leads_is_refused_by_what_stands_too_near(mission, site):
    """Its clearance is there, but a corner of the pad's cell, through which every way leads, has not got it."""
    pad = site.pads[0]

    def between_trees(apart_m):
        places = ((pad.east_m + east_m, pad.north_m + east_m) for east_m in (-apart_m, apart_m))
        trees = tuple(Tree("oak", *place, 4.0, pad.up_m, base_m=2.0, height_m=9.0) for place in places)
        return drones_of(mission, survey_ground(mission, replace(site, trees=trees)))

    reported = (
        rf"pad {pad.name} is 5\.8 m from a tree's crown: move it to at least 7\.3 m from a tree's crown, as at latitude"
    )
    with pytest.raises(PlanningError, match=reported):
        between_trees(7.0)
    assert len(between_trees(8.0)) == 2


def test_a_pad_too_near_the_edge_names_the_speed_that_would_do(mission, site, with_file):
    fast = with_file(mission, limits={"max_speed_mps": 15.0})
    models = {
        name: model.model_copy(
            update={"performance": model.performance.model_copy(update={"cruise_mps": 15.0, "acceleration_mps2": 2.0})}
        )
        for name, model in fast.models.items()
    }
    fast = replace(fast, models=models)
    with pytest.raises(PlanningError, match="inside the perimeter") as reported:
        drones_of(fast, survey_ground(fast, site))
    slower = with_file(fast, limits={"max_speed_mps": number(str(reported.value), "limits.max_speed_mps")})
    assert len(drones_of(slower, survey_ground(slower, site))) == 2


def test_a_pad_outside_the_perimeter_is_refused(mission, site):
    """A perimeter that lies elsewhere is not corrected by drawing it a little wider."""
    ground = survey_ground(mission, site)
    away = replace(ground, perimeter=translate(ground.perimeter, 200.0))
    with pytest.raises(PlanningError, match=r"pad north lies 120 m outside the perimeter: .*9\.\d m inside"):
        drones_of(mission, away)


@pytest.mark.parametrize(
    ("now", "end", "by", "steps"),
    [(7.5, 5.0, 1.0, (6.5, 5.5, 5.0)), (-50.0, -40.0, 5.0, (-45.0, -40.0)), (5.0, 5.0, 1.0, ())],
)
def test_steps_go_to_the_end_and_no_further(now, end, by, steps):
    assert steps_to(now, end, by) == steps
