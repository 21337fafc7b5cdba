"""Computes a town of any size in square tiles.

Each tile is cut out of the site with all data that it needs, computed on any machine, and joined to the others. Every
cell equals the result of `survey`. The memory needed is that of one tile plus the outlines of the blind ground.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

import numpy as np
import shapely
from shapely.geometry import Polygon

from blindspot.coverage.ground.blind_ground import split_ground
from blindspot.coverage.ground.causes import CAUSES, BlindSpot, causes_of, spots_of
from blindspot.coverage.ground.levels import Level
from blindspot.coverage.ground.patrol import time_share
from blindspot.coverage.ground.site_survey import Progress, Survey, bounds_for
from blindspot.coverage.ground.streets import BESIDE_M, Part, by_street, joined
from blindspot.coverage.records.geotiff import OF_FIXED, Layers, layer_files, layers_of, tags_of
from blindspot.coverage.records.provenance import Provenance
from blindspot.coverage.records.summary import Figures, figures_of
from blindspot.coverage.sight.fixed import FixedCoverage, fixed_coverage, why_left_out
from blindspot.site import FixedCamera, Site, public_ground, road_margin
from blindspot.site.ground import Grid, height_field_on

CELL_M = 0.5
LARGEST_CELLS = 100_000_000
"""A town with more cells is computed in tiles, because the whole town would take some 40 bytes for each cell."""
TILE_CELLS = 2048
"""Cells along the side of a tile, a multiple of a file's blocks. A tile takes some 200 MB during computation."""


Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Question:
    """The parameters of a town's coverage.

    `area` is the perimeter (ENU, m). `min_px_per_m` is the density from which ground counts as seen. `patrol_share` is
    the time share from which patrolled ground counts as seen; None leaves tours out.
    """

    area: Polygon
    min_px_per_m: float
    levels: tuple[Level, ...]
    patrol_share: float | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers to write (see `geotiff`)."""
        return OF_FIXED if self.patrol_share is None else (*OF_FIXED, "time_share")


@dataclass(frozen=True, slots=True)
class Tile:
    """A self-contained piece of work.

    The tile's south-west corner is the cell (`row`, `col`) of the town's grid. `around` are the cells over which its
    lines of sight run. `site` holds the objects that meet these cells.
    """

    row: int
    col: int
    grid: Grid
    around: Grid
    site: Site
    question: Question


@dataclass(frozen=True, slots=True)
class TileFound:
    """The result of a tile: layers as in the files, figures, and blind ground by street and cause."""

    row: int
    col: int
    layers: Layers
    figures: Figures
    blind: tuple[Part, ...]


Run = Callable[[Callable[[Tile], TileFound], Iterable[Tile]], Iterator[TileFound]]
"""Computes tiles in any order: Python's own `map`, or a cluster."""


def write_town(
    site: Site,
    question: Question,
    folder: Path,
    provenance: Provenance,
    run: Run = map,
    progress: Progress = lambda *_: None,
    tile_cells: int = TILE_CELLS,
) -> tuple[Figures, tuple[BlindSpot, ...]]:
    """Write the layers of a town tile by tile; return its figures and its blind spots.

    Parameters
    ----------
    site, question
        The town and the parameters of its coverage.
    folder
        An existing folder for the layers (see `geotiff`).
    provenance
        Attribution and input hashes, written into each file.
    run
        Computes the tiles: Python's own `map`, or a cluster (`dask_tiles.on_cluster`).
    progress
        Called with ("tiles", number of tiles done).
    tile_cells
        Cells along the side of a tile.

    Raises
    ------
    OSError
        If a write fails. Errors of `run` pass through.
    """
    grid = grid_for(site, question.area)
    figures, blind = Figures(), dict[tuple[int, int], tuple[Part, ...]]()
    tags = tags_of(question.min_px_per_m, provenance)
    with layer_files(folder, grid, site.frame, tags, question.layers) as write:
        for done, found in enumerate(run(work_out, tiles(site, question, grid, tile_cells))):
            write(found.row, found.col, found.layers)
            figures += found.figures
            blind[found.row, found.col] = found.blind
            progress("tiles", done + 1)
    in_order = chain.from_iterable(parts for _, parts in sorted(blind.items(), key=itemgetter(0)))
    return figures, spots_of(site, grid, joined(in_order))


def grid_for(site: Site, area: Polygon) -> Grid:
    return Grid.over(bounds_for([site], area), CELL_M)


def is_large(site: Site, area: Polygon) -> bool:
    grid = grid_for(site, area)
    return grid.rows * grid.cols > LARGEST_CELLS


def left_out(site: Site, grid: Grid) -> dict[str, str]:
    """The reason for each camera that is excluded on the town's grid, by id."""
    return {camera.id: why for camera in site.cameras if (why := why_left_out(camera, grid))}


