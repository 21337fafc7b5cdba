"""The figures of a town's coverage as one document, with their provenance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.ground.causes import BlindSpot, area_by_cause
from blindspot.coverage.ground.levels import Level, area_by_count, area_by_level
from blindspot.coverage.ground.patrol import area_by_share
from blindspot.coverage.ground.site_survey import Survey
from blindspot.coverage.records.provenance import Provenance
from blindspot.site import Site

SCHEMA = "blindspot.coverage/1"
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Figures:
    """Areas of the public ground inside the perimeter, m2. The figures of a town's tiles add up with `+`."""

    public_m2: float = 0.0
    fixed_m2: float = 0.0
    blind_m2: float = 0.0
    by_reason_m2: Mapping[str, float] = field(default_factory=dict)
    by_level_m2: Mapping[Level, float] = field(default_factory=dict)
    by_cameras_m2: Mapping[int, float] = field(default_factory=dict)
    by_share_m2: Mapping[str, float] = field(default_factory=dict)
    """Area by class of time share on tours; empty if no camera has a tour."""

    @property
    def fixed_fraction(self) -> float | None:
        """Share that the fixed cameras see, 0..1; None if there is no public ground."""
        return self.fixed_m2 / self.public_m2 if self.public_m2 else None

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.public_m2 + other.public_m2,
            self.fixed_m2 + other.fixed_m2,
            self.blind_m2 + other.blind_m2,
            _added(self.by_reason_m2, other.by_reason_m2),
            _added(self.by_level_m2, other.by_level_m2),
            _added(self.by_cameras_m2, other.by_cameras_m2),
            _added(self.by_share_m2, other.by_share_m2),
        )


def _added(some: Mapping[Key, float], more: Mapping[Key, float]) -> dict[Key, float]:
    return {key: some.get(key, 0.0) + more.get(key, 0.0) for key in {**some, **more}}


def figures_of(found: Survey, levels: tuple[Level, ...]) -> Figures:
    spots, fixed = found.spots, found.fixed
    cell_area_m2 = spots.field.grid.cell_area_m2
    by_level = area_by_level(fixed.density_px_per_m, spots.public, cell_area_m2, levels)
    toured = found.time_share
    return Figures(
        spots.public_area_m2,
        spots.fixed_area_m2,
        spots.blind_area_m2,
        area_by_cause(spots, found.causes),
        {level: by_level[level.name] for level in levels},
        area_by_count(fixed.count, spots.public, cell_area_m2),
        {} if toured is None else area_by_share(toured, spots.public, cell_area_m2),
    )


def summarise(found: Survey, figures: Figures, blind: Sequence[BlindSpot], provenance: Provenance) -> dict[str, object]:
    """Return the figures of a survey as a JSON document. Areas are public ground inside the perimeter, m2."""
    min_px_per_m, left_out = found.spots.min_px_per_m, found.fixed.left_out
    return {
        **document(found.site, min_px_per_m, figures, left_out, len(blind), provenance, found.patrol_share),
        **_could_see(found),
        **_uncertainty(found),
    }


def document(
    site: Site,
    min_px_per_m: float,
    figures: Figures,
    left_out: Mapping[str, str],
    blind_spots: int,
    provenance: Provenance,
    patrol_share: float | None = None,
) -> dict[str, object]:
    """Do the same as `summarise` with given figures. `left_out` maps the id of each excluded camera to the reason."""
    by_share_m2 = figures.by_share_m2
    return {
        "schema": SCHEMA,
        "site": site.name,
        "min_px_per_m": min_px_per_m,
        "public_area_m2": figures.public_m2,
        "fixed_area_m2": figures.fixed_m2,
        "blind_area_m2": figures.blind_m2,
        "fixed_fraction": None if figures.fixed_fraction is None else round(figures.fixed_fraction, 6),
        "blind_spots": blind_spots,
        "blind_area_by_reason_m2": figures.by_reason_m2,
        "public_area_by_level_m2": {
            level.name: {"min_px_per_m": level.min_px_per_m, "area_m2": area_m2}
            for level, area_m2 in figures.by_level_m2.items()
        },
        "public_area_by_cameras_m2": {str(number): m2 for number, m2 in sorted(figures.by_cameras_m2.items())},
        "cameras": {"counted": len(site.cameras) - len(left_out), "left_out": dict(Counter(left_out.values()))},
        **provenance.document,
        **({"time_share": {"public_area_m2": by_share_m2, "counts_as_seen_from": patrol_share}} if by_share_m2 else {}),
    }


def _could_see(found: Survey) -> dict[str, object]:
    """Upper bound of the visible area if panning cameras and cameras of unknown direction were turned to each cell."""
    if found.could_see_px_per_m is None:
        return {}
    return {"could_see": {"public_area_m2": _seen_m2(found, found.could_see_px_per_m)}}


def _uncertainty(found: Survey) -> dict[str, object]:
    bounds = found.uncertainty
    if bounds is None:
        return {}
    return {
        "uncertainty": {
            "pessimistic_area_m2": _seen_m2(found, bounds.pessimistic_px_per_m),
            "optimistic_area_m2": _seen_m2(found, bounds.optimistic_px_per_m),
            "ask_first": [
                {"camera": stake.camera, "unknown": stake.unknown, "area_m2": stake.area_m2} for stake in bounds.stakes
            ],
        }
    }


def _seen_m2(found: Survey, density_px_per_m: NDArray[np.float32]) -> float:
    seen = found.spots.public & (density_px_per_m >= found.spots.min_px_per_m)
    return float(seen.sum()) * found.spots.field.grid.cell_area_m2
