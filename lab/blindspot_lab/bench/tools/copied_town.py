"""A department: copies of a town side by side, as a site of its own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from blindspot.core.folders import CONFIG_DIR

TOWN = CONFIG_DIR / "sites" / "nantes"
NAMES = ("ID", "ref", "name")
"""Properties that name a feature. Each copy gets names of its own."""
AREA = "area_of_interest.geojson"


def write_copies(folder: Path, side: int, town: Path = TOWN) -> Path:
    """Write a site with `side` x `side` copies of a town into a folder; return the folder.

    The copies are shifted by whole areas of interest, in degrees, and the town's origin stays in the middle.
    """
    folder.mkdir(parents=True, exist_ok=True)
    site = yaml.safe_load((town / "site.yaml").read_text(encoding="utf-8"))
    site["name"] = f"{side} x {side} copies of {site['name']}"
    (folder / "site.yaml").write_text(yaml.safe_dump(site, sort_keys=False), encoding="utf-8")
    west, south, east, north = _bounds(json.loads((town / AREA).read_text(encoding="utf-8")))
    half, wide, high = (side - 1) / 2, east - west, north - south
    shifts = [((column - half) * wide, (row - half) * high) for row in range(side) for column in range(side)]
    for path in sorted(town.glob("*.geojson*")):
        if path.name != AREA:
            _write(folder / path.name, _copied(_read(path), shifts))
    west, south, east, north = west - half * wide, south - half * high, east + half * wide, north + half * high
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    outline = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [corners]}}
    _write(folder / AREA, {"type": "FeatureCollection", "features": [outline]})
    return folder


def _copied(collection: dict[str, Any], shifts: list[tuple[float, float]]) -> dict[str, Any]:
    features = []
    for number, (lon_deg, lat_deg) in enumerate(shifts, 1):
        for feature in collection["features"]:
            properties = dict(feature["properties"])
            properties |= {key: f"{properties[key]}, town {number}" for key in NAMES if key in properties}
            geometry = dict(feature["geometry"])
            geometry["coordinates"] = _moved(geometry["coordinates"], lon_deg, lat_deg)
            features.append({**feature, "properties": properties, "geometry": geometry})
    return {**collection, "features": features}


def _moved(coordinates: Any, lon_deg: float, lat_deg: float) -> Any:
    if isinstance(coordinates[0], list):
        return [_moved(part, lon_deg, lat_deg) for part in coordinates]
    return [round(coordinates[0] + lon_deg, 7), round(coordinates[1] + lat_deg, 7)]


def _bounds(collection: dict[str, Any]) -> tuple[float, float, float, float]:
    ring = collection["features"][0]["geometry"]["coordinates"][0]
    lon_deg, lat_deg = [at[0] for at in ring], [at[1] for at in ring]
    return min(lon_deg), min(lat_deg), max(lon_deg), max(lat_deg)


def _read(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    found: dict[str, Any] = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
    return found


def _write(path: Path, collection: dict[str, Any]) -> None:
    content = json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()
    pack: Callable[[bytes], bytes] = gzip.compress if path.suffix == ".gz" else bytes
    path.write_bytes(pack(content))
