"""Why ground stays unseen: every cell has exactly one cause, and causes are what they say."""

import json
from dataclasses import replace

import numpy as np
import pytest
from shapely.geometry import box

from blindspot.coverage.records.provenance import Provenance
from blindspot.planning.drones import best_view as gain
from blindspot.planning.papers.outcome import outcome_of
from blindspot.planning.planner import make_plan
from blindspot.planning.reasons import unseen
from blindspot.planning.reasons.unseen import (
    CAPPED,
    CAUSES,
    NO_MARGIN,
    NO_PASSAGE,
    NO_RETURN,
    TOO_SMALL,
    causes_of,
    unseen_geojson,
    unseen_ground,
)
from blindspot.planning.views import reachable as reach
from blindspot.planning.views.target_ground import survey_ground
from blindspot.site.town.geojson import feature_collection


@pytest.fixture(scope="module")
def outcome(plan, mission, site):
    return outcome_of(plan, mission, site)


@pytest.fixture(scope="module")
def but_one_view(outcome):
    """A mask of seen cells: all blind ground but that of the first view."""
    seen = outcome.spots.blind.copy()
    seen.flat[outcome.views[0][2]] = False
    return seen


@pytest.fixture(scope="module")
def its_m2(outcome):
    return len(outcome.views[0][2]) * 0.25


def area_by_cause(found):
    return {cause: sum(spot.area_m2 for spot in found if spot.cause == cause) for cause in CAUSES}


def test_unseen_ground_is_listed_once_and_agrees_with_the_plan(outcome, plan):
    areas = area_by_cause(outcome.unseen)
    left = outcome.spots.blind & ~outcome.seen
    assert sum(areas.values()) == pytest.approx(left.sum() * 0.25)
    assert sum(areas.values()) == pytest.approx(plan.coverage.blind_area_m2 - plan.coverage.planned_area_m2, abs=1.0)
    by_plan = {rest.cause: rest.area_m2 for rest in plan.coverage.unseen}
    assert {cause: area_m2 for cause, area_m2 in areas.items() if area_m2} == pytest.approx(by_plan)


def test_the_papers_take_the_causes_that_the_plan_kept_for_the_same_cells(
    outcome, plan, mission, site, but_one_view, monkeypatch
):
    left = np.flatnonzero(outcome.spots.blind & ~but_one_view)
    causes_of(mission, survey_ground(mission, site), left, keep=True)
    wanted, asked = area_by_cause(unseen_ground(plan, mission, site, outcome.spots, but_one_view)), []
    monkeypatch.setattr(unseen, "causes_of", lambda *given: asked.append(given) or causes_of(*given))
    assert area_by_cause(unseen_ground(plan, mission, site, outcome.spots, but_one_view)) == wanted
    assert not asked
    but_one_view.flat[left[0]] = True
    unseen_ground(plan, mission, site, outcome.spots, but_one_view)
    but_one_view.flat[left[0]] = False
    assert len(asked) == 1, "other cells are another question"


def test_where_only_the_way_home_to_its_pad_is_barred_another_pad_would_help(mission, site, tmp_path, with_file):
    """Over a perimeter that bends, one drone can't come straight home from around the corner."""
    bent = tmp_path / "bent.geojson"
    arms = box(-17.0, -17.0, 17.0, 75.0).union(box(-88.0, -17.0, 17.0, 17.0))
    bent.write_text(json.dumps(feature_collection([(arms, {})], site.frame)))
    limits = {"max_pitch_deg": -88.0, "max_up_m": 102.0}  # its views lie at 100 m
    steep = with_file(mission, fleet=[mission.file.fleet[0].model_dump()], limits=limits)
    bent_mission = replace(steep, perimeter_path=bent)
    made = make_plan(bent_mission, site=site)
    areas = {rest.cause: rest.area_m2 for rest in made.coverage.unseen}
    assert areas[NO_RETURN] > 0.5 * sum(areas.values())
    assert TOO_SMALL not in areas, "a view from there sees more than the views from this side"
    assert unseen.WAY_OUT[NO_RETURN].startswith("another drone with a pad on that side")
    outcome = outcome_of(made, bent_mission, site)
    reported = {cause: area_m2 for cause, area_m2 in area_by_cause(outcome.unseen).items() if area_m2}
    assert reported == pytest.approx(areas)


@pytest.mark.parametrize("returns", ["mission", "straight"])
def test_along_its_route_a_drone_returns_around_the_corner_but_no_drone_through_a_narrow_passage(
    mission, site, tmp_path, with_file, returns
):
    parts = tmp_path / "parts.geojson"
    town = box(-17.0, -17.0, 17.0, 75.0).union(box(-88.0, -17.0, -45.0, 17.0)).union(box(-46.0, -7.0, -16.0, 7.0))
    parts.write_text(json.dumps(feature_collection([(town, {})], site.frame)))
    limits = {"max_pitch_deg": -88.0, "return": returns}
    steep = with_file(mission, fleet=[mission.file.fleet[0].model_dump()], limits=limits)
    divided = replace(steep, perimeter_path=parts)
    ground = survey_ground(divided, site)
    cells = np.flatnonzero(ground.spots.blind)
    causes = causes_of(divided, ground, cells)
    east_m = (cells % ground.field.grid.cols) * ground.field.grid.cell_m + ground.field.grid.east_min_m
    assert NO_RETURN not in causes
    assert (causes == NO_PASSAGE).sum() > 1000
    assert east_m[causes == NO_PASSAGE].max() < -20.0
    assert unseen.WAY_OUT[NO_PASSAGE].startswith("a pad on that side")


