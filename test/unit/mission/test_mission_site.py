"""The town of a mission holds each obstacle that a flight of the mission may meet."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from blindspot.mission import site_of


@pytest.fixture
def with_crane(mission, site, tmp_path):
    """The crossroads' mission with a crane on the crossing, from and until a number of days after the start."""

    def make(asked, **days):
        folder = tmp_path / "site"
        shutil.copytree(mission.site_dir, folder)
        corners_m = ((-2.0, 20.0), (2.0, 20.0), (2.0, 24.0), (-2.0, 24.0), (-2.0, 20.0))
        ring = [list(site.frame.to_wgs84(*corner)) for corner in corners_m]
        dates = {key.strip("_"): (mission.file.start + timedelta(days=day)).isoformat() for key, day in days.items()}
        crane = {"name": "crane", "height_m": 70} | dates
        feature = {"type": "Feature", "properties": crane, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        (folder / "obstacles.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
        yaml = folder / "site.yaml"
        yaml.write_text(yaml.read_text().replace("places:\n", "places:\n  obstacles: obstacles.geojson\n"))
        return replace(asked, site_dir=folder)

    return make


@pytest.mark.parametrize(("days", "stands"), [({"from_": 30}, True), ({"from_": -9, "until": -1}, False)])
def test_a_mission_without_an_end_is_flown_on_later_days_too(mission, with_crane, days, stands):
    """An operation flies it for weeks, and real flights go by the clock: a crane of next month is planned around."""
    town = site_of(with_crane(mission, **days))
    assert ("obstacle/crane" in {building.id for building in town.buildings}) == stands


@pytest.mark.parametrize(("day", "stands"), [(2.9, True), (3.1, False)])
def test_after_the_latest_landing_nothing_counts(mission, with_file, with_crane, day, stands):
    """Two days, and one more because an obstacle is built in advance."""
    brief = with_file(mission, latest_landing=mission.file.start + timedelta(days=2))
    town = site_of(with_crane(brief, from_=day))
    assert ("obstacle/crane" in {building.id for building in town.buildings}) == stands


@pytest.mark.parametrize(("hours", "stands"), [(-0.9, True), (-1.1, False)])
def test_an_obstacle_counts_that_stands_at_the_earliest_flight(mission, with_crane, hours, stands):
    town = site_of(with_crane(mission, until=hours / 24.0))
    assert ("obstacle/crane" in {building.id for building in town.buildings}) == stands
    assert town.moment == mission.file.start
