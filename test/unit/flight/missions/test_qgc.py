"""A route as QGroundControl's plan: the keys that its guide asks for, and the items that MAVROS uploads."""

import json
from math import nan
from types import SimpleNamespace

import pytest

from blindspot.flight.missions.qgc import qgc_plan
from blindspot.flight.route.mission_items import route_items
from blindspot.flight.vehicle import mavros_items
from blindspot.mission.plan import Point
from blindspot.site.town.frame import LocalFrame

NUMBER = (int, float)
REQUIRED = {
    "": {"fileType": str, "version": int, "groundStation": str, "mission": dict, "geoFence": dict, "rallyPoints": dict},
    "mission": {
        "version": int, "firmwareType": int, "vehicleType": int, "cruiseSpeed": NUMBER, "hoverSpeed": NUMBER,
        "plannedHomePosition": list, "items": list,
    },
    "geoFence": {"version": int, "polygons": list, "circles": list},
    "rallyPoints": {"version": int, "points": list},
}  # fmt: skip
"""QGroundControl's guide for developers, file formats, plan."""
ITEM = {"type": str, "command": int, "frame": int, "params": list, "doJumpId": int, "autoContinue": bool}
PLACE = {"Altitude": NUMBER, "AltitudeMode": int}


@pytest.fixture
def rallied(route):
    spot = Point(east_m=-40.0, north_m=10.0, up_m=3.0)
    return route.model_copy(update={"failsafe": route.failsafe.model_copy(update={"rally": (spot,)})})


@pytest.fixture
def reported(rallied, origin):
    return json.loads(json.dumps(qgc_plan(rallied, origin, 8.0), allow_nan=False))


def assert_has(part, keys):
    assert {key: type(part.get(key)) for key, kind in keys.items() if not isinstance(part.get(key), kind)} == {}


def test_it_has_what_the_published_format_asks_for(reported):
    for name, keys in REQUIRED.items():
        assert_has(reported[name] if name else reported, keys)
    assert (reported["fileType"], reported["version"]) == ("Plan", 1)
    assert [reported[part]["version"] for part in ("mission", "geoFence", "rallyPoints")] == [2, 2, 2]
    items = reported["mission"]["items"]
    assert [item["doJumpId"] for item in items] == list(range(1, len(items) + 1))
    for item in items:
        assert_has(item, ITEM | (PLACE if item["frame"] == 3 else {}))
        assert len(item["params"]) == 7


def test_its_items_are_those_that_are_uploaded(reported, rallied, origin):
    frame = LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)
    keys = ("param1", "param2", "param3", "param4", "x_lat", "y_long", "z_alt")
    read = [
        SimpleNamespace(
            frame=item["frame"], command=item["command"],
            **{key: nan if value is None else value for key, value in zip(keys, item["params"], strict=True)},
        )
        for item in reported["mission"]["items"]
    ]  # fmt: skip
    assert mavros_items.same(mavros_items.waypoints(route_items(rallied), frame), read)


def test_fence_and_rally_points_are_lat_lon_and_rings_stay_open(reported, origin):
    (fence,) = reported["geoFence"]["polygons"]
    assert fence["inclusion"] is True
    assert len(fence["polygon"]) == 4
    south_west = fence["polygon"][0]
    assert south_west == pytest.approx([origin.lat_deg - 100 / 111_170, origin.lon_deg - 100 / 75_760], abs=2e-6)
    ((lat_deg, lon_deg, above_home_m),) = reported["rallyPoints"]["points"]
    assert (lat_deg, lon_deg) == pytest.approx((47.2 + 10 / 111_170, -1.55 - 40 / 75_760), abs=1e-6)
    assert above_home_m == 1.0


def test_home_is_an_altitude_above_the_sea(reported):
    assert reported["mission"]["plannedHomePosition"] == pytest.approx([47.2, -1.55, 10.0])