def test_ground_that_nothing_was_tried_for_is_left_by_the_planner(outcome, plan, mission, site, but_one_view, its_m2):
    areas = area_by_cause(unseen_ground(plan, mission, site, outcome.spots, but_one_view))
    assert areas[reach.LEFT] > 0.9 * its_m2
    assert areas[reach.BATTERY] == 0.0


@pytest.mark.parametrize(("claimed_m2", "cause", "other"), [
    ({reach.BATTERY: 5.0}, reach.BATTERY, reach.LEFT),
    ({reach.BATTERY: 5.0, reach.LEFT: 50.0}, reach.LEFT, reach.BATTERY),
])  # fmt: skip
def test_it_is_the_battery_where_the_plan_says_that_it_mostly_was(
    outcome, plan, mission, site, but_one_view, its_m2, claimed_m2, cause, other
):  # fmt: skip
    short = plan.coverage.model_copy(update={"unseen": reach.unseen_ground(claimed_m2)})
    weak = plan.model_copy(update={"coverage": short})
    areas = area_by_cause(unseen_ground(weak, mission, site, outcome.spots, but_one_view))
    assert areas[other] == 0.0
    assert areas[cause] > 0.9 * its_m2


def test_ground_that_the_cap_alone_bars_has_that_cause(outcome, plan, mission, site, but_one_view, its_m2, monkeypatch):
    """With a cap that every picture is over, nothing may be seen; without it all of the rest may."""
    pictures = gain.pictures

    def all_over(model, band):
        counts, whole = pictures(model, band)
        far_m = counts.farthest_m - 0.01
        return replace(counts, nearest_m=far_m), replace(whole, nearest_m=far_m)

    monkeypatch.setattr(gain, "pictures", all_over)
    areas = area_by_cause(unseen_ground(plan, mission, site, outcome.spots, but_one_view))
    assert areas[CAPPED] > 0.9 * its_m2


def test_a_single_cell_is_too_little_for_a_view(outcome, plan, mission, site):
    seen = outcome.spots.blind.copy()
    seen.flat[outcome.views[0][2][0]] = False
    (found,) = unseen_ground(plan, mission, site, outcome.spots, seen)
    assert (found.cause, found.area_m2) == (TOO_SMALL, pytest.approx(0.25))


def test_ground_that_every_candidate_with_margins_misses_has_that_cause(
    outcome, plan, mission, site, but_one_view, its_m2, monkeypatch
):  # fmt: skip
    pictures = gain.pictures

    def all_narrow(model, band):
        counts, whole = pictures(model, band)
        return replace(counts, half_width=0.0), whole

    monkeypatch.setattr(gain, "pictures", all_narrow)
    areas = area_by_cause(unseen_ground(plan, mission, site, outcome.spots, but_one_view))
    assert areas[NO_MARGIN] > 0.9 * its_m2


def test_ground_of_another_sortie_has_that_cause(outcome, plan, mission, site, but_one_view, its_m2):
    elsewhere = outcome.spots.blind & ~but_one_view
    (found,) = {
        spot.cause for spot in unseen_ground(plan, mission, site, outcome.spots, but_one_view, elsewhere)
    }  # fmt: skip
    assert found == reach.OTHER_SORTIE


def test_every_cause_has_a_way_out():
    of_a_plan = {CAPPED, NO_PASSAGE, NO_RETURN, NO_MARGIN, TOO_SMALL, reach.BATTERY, reach.LEFT, reach.OTHER_SORTIE}
    assert set(CAUSES) == {*reach.OUT_OF_REACH} | of_a_plan
    assert all(unseen.WAY_OUT.values())


def test_a_fixed_camera_is_proposed_only_with_all_that_was_tried_before():
    proposed = {cause: text for cause, text in unseen.WAY_OUT.items() if "fixed camera" in text}
    assert set(proposed) == {reach.NO_FAILSAFE, reach.TOO_NARROW, reach.BELOW, NO_MARGIN}
    assert "another pad or another drone of the same model was tried" in proposed[NO_MARGIN]
    assert "not tried: another height or pitch" in proposed[reach.TOO_NARROW]


def test_nothing_unseen_is_nothing(outcome, plan, mission, site):
    assert unseen_ground(plan, mission, site, outcome.spots, outcome.spots.blind) == ()


def test_the_file_has_reason_street_and_way_out(outcome, plan, site):
    provenance = Provenance("by hand", {"site.yaml": "0" * 64})
    document = json.loads(unseen_geojson(outcome.unseen, plan, site, provenance))
    assert (document["plan"], document["sha256"]) == (plan.id, plan.sha256)
    first = document["features"][0]["properties"]
    assert set(first) == {"area_m2", "reason", "way_out", "street"}
    assert first["area_m2"] == outcome.unseen[0].area_m2
