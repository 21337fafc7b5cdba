"""Pose correction from the outlines of the buildings in the picture.

At the ends of roofs and walls in the town model a picture shows edges. Their distance from the outlines, projected by
the reported pose, gives the pose's error. A first step finds one shift of the whole picture within the pose's
uncertainty. Then each outline point is matched along its normal (Harris and Stennett 1990), in least squares together
with the reported pose. Only outlines are used, and the picture is discarded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, project, quaternion_of
from blindspot.vision.town.first_hit import TownRays
from blindspot.vision.town.seen_town import Town

Floats = NDArray[np.float64]
STEP_M = 0.75
"""Spacing of the sample points along an outline."""
REDUCTION = 4
"""The first shift is searched on every fourth pixel."""
SIGMAS = 3.0
"""Search range of the first guess, in standard deviations of the pose."""
TURN_STEP_DEG = 0.75
OFFSET_COST = 0.03
"""Share of its score that a guess loses at about 1.5 standard deviations from the reported pose."""
RADII_PX = (16, 10, 6, 4)
"""Search distances for an edge along its normal, one per round."""
EDGE_STD_PX = 2.0
INDEPENDENT_M = 1.2
"""Points of one edge have correlated errors: this length of outline counts as one measurement."""
BEFORE_M = 0.3
LEAST_POINTS = 40
LEAST_AGREEING = 0.5
"""Least number of points in view, and least share of them on an edge at the end. Below either, `correct` gives up."""
AGREES_PX = 2.5
LEAST_EDGE = 3.0
"""Least change of a channel across an edge pixel, of 255."""
NEARER = 0.1
"""Change by which a farther edge must exceed a nearer one, per pixel of distance."""
MOST_ROWS = 32_000
"""cv2.remap refuses more rows, and raises."""


@dataclass(frozen=True, slots=True)
class Correction:
    """The corrected pose with its uncertainty, and the share of the outlines that then lie on edges."""

    pose: CameraPose
    agreeing: float


class OutlinePose:
    """Corrects the poses of one lens over one town."""

    def __init__(self, town: Town, lens: Lens) -> None:
        self._lens, self._rays = lens, TownRays(town)
        self._ends_m = _outlines(town)

    def correct(
        self, bgr: NDArray[np.uint8], pose: CameraPose, least_agreeing: float = LEAST_AGREEING
    ) -> Correction | None:
        """Correct the pose of a picture of the lens by its edges; None if too few outlines are in view, or if less than
        `least_agreeing` of their points lie on edges after the correction."""
        points_m, tangents = self._in_sight(pose)
        if len(points_m) < LEAST_POINTS:
            return None
        edges = Edges(bgr)
        prior = _prior(pose)
        change, shift_px = self._first_guess(edges, points_m, tangents, pose)
        normals = self._normals(points_m, tangents, moved(pose, change))[1]
        offsets, weights = normals @ shift_px, np.ones(len(points_m))
        for radius_px in (0, *RADII_PX):
            if radius_px:
                pixels, normals = self._normals(points_m, tangents, moved(pose, change))
                offsets, weights = edges.along(pixels, normals, radius_px)
            slopes = self._slopes(points_m, normals, pose, change)
            change, information = _solved(slopes, offsets + slopes @ change, weights, prior)
        offsets, weights = edges.along(*self._normals(points_m, tangents, moved(pose, change)), RADII_PX[0])
        agreeing = float(np.mean((np.abs(offsets) <= AGREES_PX) & (weights > 0)))
        if agreeing < least_agreeing:
            return None
        covariance = np.asarray(np.linalg.inv(information), float)
        return Correction(_with_covariance(moved(pose, change), covariance), agreeing)

    def _in_sight(self, pose: CameraPose) -> tuple[Floats, Floats]:
        """(n, 3) visible points of outlines in the picture, and (n, 3) directions of their edges."""
        starts, ends = self._ends_m[:, 0], self._ends_m[:, 1]
        near = np.hypot(*(starts[:, :2] - pose.position_m[:2]).T) < 2 * pose.up_m - 2 * self._rays.lowest_m
        starts, along = starts[near], (ends - starts)[near]
        counts = np.maximum(1, (np.linalg.norm(along, axis=1) / STEP_M).astype(int))
        which = np.repeat(np.arange(len(starts)), counts)
        share = np.concatenate([(np.arange(count) + 0.5) / count for count in counts]) if len(counts) else np.zeros(0)
        points, tangents = starts[which] + share[:, None] * along[which], along[which]
        pixels, _ = project(points, pose, self._lens)
        size = (self._lens.width_px - RADII_PX[0], self._lens.height_px - RADII_PX[0])
        inside = ((pixels > RADII_PX[0]) & (pixels < size)).all(axis=1)
        points, tangents = points[inside], tangents[inside]
        seen = np.array([self.is_clear(pose, point) for point in points], bool)
        return points[seen], tangents[seen]

    def is_clear(self, pose: CameraPose, point_m: Floats) -> bool:
        """Whether the line of sight from the camera to just before a point is free of walls."""
        before_m = point_m + BEFORE_M * (pose.position_m - point_m) / np.linalg.norm(pose.position_m - point_m)
        is_clear = self._rays.walls.first(pose.position_m, before_m) is None
        return is_clear and not self._rays.walls.is_built(*before_m.tolist())

    def _normals(self, points_m: Floats, tangents: Floats, pose: CameraPose) -> tuple[Floats, Floats]:
        """(n, 2) pixels of points, and (n, 2) normals of their edges in the picture."""
        pixels, _ = project(points_m, pose, self._lens)
        further, _ = project(points_m + 0.01 * tangents, pose, self._lens)
        way = further - pixels
        way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
        return pixels, np.column_stack([-way[:, 1], way[:, 0]])

    def _first_guess(self, edges: Edges, points_m: Floats, tangents: Floats, pose: CameraPose) -> tuple[Floats, Floats]:
        """The turn about the vertical, (6,), and the shift of the picture, (2,) px, that put most outlines on edges
        within the pose's uncertainty. Values near the reported pose are preferred."""
        depth_m = float(np.median(project(points_m, pose, self._lens)[1]))
        std_px = self._lens.f_px * math.hypot(pose.position_std_m / depth_m, math.radians(pose.level_std_deg))
        reach, std = math.ceil(SIGMAS * std_px / REDUCTION), std_px / REDUCTION
        turns = math.ceil(SIGMAS * pose.heading_std_deg / TURN_STEP_DEG)
        best, change, shift = -math.inf, np.zeros(6), np.zeros(2)
        for turn_deg in TURN_STEP_DEG * np.arange(-turns, turns + 1):
            turned = np.array([0, 0, 0, 0, 0, math.radians(turn_deg)])
            pixels, normals = self._normals(points_m, tangents, moved(pose, turned))
            score, steps = edges.best_shift(pixels / REDUCTION, normals, reach, std)
            score *= 1 - OFFSET_COST * (turn_deg / max(pose.heading_std_deg, TURN_STEP_DEG)) ** 2 / 2
            if score > best:
                best, change, shift = score, turned, steps
        return change, REDUCTION * shift

    def _slopes(self, points_m: Floats, normals: Floats, pose: CameraPose, change: Floats) -> Floats:
        """(n, 6) Jacobian: pixels along its normal that each point moves per metre or radian of each part of the
        change."""
        here, _ = project(points_m, moved(pose, change), self._lens)
        columns = []
        for part, step in enumerate((0.1, 0.1, 0.1, 1e-3, 1e-3, 1e-3)):
            there, _ = project(points_m, moved(pose, change + step * np.eye(6)[part]), self._lens)
            columns.append(((there - here) * normals).sum(axis=1) / step)
        return np.column_stack(columns)


