"""The figures of a town's coverage as one document, with what it was computed from."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.blind_spots import BlindSpots
from blindspot.coverage.causes import area_by_cause
from blindspot.coverage.fixed import FixedCoverage
from blindspot.coverage.levels import Level, area_by_count, area_by_level
from blindspot.site.model import Site

SCHEMA = "blindspot.coverage/1"


def summarise(
    site: Site,
    spots: BlindSpots,
    fixed: FixedCoverage,
    causes: NDArray[np.uint8],
    levels: tuple[Level, ...],
    inputs: tuple[Path, ...] = (),
) -> dict[str, object]:
    """A JSON document: areas in m2 of the public ground inside the perimeter; `inputs` are files read beside the
    site's."""
    cell_area_m2 = spots.field.grid.cell_area_m2
    by_count = area_by_count(fixed.count, spots.public, cell_area_m2)
    return {
        "schema": SCHEMA,
        "site": site.name,
        "min_px_per_m": spots.min_px_per_m,
        "public_area_m2": spots.public_area_m2,
        "fixed_area_m2": spots.fixed_area_m2,
        "blind_area_m2": spots.blind_area_m2,
        "fixed_fraction": round(spots.fixed_fraction, 6),
        "blind_spots": len(spots.polygons),
        "blind_area_by_reason_m2": area_by_cause(spots, causes),
        "public_area_by_level_m2": {
            name: {"min_px_per_m": level.min_px_per_m, "area_m2": area_m2}
            for level, (name, area_m2) in zip(
                levels,
                area_by_level(fixed.density_px_per_m, spots.public, cell_area_m2, levels).items(),
                strict=True,
            )
        },
        "public_area_by_cameras_m2": {str(number): area_m2 for number, area_m2 in by_count.items()},
        "cameras": {"counted": len(fixed.area_m2), "left_out": dict(Counter(fixed.left_out.values()))},
        "attribution": site.attribution,
        "inputs_sha256": hashes_of(site.folder, inputs),
    }


def hashes_of(folder: Path, others: tuple[Path, ...] = ()) -> dict[str, str]:
    """SHA-256 of every file of a site's folder by its path inside, and of others by their names."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    files |= {path.name: path for path in others}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
