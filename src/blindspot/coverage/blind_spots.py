"""Blind spots: public ground inside a perimeter that no fixed camera sees at the required density."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.features import shapes
from shapely.geometry import Polygon, shape

from blindspot.coverage.fixed import FixedCoverage
from blindspot.coverage.ground_masks import GroundMasks
from blindspot.site.frame import LocalFrame
from blindspot.site.geojson import feature_collection
from blindspot.site.grid import Grid, HeightField
from blindspot.site.model import Site
from blindspot.site.public_ground import public_ground
from blindspot.site.raster import mask_of, transform_of

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BlindSpots:
    """The public ground inside `perimeter` as masks shaped as the field's grid, and the blind part as polygons.

    `blind` is `public` without `fixed_seen`; `polygons` (ENU, m, largest first) are its 4-connected patches, exact to
    the cell.
    """

    field: HeightField
    perimeter: Polygon
    min_px_per_m: float
    public: Mask
    fixed_seen: Mask
    blind: Mask
    polygons: tuple[Polygon, ...]

    @property
    def public_area_m2(self) -> float:
        return float(self.public.sum()) * self.field.grid.cell_area_m2

    @property
    def fixed_area_m2(self) -> float:
        """Public ground that the fixed cameras see at the required density."""
        return float(self.fixed_seen.sum()) * self.field.grid.cell_area_m2

    @property
    def blind_area_m2(self) -> float:
        return float(self.blind.sum()) * self.field.grid.cell_area_m2

    @property
    def fixed_fraction(self) -> float:
        """Share of the public ground that the fixed cameras see, 0..1; 1 where nothing is public."""
        return self.fixed_area_m2 / self.public_area_m2 if self.public_area_m2 else 1.0

    @property
    def masks(self) -> GroundMasks:
        return GroundMasks(self.field, self.public, self.fixed_seen, self.blind)


def blind_spots(
    site: Site, field: HeightField, fixed: FixedCoverage, perimeter: Polygon, min_px_per_m: float
) -> BlindSpots:
    """What is blind inside the perimeter (ENU, m); all on the field's grid, cells taken by their centres.

    What of the perimeter lies outside the field is left out: let the field cover it.
    """
    return split_ground(public_ground(site, field.grid), field, fixed, perimeter, min_px_per_m)


def split_ground(
    public: Mask, field: HeightField, fixed: FixedCoverage, perimeter: Polygon, min_px_per_m: float
) -> BlindSpots:
    """The same from a mask of public ground that is known already. Buildings are never ground."""
    inside = public & mask_of(field.grid, [perimeter]) & ~field.is_building
    seen = inside & (fixed.density_px_per_m >= min_px_per_m)
    blind = inside & ~seen
    patches = sorted(patches_of(field.grid, blind), key=lambda patch: -patch.area)
    return BlindSpots(field, perimeter, min_px_per_m, inside, seen, blind, tuple(patches))


def patches_of(grid: Grid, mask: Mask) -> Iterator[Polygon]:
    """The 4-connected patches of a mask as ENU polygons with holes, exact to the cell."""
    found = shapes(mask.astype(np.uint8), mask=mask, connectivity=4, transform=transform_of(grid))
    return (shape(outline) for outline, _ in found)


def write_blind_spots(
    path: Path,
    spots: BlindSpots,
    frame: LocalFrame,
    attribution: str,
    told: Sequence[Mapping[str, object]] | None = None,
) -> None:
    """A GeoJSON file (RFC 7946, WGS 84): the blind patches, then the ground that fixed cameras see, each with `kind`
    ("blind" or "fixed_seen") and `area_m2`; `told` adds properties to each blind patch, in their order."""
    seen = sorted(patches_of(spots.field.grid, spots.fixed_seen), key=lambda patch: -patch.area)
    more: Sequence[Mapping[str, object]] = told if told is not None else [{}] * len(spots.polygons)
    items = [("blind", patch, also) for patch, also in zip(spots.polygons, more, strict=True)]
    items += [("fixed_seen", patch, {}) for patch in seen]
    collection = feature_collection(
        [(patch, {"kind": kind, "area_m2": round(patch.area, 2), **also}) for kind, patch, also in items],
        frame,
        {"min_px_per_m": spots.min_px_per_m, "attribution": attribution},
    )
    path.write_text(json.dumps(collection, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
