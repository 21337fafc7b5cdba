"""The figures of a town's coverage as one document, with what it was computed from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.causes import BlindSpot, area_by_cause
from blindspot.coverage.levels import Level, area_by_count, area_by_level
from blindspot.coverage.patrol import area_by_share
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
        **_time_share(found),
        **_could_see(found),
        **_uncertainty(found),
        "cameras": {"counted": len(fixed.area_m2), "left_out": dict(Counter(fixed.left_out.values()))},
        "attribution": provenance.attribution,
        "inputs_sha256": provenance.inputs_sha256,
    }


def _time_share(found: Survey) -> dict[str, object]:
    """How long tours show the public ground; nothing where no camera tells one."""
    if found.time_share is None:
        return {}
    spots = found.spots
    areas_m2 = area_by_share(found.time_share, spots.public, spots.field.grid.cell_area_m2)
    return {"time_share": {"public_area_m2": areas_m2, "counts_as_seen_from": found.patrol_share}}


def _could_see(found: Survey) -> dict[str, object]:
    """How much the cameras could see at most if those that turn, or look nobody knows where, were turned to it."""
    if found.could_see_px_per_m is None:
        return {}
    return {"could_see": {"public_area_m2": _seen_m2(found, found.could_see_px_per_m)}}


def _uncertainty(found: Survey) -> dict[str, object]:
    doubt = found.uncertainty
    if doubt is None:
        return {}
    return {
        "uncertainty": {
            "pessimistic_area_m2": _seen_m2(found, doubt.pessimistic_px_per_m),
            "optimistic_area_m2": _seen_m2(found, doubt.optimistic_px_per_m),
            "ask_first": [
                {"camera": stake.camera, "unknown": stake.unknown, "area_m2": stake.area_m2} for stake in doubt.stakes
            ],
        }
    }


def _seen_m2(found: Survey, density_px_per_m: NDArray[np.float32]) -> float:
    seen = found.spots.public & (density_px_per_m >= found.spots.min_px_per_m)
    return float(seen.sum()) * found.spots.field.grid.cell_area_m2
