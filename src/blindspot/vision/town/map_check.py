"""Check of the town model against the pictures: buildings whose roof appears at another height, or is missing.

Each picture's pose is corrected by all outlines together (`outline_pose`). Then every roof's outline is searched at the
model's height and at others. One view counts little: the shares of a roof's outline that lie on edges are averaged over
views from different places. Pictures are discarded after the comparison of outlines with edges. The resulting poses
and heights are never used for flight, masking or georeferencing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, project
from blindspot.vision.town.outline_pose import Edges, OutlinePose
from blindspot.vision.town.seen_town import Town

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

STEP_M = 0.75
"""Spacing of the sample points along a roof's outline."""
CHANGES_M = np.arange(-60, 31) * 0.5
"""Tested differences of a roof's height from the model, m."""
AS_MODELLED = int(np.argmin(np.abs(CHANGES_M)))
LEAST_AGREEING, MOST_AGREE = 0.3, 0.5
"""Least share of all outlines on edges, and least median share over the roofs. Below either the pose is uncertain, and
the view is skipped."""
BESIDE_M = 0.6
"""An edge with another building this close beside it may be invisible."""
EDGE_PX = 2
"""Maximum distance at which an edge counts as found."""
LEAST_CROSSING = 0.5
"""Least sine of the angle between an outline and its shift by height. Points below it are ignored."""
LEAST_POINTS, LEAST_VIEWS = 12, 3
MOVED_M, TURNED_DEG = 6.0, 12.0
"""Least move or turn of the camera between two views."""
LEAST_CHANGE_M = 1.5
BETTER, THERE, GONE = 0.3, 0.6, 0.3
"""Shares of an outline on edges. Another height is reported if its share is at least THERE and exceeds the share at the
model's height by BETTER. A roof is reported as missing if its share at the model's height is below GONE, and below
THERE at every other height. Chosen on rendered towns."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A building that differs between the pictures and the town model.

    `east_m`, `north_m`: middle of its footprint, ENU. `model_m`: height of the eaves above its ground in the model.
    `seen_m`: the same in the pictures, 0 for a missing building. `share_model`, `share_seen`: shares of the outline on
    edges at both heights. `views`: number of views.
    """

    east_m: float
    north_m: float
    model_m: float
    seen_m: float
    share_model: float
    share_seen: float
    views: int


class MapCheck:
    """Compares the pictures of one lens with one town. Feed it pictures in order of time."""

    def __init__(self, town: Town, lens: Lens) -> None:
        self._prisms, self.lens = town.prisms, lens
        self._outlines = OutlinePose(town, lens)
        self._points_m, self._tangents, self._owner = _free_outlines(town)
        self._shares: dict[int, list[Floats]] = {}
        self._last: CameraPose | None = None
        self._views = 0

    def look(self, bgr: NDArray[np.uint8], pose: CameraPose) -> bool:
        """Compare an (h, w, 3) picture, given its reported pose. Returns False if the picture is skipped: it repeats
        the last view, or the outlines leave its pose uncertain."""
        if self._last is not None and not _is_another(pose, self._last):
            return False
        corrected = self._outlines.correct(bgr, pose, LEAST_AGREEING)
        if corrected is None:
            return False
        edges, in_sight = Edges(bgr), self._in_sight(corrected.pose)
        taken = {building: self._taken(points, corrected.pose, edges) for building, points in in_sight.items()}
        judged = {building: shares for building, shares in taken.items() if shares is not None}
        if not judged or np.median([shares[AS_MODELLED] for shares in judged.values()]) < MOST_AGREE:
            return False
        self._last, self._views = pose, self._views + 1
        for building, shares in judged.items():
            self._shares.setdefault(building, []).append(shares)
        return True

    @property
    def views(self) -> int:
        """Number of pictures that were compared with the town."""
        return self._views

    @property
    def judged(self) -> int:
        """Number of buildings that were seen in at least LEAST_VIEWS views."""
        return sum(len(shares) >= LEAST_VIEWS for shares in self._shares.values())

    def disagreements(self) -> tuple[Disagreement, ...]:
        """The disagreements among the judged buildings, the surest first."""
        found = [self._judged(building, shares) for building, shares in self._shares.items()]
        return tuple(sorted((d for d in found if d is not None), key=lambda d: d.share_model - d.share_seen))

    def _taken(self, points: Indices, pose: CameraPose, edges: Edges) -> Floats | None:
        """Share of an outline's points on edges, with the roof at each of CHANGES_M; None if too few points respond to
        height."""
        up = np.array([0.0, 0.0, 1.0])
        at_m = self._points_m[points]
        here, further, higher = (
            project(at_m + step, pose, self.lens)[0] for step in (0.0, 0.01 * self._tangents[points], 0.1 * up)
        )
        way, rise = further - here, higher - here
        way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
        normals = np.column_stack([-way[:, 1], way[:, 0]])
        across = np.abs((rise * normals).sum(axis=1)) / np.maximum(np.linalg.norm(rise, axis=1), 1e-9)
        crossing = across >= LEAST_CROSSING
        if crossing.sum() < LEAST_POINTS:
            return None
        at_m, normals = at_m[crossing], normals[crossing]
        moved = (at_m[None] + CHANGES_M[:, None, None] * up).reshape(-1, 3)
        pixels, repeated = project(moved, pose, self.lens)[0], np.tile(normals, (len(CHANGES_M), 1))
        on_edge = edges.along(pixels, repeated, EDGE_PX)[1] > 0
        on_edge &= edges.holds(pixels)
        return np.asarray(on_edge.reshape(len(CHANGES_M), -1).mean(axis=1))

    def _in_sight(self, pose: CameraPose) -> dict[int, Indices]:
        """Visible points of each building's outline in the picture, by building."""
        pixels, _ = project(self._points_m, pose, self.lens)
        size = (self.lens.width_px, self.lens.height_px)
        inside = np.flatnonzero(((pixels > 0) & (pixels < size)).all(axis=1))
        seen = [index for index in inside.tolist() if self._outlines.is_clear(pose, self._points_m[index])]
        owners = self._owner[seen]
        return {int(owner): np.array(seen)[owners == owner] for owner in np.unique(owners)}

    def _judged(self, building: int, shares: Sequence[Floats]) -> Disagreement | None:
        if len(shares) < LEAST_VIEWS:
            return None
        prism = self._prisms[building]
        height_m = prism.eaves_m - prism.base_m
        mean = np.mean(shares, axis=0)
        in_model = float(mean[AS_MODELLED])
        possible = (np.abs(CHANGES_M) >= LEAST_CHANGE_M) & (height_m + CHANGES_M > LEAST_CHANGE_M)
        best = int(np.argmax(np.where(possible, mean, -1.0)))
        share = float(mean[best])
        if share >= THERE and share >= in_model + BETTER:
            seen_m = height_m + float(CHANGES_M[best])
        elif in_model < GONE and share < THERE:
            seen_m, share = 0.0, 0.0
        else:
            return None
        east_m, north_m = prism.rings[0].mean(axis=0).tolist()
        return Disagreement(east_m, north_m, height_m, seen_m, in_model, share, len(shares))


