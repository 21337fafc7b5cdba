"""Priorities of a mission: areas from files and streets, and mistakes in them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from pydantic import ValidationError

from blindspot.core.errors import InputError
from blindspot.mission.mission_file import Mission, MissionFile, Priority, load_mission
from blindspot.mission.priorities import priority_areas
from blindspot.site.load import load_site
from blindspot.site.town.geojson import feature_collection
from blindspot.site.town.model import Road, Site

CROSSROADS = Path(__file__).parents[3] / "config" / "missions" / "crossroads.yaml"


@pytest.fixture(scope="module")
def site() -> Site:
    town = load_site(load_mission(CROSSROADS).site_dir)
    axis = shapely.LineString([(0.0, 0.0), (50.0, 0.0)])
    return replace(town, roads=(Road("1", axis, 6.0, "road", False, 0, "Rue Haute"),))


def asking(*priorities: Priority, path: Path = CROSSROADS) -> Mission:
    mission = load_mission(CROSSROADS)
    return replace(mission, path=path, file=mission.file.model_copy(update={"priorities": priorities}))


def test_a_street_counts_with_its_sides(site: Site) -> None:
    ((area, weight),) = priority_areas(asking(Priority(area="rue haute", weight=3.0)), site)
    assert weight == 3.0
    assert area.covers(shapely.Point(25.0, 14.9)) and not area.covers(shapely.Point(25.0, 15.1))


def test_a_file_gives_polygons(site: Site, tmp_path: Path) -> None:
    squares = [(shapely.box(k, 0.0, k + 5.0, 5.0), {}) for k in (0.0, 20.0)]
    (tmp_path / "school.geojson").write_text(json.dumps(feature_collection(squares, site.frame, {})))
    mission = asking(Priority(area="school.geojson", weight=2.0), path=tmp_path / "m.yaml")
    ((area, _),) = priority_areas(mission, site)
    assert area.area == pytest.approx(50.0, rel=1e-3)


def test_an_unknown_street_names_the_known_ones(site: Site) -> None:
    with pytest.raises(InputError, match=r"priorities item 1, area.*no street 'Rue Basse'.*Rue Haute"):
        priority_areas(asking(Priority(area="Rue Basse", weight=2.0)), site)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    text = (
        CROSSROADS.read_text()
        .replace("../", f"{CROSSROADS.parents[1]}/")
        .replace(" crossroads_", f" {CROSSROADS.parent}/crossroads_")
    )
    path = tmp_path / "m.yaml"
    path.write_text(text + "priorities: [{area: gone.geojson, weight: 2}]\n")
    with pytest.raises(InputError, match=r"priorities item 1, area.*gone\.geojson does not exist"):
        load_mission(path, CROSSROADS.parents[1] / "drones")


@pytest.mark.parametrize("weight", [0.0, -1.0, 10.1])
def test_a_weight_out_of_range_is_refused(weight: float) -> None:
    with pytest.raises(ValidationError):
        Priority(area="Rue Haute", weight=weight)


def test_a_mission_without_priorities_has_none(site: Site) -> None:
    assert load_mission(CROSSROADS).file.priorities == () and MissionFile.model_fields["priorities"].default == ()
    assert priority_areas(asking(), site) == ()
