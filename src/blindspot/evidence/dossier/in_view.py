"""Buildings and private ground that a town's fixed cameras see with enough pixels to detect a person.

Walls are those of the height field, with windows or without. A dome counts as four pictures of 90 degrees around, and a
camera whose eye lies inside a solid shows no walls: such a camera is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from blindspot.camera import Lens
from blindspot.coverage.ground import BlindSpots
from blindspot.coverage.records import Provenance
from blindspot.coverage.sight import FixedCoverage, facades
from blindspot.site import Building, FixedCamera, Site, public_ground
from blindspot.site.ground import HeightField, mask_of

SCHEMA = "blindspot.in_view/1"
QUARTERS_DEG = (0.0, 90.0, 180.0, 270.0)


@dataclass(frozen=True, slots=True)
class InFixedView:
    """Buildings with a wall in view, the area of these walls, and the private open ground in view.

    `private` is shaped as the field's grid. `without_walls` are the cameras whose walls are unknown.
    """

    buildings: tuple[Building, ...]
    facade_m2: float
    private: NDArray[np.bool_]
    private_m2: float
    without_walls: tuple[str, ...]

    def document(self, provenance: Provenance) -> dict[str, Any]:
        """The figures as a JSON document."""
        return {
            "schema": SCHEMA,
            "buildings": sorted(building.id for building in self.buildings),
            "facade_area_m2": self.facade_m2,
            "private_area_m2": self.private_m2,
            "cameras_without_walls": list(self.without_walls),
            **provenance.document,
        }


def in_fixed_view(site: Site, spots: BlindSpots, fixed: FixedCoverage) -> InFixedView:
    """Compute the view of the fixed cameras inside the perimeter of `spots`.

    Parameters
    ----------
    site
        The town.
    spots
        Perimeter, field and least density.
    fixed
        The coverage of the cameras on this field.
    """
    field, grid = spots.field, spots.field.grid
    inside = mask_of(grid, [spots.perimeter])
    private = inside & (fixed.density_px_per_m >= spots.min_px_per_m) & ~field.is_building
    private &= ~public_ground(site, grid, field)
    walls, unknown = _walls(site, field, spots.min_px_per_m, fixed.left_out)
    kept = {side: area_m2 for side, area_m2 in walls.items() if inside.ravel()[side // 4]}
    return InFixedView(
        _buildings(site, field, {side // 4 for side in kept}),
        round(sum(kept.values()), 1),
        private,
        round(float(private.sum()) * grid.cell_area_m2, 1),
        unknown,
    )


def _walls(
    site: Site, field: HeightField, min_px_per_m: float, left_out: Mapping[str, str]
) -> tuple[dict[int, float], tuple[str, ...]]:
    """(the largest area that one camera sees of each side of a cell, by 4 x cell + side; cameras without walls)."""
    found: dict[int, float] = {}
    unknown = []
    for camera in (each for each in site.cameras if each.id not in left_out):
        try:
            for side, area_m2 in _walls_of(camera, field, min_px_per_m):
                found[side] = max(found.get(side, 0.0), area_m2)
        except ValueError:
            unknown.append(camera.id)
    return found, tuple(unknown)


def _walls_of(camera: FixedCamera, field: HeightField, min_px_per_m: float) -> Iterator[tuple[int, float]]:
    place = field.grid.index(camera.east_m, camera.north_m)
    if place is None:
        raise ValueError(f"camera {camera.id} stands outside the field")
    up_m = float(field.ground_m[place]) + camera.height_m
    for lens, heading_deg, tilt_deg in _pictures(camera):
        seen = facades(field, lens, camera.east_m, camera.north_m, up_m, heading_deg, tilt_deg, min_px_per_m)
        sides = seen.cells.astype(np.int64) * 4 + seen.sides
        yield from zip(sides.tolist(), seen.area_m2.tolist(), strict=True)


def _pictures(camera: FixedCamera) -> Iterator[tuple[Lens, float, float]]:
    """Lens, heading and tilt of each picture."""
    heading_deg = camera.heading_deg or 0.0
    if camera.kind == "dome":
        size_px = max(1, round(2 * camera.f_px))  # 90 degrees across with the dome's pixels a radian
        yield from ((Lens(90.0, size_px, size_px), heading_deg + turn_deg, 0.0) for turn_deg in QUARTERS_DEG)
    else:
        yield Lens(camera.hfov_deg, camera.width_px, camera.height_px), heading_deg, camera.tilt_deg


def _buildings(site: Site, field: HeightField, cells: set[int]) -> tuple[Building, ...]:
    """The buildings on whose cells the walls stand; a cell lies half a cell beside a slanting footprint at most."""
    if not cells:
        return ()
    grid = field.grid
    rows, cols = np.divmod(np.array(sorted(cells)), grid.cols)
    points = shapely.points(grid.east_min_m + (cols + 0.5) * grid.cell_m, grid.north_min_m + (rows + 0.5) * grid.cell_m)
    tree = shapely.STRtree([building.footprint for building in site.buildings])
    _, found = tree.query(points, predicate="dwithin", distance=0.5 * grid.cell_m)
    return tuple(site.buildings[number] for number in sorted(set(found.tolist())))
