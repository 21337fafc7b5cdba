"""Writes ground as GeoJSON (RFC 7946, WGS 84), exact to the cell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from blindspot.coverage.ground.blind_ground import patches_of
from blindspot.coverage.ground.causes import BlindSpot
from blindspot.coverage.ground.site_survey import Survey
from blindspot.coverage.ground.streets import by_street
from blindspot.coverage.records.comparison import Comparison
from blindspot.coverage.records.provenance import Provenance
from blindspot.site import LocalFrame

CHANGES = ("gained", "lost")
DECIMALS = 7
"""Decimals of a degree in a file: 1 cm."""
AT_ONCE = 1000
"""Shapes that are written together."""
Items = Iterable[tuple[BaseGeometry, Mapping[str, object]]]


def write_blind_spots(path: Path, found: Survey, blind: Iterable[BlindSpot], provenance: Provenance) -> None:
    """Write the blind spots, then the ground that fixed cameras see.

    Each feature has `kind` ("blind" or "fixed_seen") and `area_m2`. A blind spot also has its reason, street and
    nearest camera.
    """
    spots = found.spots
    seen = sorted(patches_of(spots.field.grid, spots.fixed_seen), key=lambda patch: -patch.area)
    write_spots(path, blind, found.site.frame, spots.min_px_per_m, provenance, seen)


def write_spots(
    path: Path,
    blind: Iterable[BlindSpot],
    frame: LocalFrame,
    min_px_per_m: float,
    provenance: Provenance,
    seen: Iterable[Polygon] = (),
) -> None:
    """Do the same as `write_blind_spots` with given blind spots and seen patches."""
    items = [(spot.ground, {"kind": "blind", **properties_of(spot)}) for spot in blind]
    items += [(patch, {"kind": "fixed_seen", "area_m2": round(patch.area, 2)}) for patch in seen]
    with path.open("w", encoding="utf-8") as file:
        file.writelines(_pieces(items, frame, provenance, {"min_px_per_m": min_px_per_m}, DECIMALS))


def write_changes(path: Path, change: Comparison, provenance: Provenance) -> None:
    """Write the gained and the lost ground by street. Each feature has `kind` ("gained" or "lost"), street and area."""
    site, spots = change.after.site, change.after.spots
    changed = change.gained | change.lost
    items = [
        (part.ground, {"kind": CHANGES[part.kind], "area_m2": round(part.area_m2, 2), "street": part.street or None})
        for part in by_street(site, spots.field.grid, changed, change.lost.astype(np.uint8), len(CHANGES))
    ]
    about = {"min_px_per_m": spots.min_px_per_m}
    path.write_text(collection(items, site.frame, provenance, about), encoding="utf-8")


def properties_of(spot: BlindSpot) -> dict[str, object]:
    return {
        "area_m2": round(spot.area_m2, 2),
        "reason": spot.cause,
        "street": spot.street or None,
        "nearest_camera": spot.camera or None,
        "nearest_camera_m": round(spot.camera_distance_m, 1) if spot.camera else None,
    }


def collection(
    items: Items, frame: LocalFrame, provenance: Provenance, about: Mapping[str, object], decimals: int = DECIMALS
) -> str:
    """A FeatureCollection of ENU ground. Its root holds `about` and the provenance."""
    return "".join(_pieces(items, frame, provenance, about, decimals))


def _pieces(
    items: Items, frame: LocalFrame, provenance: Provenance, about: Mapping[str, object], decimals: int
) -> Iterator[str]:
    """The text of `collection` in pieces: the outlines of a region would fill the memory."""
    root = {"type": "FeatureCollection", **about, **provenance.document}
    yield json.dumps(root, ensure_ascii=False)[:-1] + ', "features":['
    left, before = iter(items), "\n"
    while batch := list(islice(left, AT_ONCE)):
        texts = _geometries([ground for ground, _ in batch], frame, decimals)
        for (_, said), geometry in zip(batch, texts, strict=True):
            properties = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
            yield f'{before}{{"type":"Feature","properties":{properties},"geometry":{geometry}}}'
            before = ",\n"
    yield "\n]}\n"


def _geometries(shapes: list[BaseGeometry], frame: LocalFrame, decimals: int) -> list[str]:
    """All geometries as GeoJSON texts. GEOS writes them ten times as fast as `json`."""

    def unproject(enu: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(frame.to_wgs84(enu[:, 0], enu[:, 1])).round(decimals)

    # RFC 7946: exterior rings run counter-clockwise.
    degrees = shapely.orient_polygons(shapely.transform(np.array(shapes, dtype=object), unproject))
    texts: list[str] = shapely.to_geojson(degrees).tolist()
    return texts
