"""Compares two camera networks of one town: the ground that the later network gains and loses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.core import InputError
from blindspot.coverage.ground.levels import Level, area_by_level
from blindspot.coverage.ground.site_survey import Progress, Survey, bounds_for, survey_on
from blindspot.coverage.records.provenance import Provenance
from blindspot.site import Site
from blindspot.site.ground import height_field

SCHEMA = "blindspot.coverage_comparison/1"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two surveys on one grid. `gained` and `lost` are masks of ground that is public in both."""

    before: Survey
    after: Survey

    @property
    def gained(self) -> NDArray[np.bool_]:
        return self.after.spots.fixed_seen & self.before.spots.blind

    @property
    def lost(self) -> NDArray[np.bool_]:
        return self.before.spots.fixed_seen & self.after.spots.blind

    @property
    def gained_area_m2(self) -> float:
        return float(self.gained.sum()) * self.after.spots.field.grid.cell_area_m2

    @property
    def lost_area_m2(self) -> float:
        return float(self.lost.sum()) * self.after.spots.field.grid.cell_area_m2


def compare(
    before: Site, after: Site, area: Polygon, min_px_per_m: float, progress: Progress = lambda *_: None
) -> Comparison:
    """Survey both networks over an area (ENU, m), each with its own buildings.

    Raises InputError if the two sites have different origins.
    """
    if before.frame != after.frame:
        raise InputError(after.folder, "origin", f"differs from {before.folder}", "compare two networks of one town")
    bounds_m = bounds_for([before, after], area)
    first, second = (
        survey_on(site, height_field(site, bounds_m), area, min_px_per_m, progress) for site in (before, after)
    )
    return Comparison(first, second)


def summarise_change(change: Comparison, levels: tuple[Level, ...], provenance: Provenance) -> dict[str, object]:
    """Return the comparison as a JSON document. Areas are public ground inside the perimeter, m2."""
    return {
        "schema": SCHEMA,
        "min_px_per_m": change.after.spots.min_px_per_m,
        "before": _figures(change.before, levels),
        "after": _figures(change.after, levels),
        "gained_area_m2": change.gained_area_m2,
        "lost_area_m2": change.lost_area_m2,
        **provenance.document,
    }


def _figures(found: Survey, levels: tuple[Level, ...]) -> dict[str, object]:
    spots, fixed = found.spots, found.fixed
    return {
        "site": found.site.name,
        "cameras_counted": len(fixed.area_m2),
        "public_area_m2": spots.public_area_m2,
        "fixed_area_m2": spots.fixed_area_m2,
        "blind_area_m2": spots.blind_area_m2,
        "public_area_by_level_m2": area_by_level(
            fixed.density_px_per_m, spots.public, spots.field.grid.cell_area_m2, levels
        ),
    }
