"""Reads the site's own files of buildings and roads, `blindspot-geojson`, which `blindspot site import` writes.

Buildings are polygons with `id`, `height_m` (eaves above the ground), `min_height_m`, `ridge_m`, `storeys`,
`ground_amsl_m` and `structure` (true for a mast or a chimney, by which the height of no house is assumed). Roads are
lines with `id`, `name`, `nature`, `width_m`, `private` (true or false) and `level`. A missing key is a missing value.
It is assumed with a finding, as in every other format.
"""

from __future__ import annotations

from pathlib import Path

from blindspot.site.features.bdtopo import buildings_of, roads_of
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import read_features
from blindspot.site.town.model import Building, Finding, Road


def read_buildings(path: Path, frame: LocalFrame) -> tuple[tuple[Building, ...], tuple[Finding, ...]]:
    """Read every footprint as a block from `min_height_m` to `height_m`. Raises InputError if all are left out."""
    return buildings_of(path, read_features(path, frame, "id"), frame, "height_m")


def read_roads(path: Path, frame: LocalFrame) -> tuple[tuple[Road, ...], tuple[Finding, ...]]:
    """Read every road axis of the file. A road of unknown level counts as closed to the public."""
    return roads_of(path, read_features(path, frame, "id"))