def _is_another(pose: CameraPose, last: CameraPose) -> bool:
    turned_deg = np.degrees(np.arccos(np.clip(pose.rotation[2] @ last.rotation[2], -1.0, 1.0)))
    return bool(np.linalg.norm(pose.position_m - last.position_m) >= MOVED_M or turned_deg >= TURNED_DEG)


def _free_outlines(town: Town) -> tuple[Floats, Floats, Indices]:
    """(n, 3) points along the free-standing eaves, (n, 3) directions of the edges there, and (n,) numbers of their
    buildings."""
    owners = _owners(town)
    points, tangents, whose = [], [], []
    for number, prism in enumerate(town.prisms):
        for ring in prism.rings:
            at_m, along = _points_of(ring)
            outwards = np.column_stack([along[:, 1], -along[:, 0]])  # a building lies left of its edges
            beside = _owner_at(owners, town, at_m + BESIDE_M * outwards)
            free = (beside < 0) | (beside == number)
            points.append(np.column_stack([at_m[free], np.full(int(free.sum()), prism.eaves_m)]))
            tangents.append(np.column_stack([along[free], np.zeros(int(free.sum()))]))
            whose.append(np.full(int(free.sum()), number))
    if not points:
        return np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0, np.intp)
    return np.concatenate(points), np.concatenate(tangents), np.concatenate(whose).astype(np.intp)


def _points_of(ring: Floats) -> tuple[Floats, Floats]:
    """(n, 2) points about every STEP_M along a ring, and (n, 2) directions of the edges there."""
    edges = np.roll(ring, -1, axis=0) - ring
    lengths_m = np.hypot(*edges.T)
    counts = np.maximum(1, (lengths_m / STEP_M).astype(int))
    which = np.repeat(np.arange(len(ring)), counts)
    share = np.concatenate([(np.arange(count) + 0.5) / count for count in counts])
    along = edges[which]
    return ring[which] + share[:, None] * along, along / np.maximum(lengths_m[which, None], 1e-9)


def _owners(town: Town) -> NDArray[np.int32]:
    """Shaped as the grid: number of the building in each cell, -1 for open ground."""
    owners, grid = np.full(town.grid.shape, -1, np.int32), town.grid
    for number, prism in enumerate(town.prisms):
        corners = [
            np.rint((ring - (grid.east_min_m, grid.north_min_m)) / grid.cell_m - 0.5).astype(np.int32)
            for ring in prism.rings
        ]
        cv2.fillPoly(owners, corners, number)
    return owners


def _owner_at(owners: NDArray[np.int32], town: Town, at_m: Floats) -> NDArray[np.int32]:
    grid = town.grid
    col, row = np.floor((at_m - (grid.east_min_m, grid.north_min_m)) / grid.cell_m).astype(int).T
    inside = (row >= 0) & (row < grid.rows) & (col >= 0) & (col < grid.cols)
    found = owners[row.clip(0, grid.rows - 1), col.clip(0, grid.cols - 1)]
    return np.where(inside, found, -1).astype(np.int32)
