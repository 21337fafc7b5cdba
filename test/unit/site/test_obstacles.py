from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from shapely import box

from blindspot.core.errors import InputError
from blindspot.site import obstacles
from blindspot.site.ground.terrain import FLAT
from blindspot.site.load import load_site

EVENING = datetime(2026, 11, 6, 20, tzinfo=timezone(timedelta(hours=1)))
SQUARE_M = [(-5.0, -5.0), (5.0, -5.0), (5.0, 5.0), (-5.0, 5.0)]


@pytest.fixture
def with_tent(town):
    """The crossroads with a tent on the crossing: `with_tent(height_m=8, until="2026-11-07")`."""

    def load(at=None, **properties):
        frame = town.load().frame
        ring = [list(frame.to_wgs84(e, n)) for e, n in (*SQUARE_M, SQUARE_M[0])]
        feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}}
        if not (town.folder / "obstacles.geojson").exists():
            town.replace("site.yaml", "places:\n", "places:\n  obstacles: obstacles.geojson\n")
        town.write("obstacles.geojson", [feature | {"properties": {"name": "tent", **properties}}])
        return load_site(town.folder, at)

    return load


def standing(site):
    return [b.id for b in site.buildings if b.id.startswith("obstacle/")]


def reported(site):
    return [(f.feature, f.problem, f.action, f.detail) for f in site.findings if f.file == "obstacles.geojson"]


def test_it_stands_as_a_building_and_is_reported(with_tent):
    site = with_tent(height_m=8, min_height_m=3)
    tent = site.buildings[-1]
    assert (tent.id, tent.top_m, tent.highest_m, tent.min_height_m) == ("obstacle/tent", 8.0, 8.0, 3.0)
    assert reported(site) == [("tent", "has no dates", "assumed", "as a building, 8 m high")]


def test_an_emergency_area_under_a_tent_is_left_out_while_the_tent_stands(with_tent):
    """The crew's briefing lists these areas as places to land on."""
    blocked, later = with_tent(height_m=8), with_tent(EVENING, height_m=8, until="2026-11-05")
    assert blocked.emergency_areas == () and [area.name for area in later.emergency_areas] == ["The crossing"]
    found = [(f.problem, f.action, f.detail) for f in blocked.findings if f.feature == "The crossing"]
    assert found == [("holds obstacle/tent", "left out", "no place to land on while that stands")]


@pytest.mark.parametrize(
    ("dates", "stands"),
    [
        ({}, True),
        ({"from": "2026-11-06", "until": "2026-11-06"}, True),
        ({"from": "2026-11-07"}, True),  # put up a day ahead
        ({"from": "2026-11-08"}, False),
        ({"until": "2026-11-05"}, False),
        ({"until": "2026-11-06T20:00+01:00"}, True),
        ({"until": "2026-11-06T19:59:59+01:00"}, False),
        ({"until": "2026-11-06T19:30Z"}, True),
        ({"from": "2026-11-07T19:01:00Z"}, False),
        ({"from": "0001-01-01", "until": "9999-12-31"}, True),
        ({"from": "9999-12-31"}, False),
    ],
)
def test_it_counts_while_it_stands(with_tent, dates, stands):
    assert bool(standing(with_tent(EVENING, height_m=8, **dates))) == stands


@pytest.mark.parametrize(("lon_deg", "stands"), [(-74.0, True), (-10.0, False), (2.3, False)])
def test_its_last_day_ends_at_its_place_though_a_mission_states_its_start_in_utc(lon_deg, stands):
    """In New York it is eight in the evening of that day."""
    tent = obstacles.Obstacle("tent", box(-5, -5, 5, 5), 8.0, 0.0, None, date(2026, 11, 6))
    assert tent.stands(datetime(2026, 11, 7, 1, tzinfo=UTC), lon_deg=lon_deg) is stands


def test_without_a_date_everything_stands(with_tent):
    assert standing(with_tent(height_m=8, until="1999-01-01")) == ["obstacle/tent"]


def test_an_absent_obstacle_is_reported_as_well(with_tent):
    site = with_tent(EVENING.astimezone(UTC), height_m=8, until="2026-11-05")
    detail = "not there on 2026-11-06 19:00 +0000"
    assert reported(site) == [("tent", "stands until 2026-11-05", "left out", detail)]


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({}, "tent: has height_m None; give metres above the ground"),
        ({"height_m": -3}, "has height_m -3"),
        ({"height_m": 8, "min_height_m": 9}, "has min_height_m 9; put it below height_m"),
        ({"height_m": 8, "from": "tomorrow"}, "has from 'tomorrow'; give a day as 2026-11-06"),
        ({"height_m": 8, "until": "2026-11-06T20:00"}, "a moment with its zone"),
        ({"height_m": 8, "from": "2026-11-07", "until": "2026-11-05"}, "ends 2026-11-05, before it begins"),
        ({"height_m": 8, "colour": "white"}, "tent.colour: is an unknown key"),
    ],
)
def test_invalid_properties_are_refused(with_tent, properties, message):
    with pytest.raises(InputError) as refusal:
        with_tent(**properties)
    assert message in str(refusal.value)


def test_a_mast_that_a_tent_walls_in_is_not_moved_out(with_tent, town):
    before = town.load().cameras
    assert with_tent(height_m=8).cameras == before


def test_thousands_of_obstacles_are_read(town):
    """Comparing each name and each obstacle with all others took a minute for ten thousand of them."""
    frame = town.load().frame
    ring = [list(frame.to_wgs84(e, n)) for e, n in (*SQUARE_M, SQUARE_M[0])]
    square = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    town.write("o.geojson", [square | {"properties": {"name": f"o{k}", "height_m": 5}} for k in range(2_000)])
    buildings, findings = obstacles.standing(town.folder / "o.geojson", frame, FLAT, EVENING)
    assert len(buildings) == len(findings) == 2_000