class Edges:
    """Gradients of a picture, from the channel that changes most. Brightness alone would miss the edge between a red
    roof and an equally bright wall in the shade."""

    def __init__(self, bgr: NDArray[np.uint8]) -> None:
        smooth = cv2.GaussianBlur(bgr, (0, 0), 1.2)
        self._across, self._down = (
            np.asarray(cv2.Sobel(smooth, cv2.CV_32F, *order, ksize=3, scale=1 / 8), np.float32)
            for order in ((1, 0), (0, 1))
        )
        small = (smooth.shape[1] // REDUCTION, smooth.shape[0] // REDUCTION)
        most = (np.minimum(np.abs(part).max(axis=2), 40.0) for part in (self._across, self._down))
        self._small = [cv2.resize(part, small, interpolation=cv2.INTER_AREA) for part in most]

    def best_shift(self, pixels: Floats, normals: Floats, reach: int, std: float) -> tuple[float, Floats]:
        """The largest mean change across the outlines, and (2,) its shift in pixels of the reduced picture. Near
        shifts are preferred."""
        height, width = self._small[0].shape
        places = np.rint(pixels).astype(int)
        weights = np.abs(normals)
        steps = np.arange(-reach, reach + 1)
        scores = np.empty((len(steps), len(steps)))
        for row, down in enumerate(steps.tolist()):
            rows = np.clip(places[:, 1] + down, 0, height - 1)[:, None]
            cols = np.clip(places[:, 0, None] + steps, 0, width - 1)
            change = weights[:, :1] * self._small[0][rows, cols] + weights[:, 1:] * self._small[1][rows, cols]
            scores[row] = change.mean(axis=0)
        scores *= 1 - OFFSET_COST * (steps[:, None] ** 2 + steps**2) / (2 * std**2)
        row, col = divmod(int(np.argmax(scores)), len(steps))
        return float(scores[row, col]), np.array([float(steps[col]), float(steps[row])])

    def along(self, pixels: Floats, normals: Floats, radius_px: int) -> tuple[Floats, Floats]:
        """(n,) offset of each point's strongest edge along the normal, px, and (n,) its weight, 0 if none is found."""
        offsets = np.arange(-radius_px, radius_px + 1)
        at = (pixels[:, None] + offsets[:, None] * normals[:, None]).astype(np.float32)
        across, down = _sampled(self._across, at), _sampled(self._down, at)
        change = np.abs(across * normals[:, :1, None] + down * normals[:, 1:, None]).max(axis=2)
        best = np.argmax(change - NEARER * np.abs(offsets), axis=1)
        strongest = change[np.arange(len(best)), best]
        found = offsets[best].astype(float)
        usual = max(1.5, 1.5 * float(np.median(np.abs(found - np.median(found)))))
        weights = 1 / np.maximum(1.0, np.abs(found) / usual) ** 2
        return found, np.where(strongest >= LEAST_EDGE, weights, 0.0)

    def holds(self, pixels: Floats) -> NDArray[np.bool_]:
        """(n,) whether each of (n, 2) pixels lies in the picture."""
        height, width = self._across.shape[:2]
        return np.asarray(((pixels >= 0) & (pixels < (width, height))).all(axis=1))


def _sampled(part: NDArray[np.float32], at: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, m, 3) values of a gradient at (n, m, 2) pixels."""
    x, y = np.ascontiguousarray(at[..., 0]), np.ascontiguousarray(at[..., 1])
    pieces = [slice(first, first + MOST_ROWS) for first in range(0, len(at), MOST_ROWS)]
    return np.concatenate([cv2.remap(part, x[piece], y[piece], cv2.INTER_LINEAR) for piece in pieces])


def moved(pose: CameraPose, change: Floats) -> CameraPose:
    """The pose, shifted by `change[:3]` (ENU, m) and turned by `change[3:]` (radians about the site's axes)."""
    turn = np.asarray(cv2.Rodrigues(change[3:])[0])
    east_m, north_m, up_m = (pose.position_m + change[:3]).tolist()
    return CameraPose.from_quaternion(
        pose.stamp_s, (east_m, north_m, up_m), quaternion_of(turn @ pose.rotation.T),
        pose.position_std_m, pose.attitude_std_deg, pose.heading_std_deg,
    )  # fmt: skip


def _prior(pose: CameraPose) -> Floats:
    """(6,) inverse variances of the reported pose; very large for an exact value."""
    level, worst = (math.radians(max(deg, 1e-3)) for deg in (pose.level_std_deg, pose.attitude_std_deg))
    return np.array([max(pose.position_std_m, 1e-3)] * 3 + [level, level, worst]) ** -2.0


def _solved(slopes: Floats, offsets: Floats, weights: Floats, prior: Floats) -> tuple[Floats, Floats]:
    """The change that fits offsets and prior best, and its (6, 6) inverse covariance."""
    weighted = slopes * (weights * STEP_M / INDEPENDENT_M / EDGE_STD_PX**2)[:, None]
    information = weighted.T @ slopes + np.diag(prior)
    return np.asarray(np.linalg.solve(information, weighted.T @ offsets), float), np.asarray(information, float)


def _with_covariance(pose: CameraPose, covariance: Floats) -> CameraPose:
    """The pose with the standard deviations of its worst axes; correlations are dropped."""
    position_std_m = math.sqrt(float(np.linalg.eigvalsh(covariance[:3, :3])[-1]))
    attitude_std_deg = math.degrees(math.sqrt(float(np.linalg.eigvalsh(covariance[3:, 3:])[-1])))
    east_m, north_m, up_m = pose.position_m.tolist()
    return CameraPose.from_quaternion(
        pose.stamp_s, (east_m, north_m, up_m), pose.quaternion, position_std_m, attitude_std_deg
    )


def _outlines(town: Town) -> Floats:
    """(n, 2, 3) ends of the outlines of all buildings, ENU m: eaves, feet and corners."""
    ends = []
    for prism in town.prisms:
        for ring in prism.rings:
            top = np.column_stack([ring, np.full(len(ring), prism.eaves_m)])
            foot = np.column_stack([ring, np.full(len(ring), prism.base_m)])
            ends += [np.stack([ring_m, np.roll(ring_m, -1, axis=0)], axis=1) for ring_m in (top, foot)]
            ends.append(np.stack([foot, top], axis=1))
    return np.concatenate(ends) if ends else np.zeros((0, 2, 3))
