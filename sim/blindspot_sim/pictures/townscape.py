"""The geometry of every picture of a town: what a lens sees from a pose, in the order of painting.

The renderers of visible and of thermal pictures share it, so a point of the town falls on the same pixel in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, centre_px, project, rays
from blindspot.vision.town import CLIP_M, Surface, Town, TownView, Tree
from blindspot_sim.pictures.figures import Figure, Outline, TrueBox, outline_of, paint, strokes_of
from blindspot_sim.pictures.people import Person
from blindspot_sim.pictures.shading import fill
from blindspot_sim.pictures.trees import strokes_of_tree

TEXEL_M = 0.25
BESIDE_M = 3.0
"""A figure with its middle this far outside the picture may reach into it."""
BLOCK_PX = 8
"""Side of the pixel blocks. The distance to the terrain is interpolated between the middles of blocks."""
TERRAIN_STEPS = 5
FAR_TEXELS = 30_000.0
"""A texel beyond each texture and within OpenCV's range of numbers."""


class Townscape:
    """A town before one lens."""

    def __init__(self, town: Town, lens: Lens) -> None:
        self.town, self.lens = town, lens
        self.level_m = float(np.median(town.ground_m))
        self._view = TownView(town, lens, to_the_top=False)

    def true_boxes(self, pose: CameraPose, figures: Sequence[Figure]) -> tuple[TrueBox, ...]:
        """The ground truth of a rendered picture: a box around each figure in the picture, and the figure's visible
        share."""
        numbers = np.zeros((self.lens.height_px, self.lens.width_px), np.uint16)
        outlines: list[tuple[str, Outline]] = []
        for part in self.far_to_near(pose, figures):
            if isinstance(part, Surface):
                fill(numbers, part.rings, 0)
                continue
            if isinstance(part, Tree):
                paint(numbers, strokes_of_tree(part, pose, self.lens), 0)
                continue
            strokes = strokes_of(part, pose, self.lens)
            outline = outline_of(strokes, self.lens)
            if outline is not None:
                outlines.append(("person" if isinstance(part, Person) else "car", outline))
                paint(numbers, strokes, len(outlines))
        seen = np.bincount(numbers.ravel(), minlength=len(outlines) + 1)[1:]
        return tuple(
            TrueBox(label, outline.box_xyxy, float(count / outline.area_px) if outline.is_whole else 0.0)
            for (label, outline), count in zip(outlines, seen.tolist(), strict=True)
        )

    def far_to_near(self, pose: CameraPose, figures: Sequence[Figure]) -> Iterator[Surface | Figure | Tree]:
        """Buildings' surfaces, and between them the trees and the figures in sight, in the order of painting."""
        upright = sorted(self._in_sight([*self.town.trees, *figures], pose), key=lambda one: _distance_m(one, pose))
        distances_m = self._view.distances_m(pose)
        for surface in self._view.surfaces(pose):
            while upright and _distance_m(upright[-1], pose) > distances_m[surface.building]:
                yield upright.pop()
            yield surface
        yield from reversed(upright)

    def sky(self, pose: CameraPose) -> NDArray[np.bool_] | None:
        """(h, w) True where a pixel's ray does not fall; None if all rays fall."""
        # A pixel's ray falls when (slope . (u, v, 1)) < 0.
        lens = self.lens
        slope = pose.rotation[:, 2] / (lens.f_px, lens.f_px, 1.0)
        slope[2] -= slope[:2] @ centre_px(lens)
        corners = np.array([[0, 0, 1], [lens.width_px - 1, 0, 1], [lens.width_px - 1, lens.height_px - 1, 1],
                            [0, lens.height_px - 1, 1]], float)  # fmt: skip
        if not (corners @ slope >= 0).any():
            return None
        rows = np.arange(lens.height_px)[:, None] * slope[1] + slope[2]
        return np.asarray(rows + np.arange(lens.width_px)[None, :] * slope[0] >= 0)

    def ground(self, texture: NDArray[Any], beyond: tuple[int, ...], pose: CameraPose) -> NDArray[Any]:
        """The ground's texture on the terrain, and `beyond` outside the texture, in the picture's size.

        It is drawn at half the size. The texture's grain hides the difference.
        """
        half = cv2.remap(
            texture, *self._texels(pose), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=beyond
        )
        return np.asarray(cv2.resize(half, None, fx=2, fy=2)[: self.lens.height_px, : self.lens.width_px])

    def _texels(self, pose: CameraPose) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Column and row of the texel that each pixel of the half-size picture shows, in the picture's shape.

        Only the middles of pixel blocks are traced to the terrain, by fixed-point steps from the terrain's level.
        """
        half_size = (-(-self.lens.width_px // 2), -(-self.lens.height_px // 2))
        across, down = (-(-pixels // BLOCK_PX) + 2 for pixels in half_size)  # a block beyond each edge
        u, v = (2.0 * ((np.arange(count) - 0.5) * BLOCK_PX - 0.5) + 0.5 for count in (across, down))
        directions = rays(np.stack(np.meshgrid(u, v), axis=-1), pose, self.lens)
        falling = np.minimum(directions[:, 2], -1e-3)  # flat rays end far away, beyond all texels
        grid, ground_m = self.town.grid, np.full(len(directions), self.level_m)
        corner_m = np.array([grid.east_min_m, grid.north_min_m])
        for _ in range(TERRAIN_STEPS):
            at_m = pose.position_m[:2] + directions[:, :2] * ((ground_m - pose.up_m) / falling)[:, None]
            cell = ((at_m - corner_m) / grid.cell_m).clip(0, (grid.cols - 1, grid.rows - 1))
            col, row = cell.astype(int).T
            ground_m = self.town.ground_m[row, col]
        texels = ((at_m - corner_m) / TEXEL_M - 0.5).clip(-FAR_TEXELS, FAR_TEXELS)
        blocks = texels.astype(np.float32).reshape(down, across, 2)
        size, (width, height) = (across * BLOCK_PX, down * BLOCK_PX), half_size
        cols, rows = (
            np.asarray(cv2.resize(blocks[..., axis], size, interpolation=cv2.INTER_LINEAR), np.float32)
            for axis in (0, 1)
        )
        inner = (slice(BLOCK_PX, BLOCK_PX + height), slice(BLOCK_PX, BLOCK_PX + width))
        return cols[inner], rows[inner]

    def _in_sight(self, upright: Sequence[Figure | Tree], pose: CameraPose) -> list[Figure | Tree]:
        """Figures with their middle in the picture or within a few metres of it."""
        middles = np.array([(one.east_m, one.north_m, _middle_m(one)) for one in upright]).reshape(-1, 3)
        pixels, depth = project(middles, pose, self.lens)
        beside_m = np.array([one.radius_m if isinstance(one, Tree) else BESIDE_M for one in upright])
        beside = beside_m * self.lens.f_px / np.maximum(depth, CLIP_M)
        size = (self.lens.width_px, self.lens.height_px)
        seen = ((pixels > -beside[:, None]) & (pixels < size + beside[:, None])).all(axis=1)
        return [one for one, is_seen in zip(upright, np.asarray(seen), strict=True) if is_seen]


def _middle_m(one: Figure | Tree) -> float:
    return one.middle_m if isinstance(one, Tree) else one.up_m + one.height_m / 2.0


def _distance_m(one: Figure | Tree, pose: CameraPose) -> float:
    """Distance to a figure. For a tree, the near edge of its crown, which hides people under and behind it."""
    distance_m = float(np.hypot(one.east_m - pose.east_m, one.north_m - pose.north_m))
    return distance_m - one.radius_m if isinstance(one, Tree) else distance_m
