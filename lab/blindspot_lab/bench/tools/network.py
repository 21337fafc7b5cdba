"""Figures of a whole town's fixed cameras: a change of one camera, hills against level ground, and the cells along
walls against the true footprints."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import shapely
from numpy.typing import NDArray

from blindspot.core.folders import CONFIG_DIR
from blindspot.coverage.sight.drone_camera import HEAD_HEIGHT_M
from blindspot.coverage.sight.fixed import sight_of, why_left_out
from blindspot.site.ground.grid import HeightField
from blindspot.site.load import load_site
from blindspot.site.relief.raster import height_field
from blindspot.site.town.model import Building, FixedCamera
from blindspot_lab.bench.tools.target import Target
from blindspot_lab.bench.tools.timing import median_ms
from blindspot_lab.solvers.camera_network import Network

CELL_M = 0.5
EDGE_SAMPLE = 12
"""One camera in this many is compared with the true footprints."""


def run() -> list[Target]:
    """The figures of Nantes."""
    site = load_site(CONFIG_DIR / "sites" / "nantes")
    bounds = shapely.total_bounds([building.footprint for building in site.buildings])
    field = height_field(site, tuple(bounds.tolist()), CELL_M)
    looking = [camera for camera in site.cameras if not why_left_out(camera, field.grid)]
    changes_ms = change_times_ms(Network(site, field), looking)
    level, hilly = on_ground(field, np.zeros_like(field.ground_m)), on_ground(field, hills_m(field))
    level_ms, hilly_ms = (median_ms([partial(sight_of, camera, over) for camera in looking]) for over in (level, hilly))
    cells, off = edges_off(site.buildings, field, looking[::EDGE_SAMPLE])
    steep = hilly_ms / level_ms
    return [
        Target("Nantes: CPU time of one camera changed, median", "", float(np.median(changes_ms)), "ms", None),
        Target("Nantes: the same, longest", "<= 50", max(changes_ms), "ms", max(changes_ms) <= 50),
        Target("Nantes: a camera over hills against level ground", "<= 3", steep, "x", steep <= 3),
        Target("Nantes: cells along walls judged otherwise than by true footprints", "", 100 * off / cells, "%", None),
    ]


def change_times_ms(network: Network, cameras: Sequence[FixedCamera]) -> list[float]:
    """CPU time of each change: every camera is turned and raised, and then put back."""
    times_ms = []
    for camera in cameras:
        turned_deg = ((camera.heading_deg or 0.0) + 70) % 360
        for version in (replace(camera, heading_deg=turned_deg, height_m=camera.height_m + 1), camera):
            start_s = time.thread_time()
            network.changed(version)
            times_ms.append(1e3 * (time.thread_time() - start_s))
    return times_ms


def on_ground(field: HeightField, ground_m: NDArray[np.float32]) -> HeightField:
    """The field's solids on another ground."""
    return HeightField(field.grid, ground_m, field.top_m - field.ground_m + ground_m)


def hills_m(field: HeightField) -> NDArray[np.float32]:
    """A synthetic ground about as steep as most of Nantes: slopes of up to 6 percent."""
    east_m = np.arange(field.grid.cols, dtype=np.float32) * np.float32(field.grid.cell_m)
    north_m = np.arange(field.grid.rows, dtype=np.float32)[:, None] * np.float32(field.grid.cell_m)
    ground_m: NDArray[np.float32] = 0.02 * east_m + 6 * np.sin(east_m / 150) * np.cos(north_m / 120)
    return ground_m


def edges_off(buildings: Sequence[Building], field: HeightField, cameras: Sequence[FixedCamera]) -> tuple[int, int]:
    """(cells in a camera's range that touch both open ground and a building, how many of them differ between the raster
    and the lines of sight among the true footprints)."""
    tree = shapely.STRtree([building.footprint for building in buildings])
    cells = off = 0
    for camera in cameras:
        sight = sight_of(camera, field, all_round=True)
        rows, cols = sight.clear.shape[0], min(sight.clear.shape[1], field.grid.cols - sight.col_min)
        taken = field.is_building[sight.row_min : sight.row_min + rows, sight.col_min : sight.col_min + cols]
        around = np.lib.stride_tricks.sliding_window_view(np.pad(taken, 1, mode="edge"), (3, 3))
        row, col = np.nonzero(around.any(axis=(2, 3)) & ~around.all(axis=(2, 3)))
        flat = (sight.row_min + row) * field.grid.cols + sight.col_min + col
        centres_m = field.grid.centres(flat)
        near = np.hypot(*(centres_m - [camera.east_m, camera.north_m]).T) <= camera.range_m
        feet_m = field.ground_m.ravel()[flat[near]]
        truth = seen_among(buildings, tree, camera, field, centres_m[near], feet_m + HEAD_HEIGHT_M)
        cells += int(near.sum())
        off += int((truth != sight.clear[row[near], col[near]].astype(bool)).sum())
    return cells, off


def seen_among(
    buildings: Sequence[Building], tree: shapely.STRtree, camera: FixedCamera, field: HeightField,
    points_m: NDArray[np.float64], ups_m: NDArray[np.float32],
) -> NDArray[np.bool_]:  # fmt: skip
    """The points (n, 2), ENU, at heights above the datum, that lie outside the footprints and in view of a camera."""
    place = field.grid.index(camera.east_m, camera.north_m) or (0, 0)
    eye, eye_m = np.array([camera.east_m, camera.north_m]), float(field.ground_m[place]) + camera.height_m
    seen = np.ones(len(points_m), dtype=bool)
    seen[tree.query(shapely.points(points_m), predicate="within")[0]] = False
    lines = shapely.linestrings(np.stack([np.broadcast_to(eye, points_m.shape), points_m], axis=1))
    line, building = tree.query(lines, predicate="intersects")
    meets = shapely.intersection(lines[line], tree.geometries[building])
    at, pair = shapely.get_coordinates(meets, return_index=True)
    share = np.hypot(*(at - eye).T) / np.hypot(*(points_m - eye).T)[line[pair]]
    heights_m = eye_m + share * (ups_m[line[pair]] - eye_m)
    lowest_m, highest_m = np.full(len(line), np.inf), np.full(len(line), -np.inf)
    np.minimum.at(lowest_m, pair, heights_m)
    np.maximum.at(highest_m, pair, heights_m)
    tops_m = np.array([b.top_m for b in buildings])[building]
    unders_m = np.array([b.ground_m + b.min_height_m if b.min_height_m else -np.inf for b in buildings])[building]
    seen[line[(tops_m > lowest_m) & (unders_m < highest_m)]] = False
    return seen
