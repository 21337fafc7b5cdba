"""The ground of a mission: its perimeter, and the fence that an autopilot can store."""

import json
from dataclasses import replace

import pytest
from shapely.geometry import Polygon

from blindspot.planning.airspace.air import fence_margin_m
from blindspot.planning.drones.patrols import drones_of
from blindspot.planning.views.target_ground import survey_ground
from blindspot.site.town.geojson import feature_collection, load_area


@pytest.fixture
def with_perimeter(mission, site, tmp_path):
    """The mission with another perimeter, m ENU."""

    def made(outline):
        path = tmp_path / "perimeter.geojson"
        path.write_text(json.dumps(feature_collection([(outline, {"name": "drawn"})], site.frame)))
        return replace(mission, perimeter_path=path)

    return made


def test_with_a_perimeter_of_many_corners_drones_keep_their_distance_from_the_fence(with_perimeter, mission, site):
    drawn = load_area(mission.perimeter_path, site.frame)
    edge = [drawn.exterior.interpolate(k / 300, normalized=True) for k in range(300)]
    jagged = Polygon([(at.x * shrunk, at.y * shrunk) for k, at in enumerate(edge) for shrunk in [1.0 - 0.01 * (k % 2)]])
    asked = with_perimeter(jagged)
    ground = survey_ground(asked, site)
    assert len(ground.perimeter.exterior.coords) == 301
    assert len(ground.fence.exterior.coords) <= 65
    for drone in drones_of(asked, ground):
        margin_m = fence_margin_m(drone.model, asked.file.limits)
        assert ground.fence.buffer(0.01 - margin_m).covers(drone.air.free)
