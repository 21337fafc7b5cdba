import json

import pytest
from shapely.geometry import Polygon, shape

from blindspot.coverage.ground.causes import explain
from blindspot.coverage.records.outlines import write_blind_spots


def test_the_file_is_wgs84_geojson_with_areas_reasons_and_streets(tmp_path, found, provenance):
    path, frame = tmp_path / "spots.geojson", found.site.frame
    write_blind_spots(path, found, explain(found.site, found.spots, found.causes), provenance)
    root = json.loads(path.read_text(encoding="utf-8"))
    assert root["type"] == "FeatureCollection"
    assert "crs" not in root
    assert root["min_px_per_m"] == 25.0
    assert (root["attribution"], root["inputs_sha256"]) == (provenance.attribution, provenance.inputs_sha256)
    east, west, seen = root["features"]
    near = {"street": "rue </script> Haute", "nearest_camera": "<west>"}
    assert east["properties"] == {
        "kind": "blind", "area_m2": 24.0, "reason": "out of range", "nearest_camera_m": 3.8, **near,
    }  # fmt: skip
    assert west["properties"] == {
        "kind": "blind", "area_m2": 9.0, "reason": "too few pixels", "nearest_camera_m": 1.3, **near,
    }  # fmt: skip
    assert seen["properties"] == {"kind": "fixed_seen", "area_m2": 9.0}
    ground = shape(east["geometry"])
    assert all(polygon.exterior.is_ccw for polygon in ground.geoms)
    assert isinstance(shape(seen["geometry"]), Polygon)
    east_m, north_m = frame.to_enu(ground.centroid.x, ground.centroid.y)
    assert (east_m, north_m) == pytest.approx((106.0, -47.0), abs=0.02)
