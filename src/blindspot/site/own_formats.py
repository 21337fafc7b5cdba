"""The site's own files of buildings and roads, `blindspot-geojson`: what `blindspot site import` writes.

Buildings are polygons with `id`, `height_m` (eaves above the ground), `min_height_m`, `ridge_m`, `storeys` and
`ground_amsl_m`; roads are lines with `id`, `name`, `nature`, `width_m`, `private` (true or false) and `level`. A
missing key is a missing value, and is assumed by name as in every other format.
"""

from __future__ import annotations

from pathlib import Path

from blindspot.site.frame import LocalFrame
from blindspot.site.geojson import read_features
from blindspot.site.importers.bdtopo import buildings_of, roads_of
from blindspot.site.model import Building, Finding, Road


def read_buildings(path: Path, frame: LocalFrame) -> tuple[tuple[Building, ...], tuple[Finding, ...]]:
    """Every footprint as a block from `min_height_m` to `height_m`; raises InputError if none is left."""
    return buildings_of(path, read_features(path, frame, "id"), frame, "height_m")


def read_roads(path: Path, frame: LocalFrame) -> tuple[tuple[Road, ...], tuple[Finding, ...]]:
    """Every road axis of the file; what is not known to be open stays closed."""
    return roads_of(path, read_features(path, frame, "id"))
