"""Ground by street: assigns the name of a street or square to each cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize, shapes
from shapely.geometry import MultiPolygon, Polygon, shape

from blindspot.site import Site
from blindspot.site.ground import Grid, mask_of, nearest_of, transform_of

LABEL_CELL_M = 1.0
"""Streets are assigned on cells of at least this size. The border between two streets is exact to one metre."""
BESIDE_M = 40.0
"""Roads within this distance outside the grid can still be the nearest road of a cell."""


@dataclass(frozen=True, slots=True)
class Part:
    """The ground of one street and one kind. `ground` (ENU, m) follows the cells exactly."""

    street: str
    kind: int
    ground: MultiPolygon
    area_m2: float


def by_street(
    site: Site, grid: Grid, where: NDArray[np.bool_], kinds: NDArray[np.uint8], number_of_kinds: int
) -> tuple[Part, ...]:
    """The ground of a mask by street and by kind (0 .. `number_of_kinds` - 1), largest first.

    Masks and kinds are shaped as the grid. Every cell of the mask lies in exactly one part.
    """
    if not where.any():
        return ()
    names, keys = streets_on(site, grid)
    keys *= number_of_kinds
    keys += kinds
    found = list(shapes(keys, mask=where, connectivity=4, transform=transform_of(grid)))
    pieces = np.array([shape(outline) for outline, _ in found], dtype=object)
    numbers, belongs = np.unique(np.array([key for _, key in found], np.int64), return_inverse=True)
    order = np.argsort(belongs, kind="stable")
    grounds = shapely.multipolygons(pieces[order], indices=belongs[order])
    areas_m2 = np.bincount(keys[where], minlength=numbers[-1] + 1)[numbers] * grid.cell_area_m2
    parts = [
        Part(names[number // number_of_kinds], int(number % number_of_kinds), ground, float(area_m2))
        for number, ground, area_m2 in zip(numbers, grounds, areas_m2, strict=True)
    ]
    return tuple(sorted(parts, key=lambda part: -part.area_m2))


def joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Join the parts of neighbouring tiles across the tile borders, largest first."""
    together: dict[tuple[str, int], list[Part]] = defaultdict(list)
    for part in parts:
        together[part.street, part.kind].append(part)
    found = [same[0] if len(same) == 1 else _united(same) for same in together.values()]
    return tuple(sorted(found, key=lambda part: -part.area_m2))


def _united(same: Sequence[Part]) -> Part:
    ground = shapely.disjoint_subset_union_all([part.ground for part in same])
    polygons = MultiPolygon([ground] if isinstance(ground, Polygon) else ground)
    return Part(same[0].street, same[0].kind, polygons, sum(part.area_m2 for part in same))


def streets_on(site: Site, grid: Grid) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Names of streets, and for each cell of the grid the index of its street.

    A cell belongs to the public square that contains it, otherwise to the nearest public road. An unnamed road is named
    by its id. If the site has neither, the only name is the empty text.
    """
    roads = [road for road in site.roads if road.is_public]
    squares = site.zones_of("public")
    names = tuple(dict.fromkeys([*(road.name or road.id for road in roads), *(square.name for square in squares), ""]))
    number = {name: k for k, name in enumerate(names)}
    factor = max(1, round(LABEL_CELL_M / grid.cell_m))
    coarse, margin = _around(grid, factor)
    axes = np.full(coarse.shape, -1, np.int32)
    if roads:
        numbered = [(road.axis, number[road.name or road.id]) for road in roads]
        rasterize(numbered, out=axes, transform=transform_of(coarse), all_touched=True)
    drawn = axes >= 0
    near = nearest_of(axes, drawn) if drawn.any() else np.full_like(axes, number[""])
    for square in squares:
        near[mask_of(coarse, [square.polygon])] = number[square.name]
    inner = np.ascontiguousarray(near[margin:-margin, margin:-margin])
    size = (inner.shape[1] * factor, inner.shape[0] * factor)
    whole = cv2.resize(inner, size, interpolation=cv2.INTER_NEAREST)
    return names, np.ascontiguousarray(whole[: grid.rows, : grid.cols], np.int32)


def _around(grid: Grid, factor: int) -> tuple[Grid, int]:
    """The grid with cells `factor` times larger and a margin of `BESIDE_M` all round; and the margin in cells."""
    cell_m = grid.cell_m * factor
    margin = max(1, round(BESIDE_M / cell_m))
    rows, cols = (-(-n // factor) + 2 * margin for n in grid.shape)
    corner_m = (grid.east_min_m - margin * cell_m, grid.north_min_m - margin * cell_m)
    return Grid(*corner_m, cell_m, rows, cols), margin
