import json

import numpy as np
import pytest
from shapely.geometry import Polygon, box

from blindspot.core.errors import InputError
from blindspot.site.town.frame import LocalFrame
from blindspot.vision.events.zones import Zone, load_lanes, load_zones
from blindspot.vision.town.georeference import GroundPoint

FRAME = LocalFrame(47.0, 2.0, 0.0, 0.0)
HALF = Zone("south", box(-100.0, -100.0, 100.0, 0.0))


def standing(east_m, north_m, std_m):
    return GroundPoint(east_m, north_m, 0.0, std_m**2 * np.eye(2), np.zeros((2, 2)))


def written(path, kind, enu, **properties):
    degrees = [list(FRAME.to_wgs84(*corner)) for corner in enu]
    geometry = {"type": kind, "coordinates": [degrees] if kind == "Polygon" else degrees}
    path.write_text(json.dumps({"type": "Feature", "properties": properties, "geometry": geometry}), encoding="utf-8")
    return path


@pytest.mark.parametrize(("sigmas", "expected"), [(-2.0, 0.977), (-1.0, 0.841), (0.0, 0.5), (1.0, 0.159)])
def test_the_probability_is_that_of_the_normal_distribution(sigmas, expected):
    """Standing so many standard deviations north of a straight edge, whose south is the zone."""
    assert HALF.probability(standing(3.0, 2.0 * sigmas, 2.0)) == pytest.approx(expected, abs=0.015)


def test_the_ellipse_counts_with_its_direction():
    narrow = GroundPoint(0.0, -1.0, 0.0, np.diag([9.0, 0.04]), np.zeros((2, 2)))
    wide = GroundPoint(0.0, -1.0, 0.0, np.diag([0.04, 9.0]), np.zeros((2, 2)))
    assert HALF.probability(narrow) > 0.99
    assert HALF.probability(wide) < 0.7


def test_a_hole_is_outside():
    ring = np.array([(-10.0, -10.0), (10.0, -10.0), (10.0, 10.0), (-10.0, 10.0)])
    holed = Zone("ring", Polygon(ring, [ring / 2]))
    assert holed.holds(np.array([(0.0, 0.0), (7.0, 0.0), (11.0, 0.0)])).tolist() == [False, True, False]


def test_zones_and_lanes_come_from_files(tmp_path):
    corners = [(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)]
    (zone,) = load_zones(written(tmp_path / "zones.geojson", "Polygon", corners, name="yard"), FRAME)
    assert zone.name == "yard"
    assert zone.holds(np.array([(5.0, 5.0), (11.0, 5.0)])).tolist() == [True, False]
    line = written(tmp_path / "lanes.geojson", "LineString", [(0, 0), (0, 20), (30, 20)], name="bus", width_m=4)
    north, east = load_lanes(line, FRAME)
    assert north.direction == pytest.approx((0, 1), abs=1e-6)
    assert east.direction == pytest.approx((1, 0), abs=1e-6)
    assert north.holds(np.array([(1.9, 10.0), (2.1, 10.0)])).tolist() == [True, False]


def test_a_lane_without_its_width_is_refused(tmp_path):
    path = written(tmp_path / "lanes.geojson", "LineString", [(0, 0), (0, 20)], name="bus")
    with pytest.raises(InputError, match=r"lanes.geojson: bus: .*width_m"):
        load_lanes(path, FRAME)
