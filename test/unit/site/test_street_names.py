"""Names of roads that their map leaves nameless."""

from __future__ import annotations

from shapely.geometry import LineString, box

from blindspot.site.street_names import named
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.model import Road, Zone

FRAME = LocalFrame(47.0, 2.0, 100.0, 48.0)
SQUARE = Zone("place Ronde", "public", box(-10, -10, 10, 10))


def road(number, *points, name=""):
    return Road(f"TRONROUT{number}", LineString(points), 4.0, "street", False, 0, name)


def names(*roads, squares=(SQUARE,)):
    return [road.name for road in named(roads, squares, FRAME)]


def test_a_road_keeps_its_own_name():
    assert names(road(1, (0, 50), (60, 50), name="rue du Nord")) == ["rue du Nord"]


def test_a_nameless_road_goes_by_the_square_or_named_road_nearby():
    street = road(1, (300, -50), (300, 50), name="rue de l'Est")
    assert names(street, road(2, (-5, 100), (5, 100)), road(3, (15, -5), (15, 5)), road(4, (200, 0), (240, 0))) == [
        "rue de l'Est", "north of place Ronde", "beside place Ronde", "west of rue de l'Est",
    ]  # fmt: skip


def test_far_from_every_name_a_road_goes_by_its_coordinates():
    (name,) = names(road(1, (990, 1112), (1010, 1112)))
    assert name == "around 47.010, 2.013"
    assert names(road(1, (-1, 0), (1, 0)), squares=()) == ["around 47.000, 2.000"]