def corners(grid: Grid, tile_cells: int = TILE_CELLS) -> list[tuple[int, int]]:
    """The south-west corners of the tiles, as cells (row, col) of the town's grid."""
    return [(row, col) for row in range(0, grid.rows, tile_cells) for col in range(0, grid.cols, tile_cells)]


def tiles(site: Site, question: Question, grid: Grid, tile_cells: int) -> Iterator[Tile]:
    """The tiles of a town, one at a time."""
    cut = Cut(site, grid, with_tours=question.patrol_share is not None)
    for row, col in corners(grid, tile_cells):
        part = grid.window(row, col, min(tile_cells, grid.rows - row), min(tile_cells, grid.cols - col))
        around, near = cut.around(part)
        yield Tile(row, col, part, around, near, question)


class Cut:
    """Cuts out of a site the objects that matter for one tile."""

    def __init__(self, site: Site, grid: Grid, *, with_tours: bool) -> None:
        self._site, self._margin = site, road_margin(site, grid.cell_m)
        self._looking = [
            camera
            for camera in site.cameras
            if not why_left_out(camera, grid)
            or (with_tours and camera.presets and grid.index(camera.east_m, camera.north_m))
        ]
        self._buildings = shapely.STRtree([building.footprint for building in site.buildings])
        self._trees = shapely.STRtree([tree.as_block.footprint for tree in site.trees])
        self._roads = shapely.STRtree([road.axis for road in site.roads])

    def around(self, tile: Grid) -> tuple[Grid, Site]:
        """The cells around a tile, and the site reduced to the objects that meet these cells.

        The cells hold the tile, the roads with public ground in the tile, and the masts with a possible view into the
        tile. Lines of sight are straight, so they stay inside.
        """
        cameras = tuple(camera for camera in self._looking if _reaches(camera, tile))
        margin_m = self._margin * tile.cell_m
        east_min, north_min, east_max, north_max = tile.bounds_m
        east_m = [east_min - margin_m, east_max + margin_m, *(camera.east_m for camera in cameras)]
        north_m = [north_min - margin_m, north_max + margin_m, *(camera.north_m for camera in cameras)]
        first_row, first_col = _cell(tile, min(east_m), min(north_m))
        last_row, last_col = _cell(tile, max(east_m), max(north_m))
        around = tile.window(first_row, first_col, last_row + 1 - first_row, last_col + 1 - first_col)
        window = shapely.box(*around.bounds_m)
        site = replace(
            self._site,
            buildings=_met(self._site.buildings, self._buildings, window),
            trees=_met(self._site.trees, self._trees, window),
            roads=_met(self._site.roads, self._roads, window.buffer(BESIDE_M)),
            cameras=cameras,
            findings=(),
        )
        return around, site


def _met(things: Sequence[Thing], tree: shapely.STRtree, window: Polygon) -> tuple[Thing, ...]:
    return tuple(things[k] for k in np.sort(tree.query(window)).tolist())


def _reaches(camera: FixedCamera, tile: Grid) -> bool:
    east_min, north_min, east_max, north_max = tile.bounds_m
    east_m = max(east_min - camera.east_m, camera.east_m - east_max, 0.0)
    north_m = max(north_min - camera.north_m, camera.north_m - north_max, 0.0)
    return bool(np.hypot(east_m, north_m) <= camera.range_m)


def _cell(grid: Grid, east_m: float, north_m: float) -> tuple[int, int]:
    """(row, col) of the cell that holds a point. The point may lie outside the grid."""
    return int((north_m - grid.north_min_m) // grid.cell_m), int((east_m - grid.east_min_m) // grid.cell_m)


def work_out(tile: Tile) -> TileFound:
    """Compute one tile. This is a pure function, so it may run on any machine."""
    question = tile.question
    found = survey_of(tile)
    blind = by_street(tile.site, tile.grid, found.spots.blind, found.causes, len(CAUSES))
    return TileFound(tile.row, tile.col, layers_of(found), figures_of(found, question.levels), blind)


def survey_of(tile: Tile) -> Survey:
    """The tile's part of the town's survey."""
    site, question = tile.site, tile.question
    field = height_field_on(site, tile.around)
    whole = fixed_coverage(site, field)
    causes = causes_of(site, field, whole)
    place, ground = tile.around.place_of(tile.grid), field.part(tile.grid)
    assert place is not None and ground is not None
    fixed = FixedCoverage(whole.density_px_per_m[place], whole.count[place], whole.area_m2, whole.left_out)
    public = public_ground(site, tile.grid, field)
    least, share, patrolled = question.patrol_share, None, None
    if least is not None:
        share = time_share(site, field, whole, question.min_px_per_m)[place]
        patrolled = share >= least
    spots = split_ground(public, ground, fixed, question.area, question.min_px_per_m, patrolled)
    return Survey(site, fixed, spots, causes[place], time_share=share, patrol_share=least)
