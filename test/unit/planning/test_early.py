"""What needs no coverage is refused before it, with the file that it is about."""

from dataclasses import replace

import pytest
from shapely.affinity import translate

from blindspot.errors import InputError, PlanningError
from blindspot.planning import planner
from blindspot.planning.early import refuse_early
from blindspot.planning.planner import make_plan


def with_model(mission, section, **changes):
    models = {
        name: model.model_copy(update={section: getattr(model, section).model_copy(update=changes)})
        for name, model in mission.models.items()
    }
    return replace(mission, models=models)


def test_a_good_mission_is_not_refused(mission, site):
    refuse_early(mission, site)


@pytest.mark.parametrize(
    ("section", "changes", "told"),
    [
        ("camera", {"width_px": 900}, r"reference\.yaml: the lens gives 25 px/m only up to 57 m.*at most 31 deg"),
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
def test_a_drone_with_which_nothing_can_be_flown_is_told_by_its_file(mission, site, section, changes, told):
    with pytest.raises(PlanningError, match=told):
        refuse_early(with_model(mission, section, **changes), site)


def test_a_perimeter_of_another_town_is_told_by_its_file(mission, site):
    elsewhere = replace(site, area_of_interest=translate(site.area_of_interest, 1000.0))
    with pytest.raises(InputError, match=r"crossroads_perimeter\.geojson: lies \d+ m outside the area of interest"):
        refuse_early(mission, elsewhere)


def test_it_is_refused_before_the_coverage_is_computed(mission, site, with_file, monkeypatch):
    monkeypatch.setattr(planner, "survey_ground", lambda *_: pytest.fail("coverage was computed"))
    fleet = [mission.file.fleet[0].model_dump() | {"pad": "roof"}]
    with pytest.raises(InputError, match=r"crossroads\.yaml: fleet\.drone1\.pad: the site has no pad 'roof'"):
        make_plan(with_file(mission, fleet=fleet), site=site)


def test_a_town_without_pads_says_how_to_get_one(mission, site):
    told = r"fleet\.drone1\.pad: the site has no launch pad; draw .* places\.launch_pads"
    with pytest.raises(InputError, match=told):
        refuse_early(mission, replace(site, pads=()))
