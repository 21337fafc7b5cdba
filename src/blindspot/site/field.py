"""Makes a site out of a bare field (the user's own fenced ground, free of buildings), with a first mission over it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import shapely
import yaml
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from blindspot.core import CONFIG_DIR, InputError, read_file
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import feature_collection, load_area

AROUND_M = 30.0
"""Margin of the site's area around the fence."""
INSIDE_M = 10.0
"""Minimum distance of the pad from the fence."""
MODEL = "reference"
MISSION = """\
# A first mission over your own field. Every key: docs/reference/files/mission.md
schema: blindspot.mission/1
name: {name}
kind: sweep
site: ../sites/{stem}
authorisation: ../authorisations/authorisation.yaml
perimeter: fence.geojson
start: {start}
fleet:
  - {{name: drone1, model: {model}, pad: pad}}
band: {{min_px_per_m: 25.0, max_px_per_m: 60.0}}
limits:
  min_up_m: 60.0
  max_up_m: 100.0
  building_clearance_m: 5.0
  max_speed_mps: 6.0
  min_pitch_deg: -90.0
  max_pitch_deg: -50.0
wind: {{from_deg: 250.0, speed_mps: 2.0, gust_mps: 0.5}}
people: 4
seed: 1
"""


def write_field(
    folder: Path, fence: Path, *, name: str, start: str, pad: tuple[float, float] | None, ground_amsl_m: float,
    geoid_m: float,
) -> tuple[Path, ...]:  # fmt: skip
    """Write `sites/`, `missions/` and `drones/` of a field into a folder; return the files.

    The `fence` is GeoJSON with one polygon. All ground inside it belongs to the signer and is observed. `name` is the
    name of the site and the mission, `start` the start of the mission, ISO 8601 with a time zone. The launch `pad` is
    (latitude, longitude), degrees; None: a point inside the field. The ground lies `ground_amsl_m` above mean sea
    level, and the geoid `geoid_m` above the WGS 84 ellipsoid. Raises InputError if the fence is invalid, or the pad is
    less than `INSIDE_M` inside it.
    """
    frame = LocalFrame(*middle_of(fence), ground_amsl_m, geoid_m)
    ground, stem = load_area(fence, frame), "field"
    at = _pad(fence, ground, frame, pad)
    site, missions, drones = folder / "sites" / stem, folder / "missions", folder / "drones"
    for made in (site, missions, drones):
        made.mkdir(parents=True, exist_ok=True)
    whole = ground.envelope.buffer(AROUND_M, join_style="mitre")
    files = (
        _write_shapes(site / "area_of_interest.geojson", frame, {name: whole}),
        _write_shapes(site / "public_squares.geojson", frame, {name: ground}),
        _write_shapes(site / "launch_pads.geojson", frame, {"pad": at}),
        site / "site.yaml",
        missions / "fence.geojson",
        missions / f"{stem}.yaml",
        drones / f"{MODEL}.yaml",
    )
    files[3].write_text(yaml.safe_dump(_site(name, frame), allow_unicode=True, sort_keys=False), encoding="utf-8")
    files[4].write_bytes(fence.read_bytes())
    files[5].write_text(MISSION.format(name=json.dumps(name), stem=stem, start=start, model=MODEL), encoding="utf-8")
    shutil.copy(CONFIG_DIR / "drones" / files[6].name, files[6])
    return files


def middle_of(fence: Path) -> tuple[float, float]:
    """(latitude, longitude) of a fence's middle, degrees. Raises InputError unless the file is GeoJSON."""
    try:
        document = json.loads(read_file(fence))
        shapes = [shapely.geometry.shape(feature["geometry"]) for feature in document["features"]]
        lon_deg, lat_deg = shapely.union_all(shapes).envelope.centroid.coords[0]
    except OSError as error:
        raise InputError(fence, "", f"can't be read ({error.strerror})", "name an existing file") from error
    except (
        ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError,
        shapely.errors.ShapelyError,
    ) as error:  # fmt: skip
        raise InputError(fence, "", "is no GeoJSON FeatureCollection", "draw one polygon, as on geojson.io") from error
    return round(lat_deg, 6), round(lon_deg, 6)


def _pad(fence: Path, ground: Polygon, frame: LocalFrame, pad: tuple[float, float] | None) -> Point:
    inside = ground.buffer(-INSIDE_M)
    if inside.is_empty:
        raise InputError(fence, "", f"leaves no place {INSIDE_M:g} m inside it", "draw a larger field")
    at = inside.representative_point() if pad is None else Point(*frame.to_enu(pad[1], pad[0]))
    if not inside.covers(at):
        raise InputError("--pad", "", f"is not {INSIDE_M:g} m inside the fence", "give LAT,LON of a place inside")
    return at


def _site(name: str, frame: LocalFrame) -> dict[str, Any]:
    return {
        "schema": "blindspot.site/1",
        "name": name,
        "origin": {
            "lat_deg": frame.lat_deg, "lon_deg": frame.lon_deg, "datum_amsl_m": frame.datum_amsl_m,
            "geoid_m": round(frame.geoid_m, 2),
        },
        "terrain": "flat",
        "buildings": "none",
        "roads": "none",
        "cameras": "none",
        "places": {
            "area_of_interest": "area_of_interest.geojson",
            "launch_pads": "launch_pads.geojson",
            "public_squares": "public_squares.geojson",
        },
    }  # fmt: skip


def _write_shapes(path: Path, frame: LocalFrame, shapes: dict[str, BaseGeometry]) -> Path:
    document = feature_collection([(shape, {"name": name}) for name, shape in shapes.items()], frame)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path
