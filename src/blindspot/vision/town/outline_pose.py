"""A pose made better by the outlines of the buildings in the picture.

Where the town model says that roofs and walls end, a picture shows edges. How far they lie from where the told pose
puts them says how wrong it is: first one shift of the whole picture, found over everything that the pose's doubt
allows; then each outline's own way along its normal (Harris and Stennett 1990), in least squares together with what was
told. Outlines alone are used; nothing of the picture is kept.
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
"""Outlines are looked at in points so far apart."""
REDUCTION = 4
"""The first shift is looked for on every fourth pixel."""
SIGMAS = 3.0
"""The first guess is at most so many standard deviations of the pose away."""
TURN_STEP_DEG = 0.75
TOLD = 0.03
"""By which share the first guess must be better to be one standard deviation and a half from what was told."""
RADII_PX = (16, 10, 6, 4)
"""How far along its normal an edge is looked for, one round after the other."""
EDGE_STD_PX = 2.0
INDEPENDENT_M = 1.2
"""Points of one edge err together: so many metres of outline count as one measurement."""
BEFORE_M = 0.3
LEAST_POINTS = 40
LEAST_AGREEING = 0.5
"""Without as many points in sight, or such a share of them on an edge at the end, nothing is said."""
AGREES_PX = 2.5
LEAST_EDGE = 3.0
"""Change of a channel across a pixel that is an edge, of 255."""
NEARER = 0.1
"""So much less change a nearer edge may have for each pixel."""


@dataclass(frozen=True, slots=True)
class Correction:
    """The better pose, with what is not known of it, and the share of the outlines that lie on edges then."""

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
        """The pose of a picture by its edges; None where too few outlines are in sight or too few agree."""
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
        doubt = np.asarray(np.linalg.inv(information), float)
        return Correction(_with_doubt(moved(pose, change), doubt), agreeing)

    def _in_sight(self, pose: CameraPose) -> tuple[Floats, Floats]:
        """(n, 3) points of outlines in the picture that no building hides, and (n, 3) directions of their edges."""
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
        """Whether nothing stands between the camera and just before a point."""
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
        """The turn about the vertical and the shift of the picture, (6,) and (2,) px, that put the outlines on most
        edges, among all that the pose's doubt allows; what was told is preferred."""
        depth_m = float(np.median(project(points_m, pose, self._lens)[1]))
        doubt_px = self._lens.f_px * math.hypot(pose.position_std_m / depth_m, math.radians(pose.level_std_deg))
        reach, std = math.ceil(SIGMAS * doubt_px / REDUCTION), doubt_px / REDUCTION
        turns = math.ceil(SIGMAS * pose.heading_std_deg / TURN_STEP_DEG)
        best, change, shift = -math.inf, np.zeros(6), np.zeros(2)
        for turn_deg in TURN_STEP_DEG * np.arange(-turns, turns + 1):
            turned = np.array([0, 0, 0, 0, 0, math.radians(turn_deg)])
            pixels, normals = self._normals(points_m, tangents, moved(pose, turned))
            score, steps = edges.best_shift(pixels / REDUCTION, normals, reach, std)
            score *= 1 - TOLD * (turn_deg / max(pose.heading_std_deg, TURN_STEP_DEG)) ** 2 / 2
            if score > best:
                best, change, shift = score, turned, steps
        return change, REDUCTION * shift

    def _slopes(self, points_m: Floats, normals: Floats, pose: CameraPose, change: Floats) -> Floats:
        """(n, 6) by how many px along its normal each point goes for a metre or a radian of each part of the change."""
        here, _ = project(points_m, moved(pose, change), self._lens)
        columns = []
        for part, step in enumerate((0.1, 0.1, 0.1, 1e-3, 1e-3, 1e-3)):
            there, _ = project(points_m, moved(pose, change + step * np.eye(6)[part]), self._lens)
            columns.append(((there - here) * normals).sum(axis=1) / step)
        return np.column_stack(columns)


