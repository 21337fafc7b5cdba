"""ED-318 zones over a site; an unknown value never permits."""

from __future__ import annotations

import json

import pytest
from shapely import Point

from blindspot.law.airspace.ed269 import ZonesError, read_zones
from blindspot.site.town.frame import LocalFrame

FRAME = LocalFrame(47.2, -1.55, 8.0, 48.0)
LAYER = {"upper": 120, "upperReference": "AGL", "lower": 0, "lowerReference": "AGL", "uom": "m"}


def ring(east_m, north_m, half_m=20.0):
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    return [list(FRAME.to_wgs84(east_m + half_m * dx, north_m + half_m * dy)) for dx, dy in corners]


def polygon(east_m=0.0, north_m=0.0, **layer):
    return {"type": "Polygon", "coordinates": [ring(east_m, north_m)], "layer": LAYER | layer}


def zone(geometry=None, nested=False, **properties):
    said = {"identifier": "FRA1", "name": [{"lang": "fr", "text": "École"}], "type": "PROHIBITED", "variant": "COMMON",
            "reason": ["SENSITIVE"]} | properties  # fmt: skip
    return {"type": "Feature", "geometry": geometry or polygon(), "properties": {"UASZone": said} if nested else said}


def read(*zones, mark=b""):
    document = {"type": "FeatureCollection", "metadata": {"provider": []}, "features": list(zones)}
    return read_zones(mark + json.dumps(document).encode(), FRAME)


@pytest.mark.parametrize("nested", [False, True])
def test_a_prohibited_zone_is_read_with_its_name(nested):
    [found] = read(zone(nested=nested), mark=b"\xef\xbb\xbf")
    assert (found.id, found.name) == ("FRA1", "École")
    assert found.polygon.area == pytest.approx(1600.0, rel=0.01)
    assert found.meets(0.0, 60.0, 8.0, 0.0)


@pytest.mark.parametrize(
    ("kind", "number"),
    [("PROHIBITED", 1), ("USPACE", 1), ("ANYTHING", 1), (None, 1), (7, 1), ("REQ_AUTHORIZATION", 1),
     ("REQ_AUTHORISATION", 1), ("CONDITIONAL", 1), ("NO_RESTRICTION", 0)],
)  # fmt: skip
def test_only_no_restriction_permits(kind, number):
    assert len(read(zone(type=kind))) == number


@pytest.mark.parametrize("kind", ["REQ_AUTHORIZATION", "REQ_AUTHORISATION", "CONDITIONAL", "PROHIBITED", "USPACE"])
def test_a_consent_may_open_only_a_zone_that_asks_for_one(kind):
    [found] = read(zone(type=kind))
    assert found.by_consent == ("" if kind in ("PROHIBITED", "USPACE") else "FRA1")


@pytest.mark.parametrize("key", ["reason", "reasons"])
def test_an_emergency_is_known_by_its_reason_under_both_names_of_the_key(key):
    drawn = zone()
    del drawn["properties"]["reason"]
    drawn["properties"][key] = ["EMERGENCY"]
    assert read(drawn)[0].is_emergency


def test_a_circle_is_a_point_with_an_extent_in_metres():
    place = {"type": "Point", "coordinates": [-1.55, 47.2], "extent": {"subType": "Circle", "radius": 100.0}}
    [found] = read(zone(place | {"layer": LAYER | {"uom": "ft"}}))
    assert found.polygon.area == pytest.approx(3.1416e4, rel=0.01)
    assert found.polygon.contains(Point(99.9, 0.0))
    assert found.upper.metres == pytest.approx(36.576)


def test_several_layers_and_polygons_are_several_volumes():
    collection = {"type": "GeometryCollection", "geometries": [polygon(), polygon(200.0, 0.0, lower=50)]}
    assert [found.lower.metres for found in read(zone(collection))] == [0.0, 50.0]
    many = {"type": "MultiPolygon", "coordinates": [[ring(0.0, 0.0)], [ring(200.0, 0.0)]], "layer": LAYER}
    assert len(read(zone(many))) == 2


def test_a_height_above_the_ellipsoid_becomes_one_above_the_sea():
    [found] = read(zone(polygon(lower=148.0, lowerReference="WGS84", upper=500, upperReference="AMSL")))
    assert (found.lower.metres, found.lower.amsl) == (100.0, True)
    assert not found.meets(0.0, 91.9, 8.0, 0.0) and found.meets(0.0, 92.0, 8.0, 0.0)


def test_a_limit_without_a_unit_is_unknown():
    layer = {name: value for name, value in LAYER.items() if name != "uom"}
    for given in (layer, {"lower": 500, "lowerReference": "AMSL"}, {"upper": 10, "upperReference": "AGL"}):
        with pytest.raises(ZonesError, match="unit"):
            read(zone(polygon() | {"layer": given}))


def test_a_zone_without_layer_reaches_from_the_ground_to_the_sky():
    [found] = read(zone({"type": "Polygon", "coordinates": [ring(0.0, 0.0)]}))
    assert found.meets(0.0, 1.0, 8.0, 0.0) and found.meets(5000.0, 6000.0, 8.0, 0.0)


@pytest.mark.parametrize(
    "geometry",
    [polygon(uom="yd"), polygon(uom=None), polygon(upperReference="FL"), polygon(upper="high"),
     {"type": "LineString", "coordinates": []},
     {"type": "Point", "coordinates": [0.0, 0.0]}, {"type": "GeometryCollection"}, {"type": "Polygon"},
     {"type": "Point", "coordinates": [-1.55, 47.2], "extent": {"subType": "Circle"}}],
)  # fmt: skip
def test_a_geometry_that_is_not_understood_makes_the_file_impossible_to_judge(geometry):
    with pytest.raises(ZonesError):
        read(zone(geometry))


@pytest.mark.parametrize(
    ("slot", "active"),
    [
        ({"day": ["FRI"], "startTime": "18:00:00Z", "endTime": "22:00:00Z"}, True),
        ({"day": ["SAT"], "startTime": "18:00:00Z", "endTime": "22:00:00Z"}, False),
        ({"day": ["FRI"], "startEvent": "SS", "endEvent": "SR"}, True),
    ],
)
def test_a_schedule_limits_a_zone_and_an_event_of_the_sun_counts_as_active(slot, active, now):
    [found] = read(zone(limitedApplicability=[{"schedule": [slot]}]))
    assert found.may_be_active(now, now) == active
