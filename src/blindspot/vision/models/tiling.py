"""Choice of the picture tiles for a second, enlarged detection run, and fusion of the boxes of several runs.

The functions are pure: the number of affordable tiles is an argument, and the same arguments give the same tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.vision.models.detector import Detections
from blindspot.vision.models.models import VEHICLES

Floats = NDArray[np.float64]

ZOOMS = (1.0, 2.0)
"""Possible magnifications of a tile."""
LEAST_GAIN = 0.1
"""Least gain of a tile, as a share of its ground's worth: each run adds false boxes, too."""
OVERLAP = 0.25
"""Least overlap of neighbouring tiles, as a share of their side."""
EDGE_PX = 3.0
"""A box that ends this close to a tile's inner edge may be a cut object."""
SAME_IOU, INSIDE = 0.5, 0.6
"""Overlap from which two boxes are one object, and the share of a cut box inside another from which it is the same."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture, px, and its magnification for the network."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int
    zoom: float

    @property
    def box_xyxy(self) -> tuple[int, int, int, int]:
        return self.left_px, self.top_px, self.left_px + self.width_px, self.top_px + self.height_px

    def cut(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        x1, y1, x2, y2 = self.box_xyxy
        return picture[y1:y2, x1:x2]


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground in each of (rows, columns) blocks of a picture, row 0 at the top: `worth`, the value of a detection
    there (0 where the ground is masked), and `person_px`, the height of a person there."""

    width_px: int
    height_px: int
    worth: Floats
    person_px: Floats


def tiles_of(width_px: int, height_px: int, side_px: int) -> tuple[Tile, ...]:
    """All tiles of a picture at each of ZOOMS, for a network input of `side_px` by `side_px` pixels."""
    tiles: list[Tile] = []
    for zoom in ZOOMS:
        wide, tall = (min(round(side_px / zoom), size) for size in (width_px, height_px))
        lefts, tops = _starts(width_px, wide), _starts(height_px, tall)
        tiles += [Tile(left, top, wide, tall, zoom) for top in tops for left in lefts]
    return tuple(tiles)


def _starts(length_px: int, tile_px: int) -> list[int]:
    """First pixels of the tiles along one side, from edge to edge."""
    count = 1 + int(np.ceil((length_px - tile_px) / (tile_px * (1 - OVERLAP))))
    return [round(start) for start in np.linspace(0, length_px - tile_px, count)]


def choose_tiles(
    ground: Ground, tiles: Sequence[Tile], zoom_of_whole: float, enough_px: float, count: int
) -> list[Tile]:
    """Choose up to `count` tiles greedily, the largest gain first.

    The certainty of a detection grows with the person's height in the network's input, up to `enough_px`. The gain of a
    tile is the added certainty times the worth, summed over the blocks where a whole person fits into the tile. Earlier
    choices, and the whole picture at `zoom_of_whole`, are taken into account.
    """
    if not tiles:
        return []
    had = np.minimum(1.0, zoom_of_whole * ground.person_px / enough_px)
    zooms = np.array([tile.zoom for tile in tiles])[:, None, None]
    found = np.minimum(1.0, zooms * ground.person_px / enough_px) * np.stack([_fits(tile, ground) for tile in tiles])
    worth = (ground.worth * (found > 0)).sum(axis=(1, 2))
    chosen: list[Tile] = []
    while len(chosen) < count:
        gains = (ground.worth * np.maximum(found - had, 0.0)).sum(axis=(1, 2))
        gains[gains <= LEAST_GAIN * worth] = 0.0
        best = int(np.argmax(gains))
        if gains[best] == 0.0:
            break
        chosen.append(tiles[best])
        had = np.maximum(had, found[best])
    return chosen


