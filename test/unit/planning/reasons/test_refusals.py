"""Faults that are visible before the coverage are refused before it, with the name of their file."""

import json
from dataclasses import replace

import numpy as np
import pytest
from shapely.affinity import translate
from shapely.geometry import box

from blindspot.core.errors import InputError, PlanningError
from blindspot.planning import planner
from blindspot.planning.planner import make_plan
from blindspot.planning.reasons.refusals import refuse_early
from blindspot.site.ground.grid import Grid
from blindspot.site.ground.terrain import Terrain
from blindspot.site.town.geojson import feature_collection


def with_model(mission, section, **changes):
    models = {
        name: model.model_copy(update={section: getattr(model, section).model_copy(update=changes)})
        for name, model in mission.models.items()
    }
    return replace(mission, models=models)


def test_a_good_mission_is_not_refused(mission, site):
    refuse_early(mission, site)


@pytest.mark.parametrize(
    ("section", "changes", "reported"),
    [
        ("camera", {"width_px": 900}, r"reference\.yaml: the lens gives 25 px/m only up to 57 m.*at most 30\.9 deg"),
        ("camera", {"hfov_deg": 10.0}, r"reference\.yaml: the lens stays under 60 px/m only beyond"),
        (
            "energy",
            {"capacity_wh": 2.0},
            r"reference\.yaml: the battery gives .* energy\.capacity_wh must be well above",
        ),
        (
            "performance",
            {"max_wind_mps": 1.0},
            r"crossroads\.yaml: wind\.speed_mps 2 is more than the 1 m/s of performance\.max_wind_mps in .*\.yaml",
        ),
    ],
)
def test_an_unusable_drone_is_refused_with_its_file(mission, site, section, changes, reported):
    with pytest.raises(PlanningError, match=reported):
        refuse_early(with_model(mission, section, **changes), site)


def test_a_perimeter_of_another_town_is_refused_with_its_file(mission, site):
    elsewhere = replace(site, area_of_interest=translate(site.area_of_interest, 1000.0))
    with pytest.raises(InputError, match=r"crossroads_perimeter\.geojson: lies \d+ m outside the area of interest"):
        refuse_early(mission, elsewhere)


def test_a_perimeter_that_reaches_out_of_the_town_is_refused(mission, site):
    part = replace(site, area_of_interest=translate(site.area_of_interest, 60.0))
    with pytest.raises(InputError, match=r"crossroads_perimeter\.geojson: reaches \d+ m out of the area of interest"):
        refuse_early(mission, part)


def test_a_perimeter_with_a_hole_is_refused(mission, site, tmp_path):
    """A fence has one outline: what is cut out of it would be flown over."""
    ring = tmp_path / "ring.geojson"
    ring.write_text(json.dumps(feature_collection([(box(-60, -60, 60, 60) - box(-9, -9, 9, 9), {})], site.frame)))
    with pytest.raises(InputError, match=r"ring\.geojson: has a hole; draw the hole as a no-fly zone"):
        refuse_early(replace(mission, perimeter_path=ring), site)


def test_a_perimeter_as_wide_as_a_county_is_refused_before_it_fills_the_memory(mission, site, tmp_path):
    county = tmp_path / "county.geojson"
    county.write_text(json.dumps(feature_collection([(box(-20_000, -100, 20_000, 100), {})], site.frame)))
    wide = replace(site, area_of_interest=box(-30_000, -30_000, 30_000, 30_000))
    with pytest.raises(InputError, match=r"county\.geojson: is 40 km wide, a mission's at most 10; draw a part"):
        refuse_early(replace(mission, perimeter_path=county), wide)


def test_it_is_refused_before_the_coverage_is_computed(mission, site, with_file, monkeypatch):
    monkeypatch.setattr(planner, "survey_ground", lambda *_: pytest.fail("coverage was computed"))
    fleet = [mission.file.fleet[0].model_dump() | {"pad": "roof"}]
    with pytest.raises(InputError, match=r"crossroads\.yaml: fleet\.drone1\.pad: the site has no pad 'roof'"):
        make_plan(with_file(mission, fleet=fleet), site=site)


def test_a_town_without_pads_says_how_to_get_one(mission, site):
    reported = r"fleet\.drone1\.pad: the site has no launch pad; draw .* places\.launch_pads"
    with pytest.raises(InputError, match=reported):
        refuse_early(mission, replace(site, pads=()))


def test_no_way_out_is_named_that_the_law_refuses(mission, site, sloping_by, with_file):
    """120 m above the ground is the end."""
    with pytest.raises(PlanningError) as reported:
        refuse_early(with_model(mission, "camera", hfov_deg=5.0), site)
    assert "max_up_m above" not in str(reported.value)
    assert "take a lens of at least" in str(reported.value)
    steep = with_file(mission, limits={"min_up_m": 60.0, "max_up_m": 100.0})
    with pytest.raises(PlanningError) as reported:
        make_plan(steep, site=sloping_by(site, 0.9))
    assert "max_up_m to" not in str(reported.value)
    assert "min_up_m to -" not in str(reported.value)
    assert str(reported.value).endswith("draw a smaller perimeter")


@pytest.fixture
def sloping_by():
    """The site on a slope of so many metres a metre north."""

    def sloping(site, slope):
        posts = Grid(-300.0, -300.0, 10.0, 60, 60)
        heights_m = slope * posts.centres(np.arange(3600))[:, 1].reshape(60, 60)
        return replace(site, terrain=Terrain(posts, heights_m.astype(np.float32)))

    return sloping
