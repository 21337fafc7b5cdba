"""The town model of the vision processes: the allowed ground and the buildings around it, as plain arrays.

It is made once from a site and a perimeter and kept in a small file. Camera and detector load it without the site's
geometry, so that they start fast and stay small on a companion computer.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.core import InputError, outputs
from blindspot.site.ground import Grid

if TYPE_CHECKING:
    from shapely import Polygon

    from blindspot.site import Site

Floats = NDArray[np.float64]
MARGIN_M = 150.0
"""Distance outside the perimeter up to which buildings may appear in a picture."""
CELL_M = 0.5


@dataclass(frozen=True, slots=True)
class Prism:
    """A building: vertical walls over its rings ((n, 2) east and north, m). The first ring is the outline, the others
    are courtyards, and rings are open: the first corner stands once. Outlines run counter-clockwise, courtyards
    clockwise, so that the building lies left of every edge.

    Heights above the datum, m: `base_m` the ground, `eaves_m` the drawn height, `top_m` a certain upper bound.
    """

    rings: tuple[Floats, ...]
    base_m: float
    eaves_m: float
    top_m: float


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree crown around (`east_m`, `north_m`). Heights above the datum, m: the ground, the crown's base and top."""

    east_m: float
    north_m: float
    radius_m: float
    ground_m: float
    base_m: float
    top_m: float

    @property
    def middle_m(self) -> float:
        """The middle of the crown above the datum."""
        return (self.base_m + self.top_m) / 2.0


