"""Blind spots: public ground inside a perimeter that no fixed camera sees at the required density."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.features import shapes
from shapely.geometry import Polygon, shape

from blindspot.coverage.sight.fixed import FixedCoverage
from blindspot.mission import GroundMasks
from blindspot.site import Site, public_ground
from blindspot.site.ground import Grid, HeightField, mask_of, transform_of

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BlindSpots:
    """The public ground inside `perimeter` (ENU, m), as masks shaped as the field's grid.

    `blind` is `public` minus `fixed_seen`.
    """

    field: HeightField
    perimeter: Polygon
    min_px_per_m: float
    public: Mask
    fixed_seen: Mask
    blind: Mask

    @property
    def public_area_m2(self) -> float:
        return float(self.public.sum()) * self.field.grid.cell_area_m2

    @property
    def fixed_area_m2(self) -> float:
        """Area of the public ground that the fixed cameras see at the required density, m2."""
        return float(self.fixed_seen.sum()) * self.field.grid.cell_area_m2

    @property
    def blind_area_m2(self) -> float:
        return float(self.blind.sum()) * self.field.grid.cell_area_m2

    @property
    def fixed_fraction(self) -> float | None:
        """Share of the public ground that the fixed cameras see, 0..1; None if there is no public ground."""
        return self.fixed_area_m2 / self.public_area_m2 if self.public_area_m2 else None

    @property
    def masks(self) -> GroundMasks:
        return GroundMasks(self.field, self.public, self.fixed_seen, self.blind)


def blind_spots(
    site: Site,
    field: HeightField,
    fixed: FixedCoverage,
    perimeter: Polygon,
    min_px_per_m: float,
    also_seen: Mask | None = None,
) -> BlindSpots:
    """Find the blind spots of a site.

    Parameters
    ----------
    site
        The town.
    field
        Its height field. Choose a field that covers the perimeter: ground outside the field is left out.
    fixed
        The coverage of the fixed cameras, on the field's grid.
    perimeter
        The area to examine, ENU, m. A cell belongs to it if the cell's centre does.
    min_px_per_m
        The pixel density from which ground counts as seen, px/m.
    also_seen
        A mask shaped as the field's grid: ground that counts as seen at any density.

    Returns
    -------
    spots
        Masks of the public, the seen and the blind ground, shaped as the field's grid.
    """
    return split_ground(public_ground(site, field.grid, field), field, fixed, perimeter, min_px_per_m, also_seen)


def split_ground(
    public: Mask,
    field: HeightField,
    fixed: FixedCoverage,
    perimeter: Polygon,
    min_px_per_m: float,
    also_seen: Mask | None = None,
) -> BlindSpots:
    """Do the same as `blind_spots` with a given mask of public ground. Cells of buildings are removed from it."""
    inside = public & mask_of(field.grid, [perimeter]) & ~field.is_building
    seen = inside & (fixed.density_px_per_m >= min_px_per_m)
    if also_seen is not None:
        seen |= inside & also_seen
    blind = inside & ~seen
    return BlindSpots(field, perimeter, min_px_per_m, inside, seen, blind)


def patches_of(grid: Grid, mask: Mask) -> Iterator[Polygon]:
    """The 4-connected patches of a mask as ENU polygons with holes, exact to the cell."""
    found = shapes(mask.astype(np.uint8), mask=mask, connectivity=4, transform=transform_of(grid))
    return (shape(outline) for outline, _ in found)