def _fits(tile: Tile, ground: Ground) -> NDArray[np.bool_]:
    """The blocks where a person fits into a tile as completely as into the picture."""
    rows, columns = ground.worth.shape
    x = ((np.arange(columns) + 0.5) * ground.width_px / columns)[None, :]
    y = ((np.arange(rows) + 0.5) * ground.height_px / rows)[:, None]
    x1, y1, x2, y2 = tile.box_xyxy
    beside = ground.person_px / 3
    return np.asarray(
        ((x - beside >= x1) | (x1 == 0) & (x >= x1))
        & ((x + beside <= x2) | (x2 == ground.width_px) & (x <= x2))
        & ((y - ground.person_px >= y1) | (y1 == 0) & (y >= y1))
        & (y <= y2)
    )


def merged(searches: Sequence[tuple[Detections, Tile | None]], width_px: int, height_px: int) -> Detections:
    """Join the detections of several runs into one list, best first.

    `searches` holds (detections, tile) pairs, in pixels of the tile; the tile is None for the whole picture. Boxes
    that end at a tile's inner edge may be cut. A whole box, or any box that mostly contains the cut box, replaces the
    cut box, with the better score: one sure box of an object is enough for the mask. A cut box without a replacement is
    kept, and marked. Two whole boxes of one run and label are two objects: the run has suppressed the others.
    """
    boxes = np.concatenate([_in_picture(found, tile) for found, tile in searches])
    cut = np.concatenate([_is_cut(found, tile, width_px, height_px) for found, tile in searches])
    scores = np.concatenate([found.scores for found, _ in searches])
    labels = [label for found, _ in searches for label in found.labels]
    kinds = np.array(["vehicle" if label in VEHICLES else label for label in labels])
    runs = [f"{number} {label}" for number, (found, _) in enumerate(searches) for label in found.labels]
    order, kept = np.lexsort((-scores, cut)), []
    while len(order):
        first, rest = int(order[0]), order[1:]
        kept.append(first)
        iou, inside = _overlaps(boxes[first], boxes[rest])
        is_same = ((iou >= SAME_IOU) | (cut[rest] & (inside >= INSIDE))) & (kinds[rest] == kinds[first])
        nearest = {} if cut[first] else {runs[first]: first}  # the one box of each run that is the same object
        for place in np.flatnonzero(is_same & ~cut[rest])[np.argsort(-iou[is_same & ~cut[rest]], kind="stable")]:
            is_same[place] = nearest.setdefault(runs[rest[place]], rest[place]) == rest[place]
        scores[first] = max(scores[first], scores[rest[is_same]].max(initial=0.0))
        order = rest[~is_same]
    kept.sort(key=lambda index: -scores[index])
    return Detections(boxes[kept], scores[kept], tuple(labels[index] for index in kept), cut[kept])


def _in_picture(found: Detections, tile: Tile | None) -> NDArray[np.float32]:
    if tile is None:
        return found.boxes_xyxy
    return found.boxes_xyxy + np.array([tile.left_px, tile.top_px] * 2, np.float32)


def _is_cut(found: Detections, tile: Tile | None, width_px: int, height_px: int) -> NDArray[np.bool_]:
    if tile is None:
        return np.zeros(len(found), np.bool_)
    x1, y1, x2, y2 = found.boxes_xyxy.T
    left, top, right, bottom = tile.box_xyxy
    return np.asarray(
        ((x1 < EDGE_PX) & (left > 0)) | ((x2 > tile.width_px - EDGE_PX) & (right < width_px))
        | ((y1 < EDGE_PX) & (top > 0)) | ((y2 > tile.height_px - EDGE_PX) & (bottom < height_px))
    )  # fmt: skip


def _overlaps(box: NDArray[np.float32], others: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Intersection over union of a box with (n, 4) others, and the share of each that lies in the box."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    area, areas = np.prod(box[2:] - box[:2]), np.prod(others[:, 2:] - others[:, :2], axis=1)
    return common / np.maximum(area + areas - common, 1e-6), common / np.maximum(areas, 1e-6)