@dataclass(frozen=True)
class Town:
    """The town around one perimeter.

    `allowed` marks public ground inside the perimeter, `public` all public ground, both bool and shaped as `grid`,
    as is `ground_m`, float32 above the datum. `streets` are the carriageways: (n, 2) axes in m and widths in m.
    """

    grid: Grid
    ground_m: NDArray[np.float32]
    public: NDArray[np.bool_]
    allowed: NDArray[np.bool_]
    prisms: tuple[Prism, ...]
    streets: tuple[tuple[Floats, float], ...]
    trees: tuple[Tree, ...] = ()

    @cached_property
    def allowed_rings(self) -> tuple[Floats, ...]:
        """Outlines and holes of the allowed ground, (n, 3) ENU m; inside by the even-odd rule.

        They run through the centres of the outermost allowed cells: half a cell inside of the allowed ground.
        """
        contours, _ = cv2.findContours(self.allowed.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        rings = []
        for contour in contours:
            cols, rows = contour.reshape(-1, 2).T
            if len(cols) > 2:
                east = self.grid.east_min_m + (cols + 0.5) * self.grid.cell_m
                north = self.grid.north_min_m + (rows + 0.5) * self.grid.cell_m
                rings.append(np.column_stack([east, north, self.ground_m[rows, cols]]).astype(float))
        return tuple(rings)

    @cached_property
    def level_m(self) -> float:
        """Height of the ground above the datum, m: the median."""
        return float(np.median(self.ground_m))

    def is_allowed(self, east_m: float, north_m: float) -> bool:
        """Whether the point lies on public ground inside the perimeter; False for unknown ground."""
        cell = self.grid.index(east_m, north_m)
        return cell is not None and bool(self.allowed[cell])

    def is_public(self, east_m: float, north_m: float) -> bool:
        """Whether the point lies on public ground, inside the perimeter or not; False for unknown ground."""
        cell = self.grid.index(east_m, north_m)
        return cell is not None and bool(self.public[cell])

    def ground_at(self, east_m: float, north_m: float) -> float | None:
        """Height of the ground above the datum, m; None outside the town."""
        cell = self.grid.index(east_m, north_m)
        return None if cell is None else float(self.ground_m[cell])

    def save(self, path: Path) -> None:
        """Write the town file as a whole."""
        rings = [ring for prism in self.prisms for ring in prism.rings]
        axes = [axis for axis, _ in self.streets]
        with outputs.whole_file(path) as opened:
            np.savez_compressed(
                opened,
                grid=np.array([self.grid.east_min_m, self.grid.north_min_m, self.grid.cell_m, *self.grid.shape]),
                ground_m=self.ground_m,
                public=self.public,
                allowed=self.allowed,
                ring_corners=_stacked(rings),
                ring_sizes=np.array([len(ring) for ring in rings], np.int32),
                prism_rings=np.array([len(prism.rings) for prism in self.prisms], np.int32),
                prism_heights_m=np.array([(p.base_m, p.eaves_m, p.top_m) for p in self.prisms], float).reshape(-1, 3),
                axis_corners=_stacked(axes),
                axis_sizes=np.array([len(axis) for axis in axes], np.int32),
                axis_widths_m=np.array([width for _, width in self.streets], float),
                trees=np.array([astuple(tree) for tree in self.trees], float).reshape(-1, 6),
            )

    @classmethod
    def load(cls, path: Path) -> Town:
        """Read a town file; raises InputError for a missing or foreign file."""
        try:
            with np.load(path) as data:
                return cls._from_arrays(data)
        except Exception as error:  # zipfile, zlib and numpy raise unrelated types for a broken file
            raise InputError(path, "", "is missing or no town file", "make it with: blindspot plan MISSION") from error

    @classmethod
    def _from_arrays(cls, data: Any) -> Town:
        east, north, cell, rows, cols = data["grid"].tolist()
        rings = iter(_split(data["ring_corners"], data["ring_sizes"]))
        prisms = tuple(
            Prism(tuple(next(rings) for _ in range(count)), *map(float, heights))
            for count, heights in zip(data["prism_rings"], data["prism_heights_m"], strict=True)
        )
        axes = _split(data["axis_corners"], data["axis_sizes"])
        streets = tuple(zip(axes, data["axis_widths_m"].tolist(), strict=True))
        grid = Grid(east, north, cell, int(rows), int(cols))
        trees = tuple(Tree(*tree) for tree in data["trees"].tolist())
        return cls(grid, data["ground_m"], data["public"], data["allowed"], prisms, streets, trees)


def _stacked(parts: list[Floats]) -> Floats:
    return np.concatenate(parts) if parts else np.zeros((0, 2))


def _split(corners: Floats, sizes: NDArray[np.int32]) -> list[Floats]:
    return [np.asarray(part) for part in np.split(corners, np.cumsum(sizes)[:-1])] if len(sizes) else []


def town_of(site: Site, perimeter: Polygon, *, margin_m: float = MARGIN_M, cell_m: float = CELL_M) -> Town:
    """Make the town model around a perimeter.

    Parameters
    ----------
    site
        The site.
    perimeter
        ENU, m.
    margin_m
        Distance beyond the perimeter up to which buildings, streets and trees are included.
    cell_m
        Cell size of the grid.

    Returns
    -------
    Town
        Grid, buildings, streets and trees, ENU, m.
    """
    import shapely

    from blindspot.site import public_ground
    from blindspot.site.ground import height_field, mask_of

    around = perimeter.buffer(margin_m)
    field = height_field(site, around.bounds, cell_m)
    public = public_ground(site, field.grid)
    near = [building for building in site.buildings if building.footprint.intersects(around)]
    prisms = tuple(
        Prism(
            _rings(shapely.orient_polygons(building.footprint)),
            building.ground_m,
            building.top_m,
            building.highest_m,
        )
        for building in near
    )
    streets = tuple(
        (np.asarray(road.axis.coords)[:, :2], road.width_m)
        for road in site.roads
        if road.level >= 0 and road.axis.intersects(around)
    )
    trees = tuple(
        Tree(t.east_m, t.north_m, t.radius_m, t.ground_m, t.ground_m + t.base_m, t.ground_m + t.height_m)
        for t in site.trees
        if around.contains(shapely.Point(t.east_m, t.north_m))
    )
    allowed = public & mask_of(field.grid, [perimeter]) & ~field.is_building
    return Town(field.grid, field.ground_m, public, allowed, prisms, streets, trees)


def _rings(polygon: Polygon) -> tuple[Floats, ...]:
    return tuple(np.asarray(ring.coords)[:-1, :2] for ring in (polygon.exterior, *polygon.interiors))
