"""Random towns for the training. The real ones are reserved for the evaluation."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.site.ground.grid import Grid
from blindspot.vision.town.seen_town import Prism, Town

SIDE_M, CELL_M = 200.0, 0.5
STREETS, HOUSES = (3, 7), 170
HOUSE_M = (3.0, 30.0)


def random_town(rng: np.random.Generator) -> Town:
    """Level ground, a few streets across all of it, and houses beside them."""
    cells = round(SIDE_M / CELL_M)
    grid = Grid(-SIDE_M / 2, -SIDE_M / 2, CELL_M, cells, cells)
    streets = tuple(_street(rng) for _ in range(int(rng.integers(*STREETS))))
    public = np.zeros(grid.shape, np.uint8)
    for axis, width_m in streets:
        corners = np.rint((axis + SIDE_M / 2) / CELL_M).astype(np.int32)
        pavements_m = rng.uniform(3.0, 12.0)
        cv2.polylines(public, [corners], False, 1, round((width_m + pavements_m) / CELL_M))
    open_ground = public.astype(np.bool_)
    ground_m = np.zeros(grid.shape, np.float32)
    prisms = tuple(prism for prism in (_house(rng) for _ in range(HOUSES)) if not _stands_on(prism, open_ground))
    return Town(grid, ground_m, open_ground, open_ground, prisms, streets)


def _street(rng: np.random.Generator) -> tuple[NDArray[np.float64], float]:
    """A street from one side of the town to the other, and the width of its carriageway."""
    heading, half_m = rng.uniform(0, np.pi), SIDE_M / 2 - 1.0
    along = np.array([np.sin(heading), np.cos(heading)])
    middle_m = rng.uniform(-0.25, 0.25, 2) * SIDE_M
    bend_m = middle_m + rng.normal(0, 6.0, 2)
    axis = np.stack([middle_m - along * SIDE_M, bend_m, middle_m + along * SIDE_M])
    return np.clip(axis, -half_m, half_m), float(rng.uniform(5.5, 12.0))


def _house(rng: np.random.Generator) -> Prism:
    low, high = np.log(HOUSE_M)
    size_m, turn = np.exp(rng.uniform(low, high, 2)), rng.uniform(0, np.pi)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * size_m / 2
    turned = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    height_m = float(rng.uniform(3.0, 25.0))
    return Prism((turned + rng.uniform(-0.45, 0.45, 2) * SIDE_M,), 0.0, height_m, height_m)


def _stands_on(prism: Prism, open_ground: NDArray[np.bool_]) -> bool:
    covered = np.zeros(open_ground.shape, np.uint8)
    cv2.fillPoly(covered, [np.rint((prism.rings[0] + SIDE_M / 2) / CELL_M).astype(np.int32)], 1)
    return bool((covered.astype(np.bool_) & open_ground).any())
