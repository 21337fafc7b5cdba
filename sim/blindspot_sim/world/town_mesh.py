"""The town as meshes: walls with windows, roofs, and the ground on the terrain."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from blindspot.vision.town import Prism, Town
from blindspot_sim.world.mesh import Floats, MeshPart

TONES = 5
STOREY_M, ROOF_TILE_M = 3.0, 4.0
"""Size of one picture of a wall and of a roof, m each way."""
BELOW_GROUND_M = 2.0
"""Walls begin this far below their ground, since the ground may fall along them."""
GROUND_STEP_M, TILE_M = 8.0, 512.0
"""Distance between corners of the ground, and the side of one ground picture."""


def buildings(prisms: Sequence[Prism], seed: int) -> list[MeshPart]:
    """All walls and roofs, a material for each tone (`wall0`, `roof0`, ...)."""
    tone = np.random.default_rng([seed, 11]).integers(0, TONES, len(prisms))
    walls: dict[int, list[Floats]] = defaultdict(list)
    roofs: dict[int, list[Floats]] = defaultdict(list)
    for prism, of in zip(prisms, tone.tolist(), strict=True):
        walls[of] += [_edges(ring, prism) for ring in prism.rings]
        roofs[of].append(_roof(prism))
    return [
        *(_walls(f"wall{of}", np.concatenate(walls[of])) for of in sorted(walls)),
        *(_roofs(f"roof{of}", np.concatenate(roofs[of])) for of in sorted(roofs)),
    ]


def _edges(ring: Floats, prism: Prism) -> Floats:
    """(k, 7): start and end of each edge, its lower and upper height, and the distance along the ring to its start."""
    ends = np.roll(ring, -1, axis=0)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*(ends - ring).T))[:-1]])
    heights = np.tile([prism.base_m - BELOW_GROUND_M, prism.eaves_m], (len(ring), 1))
    return np.column_stack([ring, ends, heights, along])


def _walls(material: str, edges: Floats) -> MeshPart:
    """One quadrilateral per edge: below and above its start, above and below its end. The building lies to the left."""
    start, end, low, high, along = edges[:, 0:2], edges[:, 2:4], edges[:, 4], edges[:, 5], edges[:, 6]
    length = np.hypot(*(end - start).T)
    corners = np.stack([np.column_stack([start, low]), np.column_stack([end, low]),
                        np.column_stack([end, high]), np.column_stack([start, high])], axis=1)  # fmt: skip
    across, up = np.stack([along, along + length, along + length, along], 1), np.stack([low, low, high, high], 1)
    # Windows are counted from the ground up, although walls begin below it.
    texture = np.stack([across, up - (low + BELOW_GROUND_M)[:, None]], axis=2) / STOREY_M
    right = np.column_stack([end[:, 1] - start[:, 1], start[:, 0] - end[:, 0], np.zeros(len(edges))])
    normals = np.repeat(right / np.maximum(length, 1e-9)[:, None], 4, axis=0)
    first = 4 * np.arange(len(edges))[:, None]
    triangles = np.concatenate([first + np.array([0, 1, 2]), first + np.array([0, 2, 3])])
    return MeshPart(material, corners.reshape(-1, 3), normals, texture.reshape(-1, 2), triangles)


def _roof(prism: Prism) -> Floats:
    """(3 k, 3): the corners of the triangles of a flat roof at the eaves, counter-clockwise from above."""
    outline = shapely.Polygon(prism.rings[0], prism.rings[1:])
    pieces = shapely.get_parts(shapely.constrained_delaunay_triangles(outline))
    flat = shapely.get_coordinates(shapely.orient_polygons(pieces)).reshape(-1, 4, 2)[:, :3].reshape(-1, 2)
    return np.column_stack([flat, np.full(len(flat), prism.eaves_m)])


def _roofs(material: str, corners: Floats) -> MeshPart:
    normals = np.tile([0.0, 0.0, 1.0], (len(corners), 1))
    triangles = np.arange(len(corners)).reshape(-1, 3)
    return MeshPart(material, corners, normals, corners[:, :2] / ROOF_TILE_M, triangles)


def tiles(town: Town) -> tuple[int, int]:
    """(rows, columns) of the ground's pictures, row 0 the southernmost."""
    grid = town.grid
    return math.ceil(grid.rows * grid.cell_m / TILE_M), math.ceil(grid.cols * grid.cell_m / TILE_M)


def ground(town: Town) -> list[MeshPart]:
    """The ground in adjoining tiles, each with its own material (`ground_ROW_COLUMN`)."""
    rows, cols = tiles(town)
    return [_ground_tile(town, row, col) for row in range(rows) for col in range(cols)]


def _ground_tile(town: Town, row: int, col: int) -> MeshPart:
    grid = town.grid
    west, south = grid.east_min_m + col * TILE_M, grid.north_min_m + row * TILE_M
    east_m, north_m = (
        np.append(np.arange(low, high, GROUND_STEP_M), high)
        for low, high in (
            (west, min(west + TILE_M, grid.east_min_m + grid.cols * grid.cell_m)),
            (south, min(south + TILE_M, grid.north_min_m + grid.rows * grid.cell_m)),
        )
    )
    east, north = (axis.ravel() for axis in np.meshgrid(east_m, north_m))
    up = _heights_m(town, east, north)
    corners = np.column_stack([east, north, up])
    texture = np.column_stack([(east - west) / TILE_M, (north - south) / TILE_M])
    n = len(east_m)
    at = (np.arange(len(north_m) - 1)[:, None] * n + np.arange(n - 1)).ravel()[:, None]
    triangles = np.concatenate([at + np.array([0, 1, n + 1]), at + np.array([0, n + 1, n])])
    return MeshPart(f"ground_{row}_{col}", corners, _normals(town, east, north), texture, triangles)


def _heights_m(town: Town, east: Floats, north: Floats) -> Floats:
    """Heights of the cells that hold the places. Places beyond the edge take the nearest cell."""
    grid = town.grid
    cols = ((east - grid.east_min_m) / grid.cell_m).astype(int).clip(0, grid.cols - 1)
    rows = ((north - grid.north_min_m) / grid.cell_m).astype(int).clip(0, grid.rows - 1)
    heights: NDArray[np.float64] = town.ground_m[rows, cols].astype(float)
    return heights


def _normals(town: Town, east: Floats, north: Floats) -> Floats:
    """Normals of the ground's slope, measured over one step each way."""
    step = GROUND_STEP_M
    slope_e = (_heights_m(town, east + step, north) - _heights_m(town, east - step, north)) / (2 * step)
    slope_n = (_heights_m(town, east, north + step) - _heights_m(town, east, north - step)) / (2 * step)
    across = np.column_stack([-slope_e, -slope_n, np.ones(len(east))])
    normals: NDArray[np.float64] = across / np.linalg.norm(across, axis=1)[:, None]
    return normals