class Edges:
    """Where a picture changes, in whichever of its channels it changes most, and in which direction: a red roof is as
    bright as a wall in the shade, and no less red."""

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
        """The mean change across the outlines where it is largest, and (2,) the shift there, in pixels of
        the reduced picture; near shifts are preferred."""
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
        scores *= 1 - TOLD * (steps[:, None] ** 2 + steps**2) / (2 * std**2)
        row, col = divmod(int(np.argmax(scores)), len(steps))
        return float(scores[row, col]), np.array([float(steps[col]), float(steps[row])])

    def along(self, pixels: Floats, normals: Floats, radius_px: int) -> tuple[Floats, Floats]:
        """(n,) how far along its normal the strongest edge of each point is, px, and (n,) its weight, 0 without one."""
        offsets = np.arange(-radius_px, radius_px + 1)
        at = (pixels[:, None] + offsets[:, None] * normals[:, None]).astype(np.float32)
        x, y = np.ascontiguousarray(at[..., 0]), np.ascontiguousarray(at[..., 1])
        across, down = (cv2.remap(part, x, y, cv2.INTER_LINEAR) for part in (self._across, self._down))
        change = np.abs(across * normals[:, :1, None] + down * normals[:, 1:, None]).max(axis=2)
        best = np.argmax(change - NEARER * np.abs(offsets), axis=1)
        strongest = change[np.arange(len(best)), best]
        found = offsets[best].astype(float)
        usual = max(1.5, 1.5 * float(np.median(np.abs(found - np.median(found)))))
        weights = 1 / np.maximum(1.0, np.abs(found) / usual) ** 2
        return found, np.where(strongest >= LEAST_EDGE, weights, 0.0)

    def holds(self, pixels: Floats) -> NDArray[np.bool_]:
        """(n,) which of (n, 2) pixels lie in the picture."""
        height, width = self._across.shape[:2]
        return np.asarray(((pixels >= 0) & (pixels < (width, height))).all(axis=1))


def moved(pose: CameraPose, change: Floats) -> CameraPose:
    """The pose shifted by three metres (ENU) and turned by three radians about the site's axes."""
    turn = np.asarray(cv2.Rodrigues(change[3:])[0])
    east_m, north_m, up_m = (pose.position_m + change[:3]).tolist()
    return CameraPose.from_quaternion(
        pose.stamp_s, (east_m, north_m, up_m), quaternion_of(turn @ pose.rotation.T),
        pose.position_std_m, pose.attitude_std_deg, pose.heading_std_deg,
    )  # fmt: skip


def _prior(pose: CameraPose) -> Floats:
    """(6,) inverse variances of what was told; of what is exact very large."""
    level, worst = (math.radians(max(deg, 1e-3)) for deg in (pose.level_std_deg, pose.attitude_std_deg))
    return np.array([max(pose.position_std_m, 1e-3)] * 3 + [level, level, worst]) ** -2.0


def _solved(slopes: Floats, offsets: Floats, weights: Floats, prior: Floats) -> tuple[Floats, Floats]:
    """The change that fits offsets and prior best, and (6, 6) how well it is known (the inverse covariance)."""
    weighted = slopes * (weights * STEP_M / INDEPENDENT_M / EDGE_STD_PX**2)[:, None]
    information = weighted.T @ slopes + np.diag(prior)
    return np.asarray(np.linalg.solve(information, weighted.T @ offsets), float), np.asarray(information, float)


def _with_doubt(pose: CameraPose, covariance: Floats) -> CameraPose:
    """The pose with the standard deviations of its worst axes; nothing beside the diagonal is kept."""
    position_std_m = math.sqrt(float(np.linalg.eigvalsh(covariance[:3, :3])[-1]))
    attitude_std_deg = math.degrees(math.sqrt(float(np.linalg.eigvalsh(covariance[3:, 3:])[-1])))
    east_m, north_m, up_m = pose.position_m.tolist()
    return CameraPose.from_quaternion(
        pose.stamp_s, (east_m, north_m, up_m), pose.quaternion, position_std_m, attitude_std_deg
    )


def _outlines(town: Town) -> Floats:
    """(n, 2, 3) ends of the outlines of all buildings, ENU m: along the eaves, the feet and at the corners."""
    ends = []
    for prism in town.prisms:
        for ring in prism.rings:
            top = np.column_stack([ring, np.full(len(ring), prism.eaves_m)])
            foot = np.column_stack([ring, np.full(len(ring), prism.base_m)])
            ends += [np.stack([ring_m, np.roll(ring_m, -1, axis=0)], axis=1) for ring_m in (top, foot)]
            ends.append(np.stack([foot, top], axis=1))
    return np.concatenate(ends) if ends else np.zeros((0, 2, 3))
