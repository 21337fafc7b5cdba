"""The figures of a town's coverage as one document, with what it was computed from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from blindspot.coverage.causes import BlindSpot, area_by_cause
from blindspot.coverage.levels import Level, area_by_count, area_by_level
from blindspot.coverage.provenance import Provenance
from blindspot.coverage.survey import Survey

SCHEMA = "blindspot.coverage/1"


def summarise(
    found: Survey, told: Sequence[BlindSpot], levels: tuple[Level, ...], provenance: Provenance
) -> dict[str, object]:
    """A JSON document: areas in m2 of the public ground inside the perimeter."""
    spots, fixed = found.spots, found.fixed
    cell_area_m2 = spots.field.grid.cell_area_m2
    by_count = area_by_count(fixed.count, spots.public, cell_area_m2)
    by_level = area_by_level(fixed.density_px_per_m, spots.public, cell_area_m2, levels)
    return {
        "schema": SCHEMA,
        "site": found.site.name,
        "min_px_per_m": spots.min_px_per_m,
        "public_area_m2": spots.public_area_m2,
        "fixed_area_m2": spots.fixed_area_m2,
        "blind_area_m2": spots.blind_area_m2,
        "fixed_fraction": round(spots.fixed_fraction, 6),
        "blind_spots": len(told),
        "blind_area_by_reason_m2": area_by_cause(spots, found.causes),
        "public_area_by_level_m2": {
            level.name: {"min_px_per_m": level.min_px_per_m, "area_m2": by_level[level.name]} for level in levels
        },
        "public_area_by_cameras_m2": {str(number): area_m2 for number, area_m2 in by_count.items()},
        "cameras": {"counted": len(fixed.area_m2), "left_out": dict(Counter(fixed.left_out.values()))},
        "attribution": provenance.attribution,
        "inputs_sha256": provenance.inputs_sha256,
    }
