"""Masks a picture before it is stored or sent.

Only ground that is certainly public and inside the perimeter stays visible. Private ground, everything outside the
perimeter, roofs and façades (all walls, up to the greatest possible height of the building) are blacked out by
projecting the town, with the pose's error as margin. In the visible part, the head part of every detected person and
the plate zone of every detected vehicle are blacked out too. This is masking, not anonymisation: a person or vehicle
that the detector misses stays visible on public ground.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, is_upright, project, rays
from blindspot.core import MaskingError
from blindspot.vision.models.detector import Detections
from blindspot.vision.models.models import VEHICLES
from blindspot.vision.town.first_hit import TownRays
from blindspot.vision.town.georeference import HEIGHTS_M, Georeference, GroundPoint
from blindspot.vision.town.seen_town import Town
from blindspot.vision.town.terrain_shadow import Overlook
from blindspot.vision.town.town_view import Surface, TownView, outlines_of

Picture = NDArray[np.uint8]

MAX_POSITION_STD_M = 3.0
MAX_ATTITUDE_STD_DEG = 2.0
SURE_SIGMAS = 2.5
"""Margin around projected surfaces, in standard deviations of the pose."""
MAX_STAMP_DIFFERENCE_S = 0.02
NEAR_M = 0.1
"""Least depth for a margin, m: it is wider than any picture there."""
REDUCTION = 4
"""The mask is drawn on every fourth pixel, and widened by one of these cells."""
HEAD_SHARE, HEAD_ABOVE, HEAD_BESIDE = 0.35, 0.15, 0.38
"""Hidden part of a person's box: shares of the height from the top and above the box, and of the width on either side.
Chosen on the first half of PETS 2009, see docs/concepts/masking.md."""
PLATE_SHARE, AROUND = 0.5, 0.15
RIDDEN, RIDER_ABOVE = frozenset({"bicycle", "motorcycle"}), 0.75
"""A rider of 1.8 m on a vehicle of 1.05 m reaches 0.7 of its height above it."""
STEEP_DEG = 60.0
STEEP_RAY_DEG, MAX_LEAN_DEG = 70.0, 60.0
"""A person on a steeper ray, or one who leans more in the picture, may have the head anywhere in the box."""
EDGE_PX, EDGE_SHARE = 3.0, 0.1
"""A box that ends this close to the picture's edge, px or as a share of its height, may show a part only."""
SQUAT = 1.4
"""A person's box of less than this height, in widths, shows no whole standing person: somebody behind a car or a wall,
who sits or lies. Her head is larger than 35 % of the box, or at its side."""


class Masker:
    """Masks the pictures of one lens over one town."""

    def __init__(self, town: Town | None, lens: Lens) -> None:
        self._town = town
        self._lens = lens
        self._view = None if town is None else TownView(town, lens, to_the_top=True)
        self._places = None if town is None else Georeference(TownRays(town), lens)
        self._overlook = None if town is None else Overlook(town)

    def mask(
        self, bgr: Picture, detections: Detections, pose: CameraPose | None, frame_stamp_s: float,
        grow_px: NDArray[np.float32] | None = None, keep: Picture | None = None,
    ) -> Picture:  # fmt: skip
        """Return a masked copy of a picture of the lens; hidden pixels are black.

        The `detections` are the persons and vehicles to hide. The hidden part of each of them grows by `grow_px`, (n,),
        on every side. The picture was exposed at `frame_stamp_s`. `keep` is the result of `keep` for this picture;
        computed here if omitted.

        Raises MaskingError if the town is unknown, if the pose is missing, of another time or too uncertain, or if the
        picture has another size than the lens. The picture must then be dropped.
        """
        self.check(bgr)
        shown = self.shown(detections, pose, frame_stamp_s, grow_px, keep)
        return np.asarray(cv2.bitwise_and(bgr, bgr, mask=shown), np.uint8)

    def shown(
        self, detections: Detections, pose: CameraPose | None, frame_stamp_s: float,
        grow_px: NDArray[np.float32] | None = None, keep: Picture | None = None,
    ) -> Picture:  # fmt: skip
        """(h, w) mask of the picture that `mask` returns: 255 where a pixel may be seen, else 0."""
        pose = sure_pose(pose, frame_stamp_s)
        keep = self.keep(pose, frame_stamp_s) if keep is None else keep
        if self._town is None:
            raise MaskingError("the town is unknown")
        whole = self._are_whole(detections, pose, keep)
        whole_cells = keep.repeat(REDUCTION, axis=0).repeat(REDUCTION, axis=1)
        keep = whole_cells[: self._lens.height_px, : self._lens.width_px].copy()
        grow_px = np.zeros(len(detections), np.float32) if grow_px is None else grow_px
        for box, label, is_whole, grow in zip(
            detections.boxes_xyxy.tolist(), detections.labels, whole, grow_px.tolist(), strict=True
        ):
            x1, y1, x2, y2 = hidden_part(box, label, grow, is_whole=is_whole)
            keep[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)] = 0
        return keep

    def check(self, bgr: Picture) -> None:
        """Raise MaskingError for a picture of another size or type than the lens gives."""
        if bgr.shape != (self._lens.height_px, self._lens.width_px, 3) or bgr.dtype != np.uint8:
            raise MaskingError(f"the picture is {bgr.shape} {bgr.dtype}, which does not fit the lens")

    def keep(self, pose: CameraPose | None, frame_stamp_s: float) -> Picture:
        """(ceil(h / 4), ceil(w / 4)) mask: 255 where ground may be shown, else 0. Raises MaskingError like `mask`."""
        if self._town is None or self._view is None:
            raise MaskingError("the town is unknown")
        pose = sure_pose(pose, frame_stamp_s)
        keep, spare_m = self._ground(pose), SURE_SIGMAS * pose.position_std_m
        if self._view.is_inside(pose, spare_m):
            return np.zeros_like(keep)
        reach_px = SURE_SIGMAS * _aim_px(pose, self._lens) + REDUCTION
        for surface in self._view.surfaces(pose, reach_px, spare_m * math.hypot(1.0, _corner(self._lens))):
            self._hide(keep, surface, pose)
        return keep

    def _are_whole(self, detections: Detections, pose: CameraPose, keep: Picture) -> list[bool]:
        """Whether each detection is hidden as a whole. This applies to objects that may stand outside the allowed
        ground, as their foot is hidden, and to those whose head or plate may be anywhere in the box."""
        assert self._places is not None
        points = self._places.points(detections, pose)
        return [
            point is None or not self._is_shown(point, pose, keep) or not self._is_usual(box, label, point, pose)
            for box, label, point in zip(detections.boxes_xyxy.tolist(), detections.labels, points, strict=True)
        ]

    def _is_shown(self, point: GroundPoint, pose: CameraPose, keep: Picture) -> bool:
        """Whether the mask shows a place on the ground."""
        ((x, y),), _ = project([(point.east_m, point.north_m, point.up_m)], pose, self._lens)
        if not (0 <= x < self._lens.width_px and 0 <= y < self._lens.height_px):
            return False
        return bool(keep[int(y) // REDUCTION, int(x) // REDUCTION])

    def _is_usual(self, box: Sequence[float], label: str, point: GroundPoint, pose: CameraPose) -> bool:
        """Whether `hidden_part` has a person's head or a vehicle's plate: nothing that it is measured from is cut off
        by the picture's edge, and the object is upright in the box."""
        x1, y1, x2, y2 = box
        edge_px = max(EDGE_PX, EDGE_SHARE * (y2 - y1))
        if not _stands_up(point, pose, self._lens):
            return False
        if label in VEHICLES:
            return y1 >= edge_px
        is_whole = y2 <= self._lens.height_px - edge_px and y2 - y1 >= SQUAT * (x2 - x1)
        return is_whole and pose.pitch_deg >= -STEEP_DEG

    def _ground(self, pose: CameraPose) -> Picture:
        """Mask of certainly allowed ground, before buildings; drawn beyond the picture's edges, then cut to size."""
        assert self._town is not None
        shape = -(-self._lens.height_px // REDUCTION), -(-self._lens.width_px // REDUCTION)
        grounds = list(outlines_of(self._town.allowed_rings, pose, self._lens))
        nearest_m = min((self._nearest_m(depth, pose) for _, depth in grounds), default=math.inf)
        margin = _margin_cells(nearest_m, pose, self._lens)
        if not grounds or 2 * margin + 1 >= min(shape):
            return np.zeros(shape, np.uint8)
        wide = np.zeros((shape[0] + 2 * margin, shape[1] + 2 * margin), np.uint8)
        rings = [_cells(pixels) + margin for pixels, _ in grounds]
        cv2.fillPoly(wide, rings, 255)
        cv2.polylines(wide, rings, True, 0)  # it fills edges, too: forbidden ground of one cell would vanish
        for tile in self._overlooked(pose, margin * REDUCTION):
            cv2.fillConvexPoly(wide, _cells(tile) + margin, 0)
        sure = cv2.erode(wide, np.ones((2 * margin + 1, 2 * margin + 1), np.uint8))
        return np.ascontiguousarray(sure[margin:-margin, margin:-margin], np.uint8)

    def _overlooked(self, pose: CameraPose, beside_px: int) -> NDArray[np.float64]:
        """(n, 4, 2) pixels of the squares of allowed ground that higher ground may hide, up to `beside_px` outside the
        picture. The picture may show the higher ground there."""
        assert self._overlook is not None
        reach = (math.hypot(self._lens.width_px, self._lens.height_px) / 2 + beside_px) / self._lens.f_px
        flattest_deg = pose.pitch_deg + math.degrees(math.atan(reach))
        corners_m = self._overlook.tiles_m(pose, SURE_SIGMAS * pose.position_std_m, flattest_deg)
        tiles = project(corners_m, pose, self._lens)[0].reshape(-1, 4, 2)
        size = (self._lens.width_px, self._lens.height_px)
        inside = (tiles.max(axis=1) >= -beside_px) & (tiles.min(axis=1) <= np.add(size, beside_px))
        return np.asarray(tiles[inside.all(axis=1)])

    def _nearest_m(self, depth_m: float, pose: CameraPose) -> float:
        """Lower bound of the ground's depth in the picture, wherever the camera really was: the ring's depth, or that
        at the steepest ray, which is in a corner of the picture."""
        assert self._town is not None
        spare_m = SURE_SIGMAS * pose.position_std_m
        level_m = pose.up_m - spare_m - float(self._town.ground_m.max())
        size = (self._lens.width_px, self._lens.height_px)
        corners = [(x - 0.5, y - 0.5) for x in (0, size[0]) for y in (0, size[1])]
        tilt = SURE_SIGMAS * math.radians(pose.level_std_deg) * math.hypot(1.0, _corner(self._lens))
        steepest = float(-rays(corners, pose, self._lens)[:, 2].min()) + tilt
        return max(depth_m - spare_m, level_m / max(steepest, 1e-3), NEAR_M)

    def _hide(self, keep: Picture, surface: Surface, pose: CameraPose) -> None:
        """Black out a surface and the margin around it; a roof is filled including its courtyards."""
        cells = _cells(surface.rings[0])
        margin = _margin_cells(max(surface.depth_m - SURE_SIGMAS * pose.position_std_m, NEAR_M), pose, self._lens)
        if 2 * margin + 1 >= min(keep.shape):
            keep[:] = 0
            return
        cv2.fillPoly(keep, [cells], 0)
        cv2.polylines(keep, [cells], True, 0, thickness=2 * margin + 1)


def sure_pose(pose: CameraPose | None, frame_stamp_s: float) -> CameraPose:
    """Return the pose if it is accurate enough for masking; raises MaskingError otherwise, also for NaN."""
    if pose is None:
        raise MaskingError("the camera's pose is unknown")
    values = (pose.east_m, pose.north_m, pose.up_m, pose.heading_deg, pose.pitch_deg, pose.roll_deg, frame_stamp_s)
    if not all(math.isfinite(value) for value in values):
        raise MaskingError("the camera's pose is not a number")
    if not is_upright(pose.pitch_deg, pose.roll_deg):
        raise MaskingError(f"the camera is rolled by {pose.roll_deg:.0f} deg: heads are not at the top of the boxes")
    if not abs(pose.stamp_s - frame_stamp_s) <= MAX_STAMP_DIFFERENCE_S:
        raise MaskingError(f"the pose is {pose.stamp_s - frame_stamp_s:+.2f} s from the picture")
    if not pose.position_std_m <= MAX_POSITION_STD_M:
        raise MaskingError(f"the position is uncertain by {pose.position_std_m:.1f} m, over {MAX_POSITION_STD_M:.1f} m")
    aim_deg = pose.aim_std_deg(pose.pitch_deg)
    if not aim_deg <= MAX_ATTITUDE_STD_DEG:
        raise MaskingError(f"the aim is uncertain by {aim_deg:.1f} deg, over {MAX_ATTITUDE_STD_DEG:.1f} deg")
    return pose


def error_at_axis_px(pose: CameraPose, lens: Lens, depth_m: float) -> float:
    """SURE_SIGMAS of the pose's error in the middle of the picture, for a surface at a depth, px."""
    turned_px = lens.f_px * math.radians(pose.aim_std_deg(pose.pitch_deg))
    return SURE_SIGMAS * (turned_px + lens.f_px * pose.position_std_m / max(depth_m, NEAR_M))


def _stands_up(point: GroundPoint, pose: CameraPose, lens: Lens) -> bool:
    """Whether a person at a place has the head at the top of the box, and a vehicle its near face at the bottom.
    Towards the corners of a wide lens they lean outwards, and behind the point straight below the camera they stand
    upside down."""
    feet, up = np.array([point.east_m, point.north_m, point.up_m]), np.array([0.0, 0.0, HEIGHTS_M["person"]])
    (foot_x, foot_y), (head_x, head_y) = project([feet, feet + up], pose, lens)[0].tolist()
    away_m, below_m = math.dist(feet[:2], pose.position_m[:2]), pose.up_m - point.up_m
    is_flat = below_m <= away_m * math.tan(math.radians(STEEP_RAY_DEG))
    return is_flat and abs(head_x - foot_x) <= (foot_y - head_y) * math.tan(math.radians(MAX_LEAN_DEG))


def _margin_cells(depth_m: float, pose: CameraPose, lens: Lens) -> int:
    """Margin around a drawn surface in mask cells: SURE_SIGMAS of the pose's error, plus one cell. In the picture's
    corners an error along the axis counts, too."""
    position_px = lens.f_px * pose.position_std_m / depth_m * math.hypot(1.0, _corner(lens))
    return math.ceil(SURE_SIGMAS * (position_px + _aim_px(pose, lens)) / REDUCTION) + 1


def _corner(lens: Lens) -> float:
    """Tangent of the angle between the axis and the rays in the picture's corners."""
    return math.hypot(lens.width_px, lens.height_px) / (2 * lens.f_px)


def _aim_px(pose: CameraPose, lens: Lens) -> float:
    """Standard deviation in pixels from the aim's error, in the picture's corners, where it is largest."""
    corner = _corner(lens)
    flattest_deg = min(0.0, pose.pitch_deg + math.degrees(math.atan(corner)))
    return lens.f_px * math.radians(pose.aim_std_deg(flattest_deg)) * (1.0 + corner**2)


def _cells(pixels: NDArray[np.float64]) -> NDArray[np.int32]:
    """Pixels as whole cells of the mask."""
    return np.rint((pixels + 0.5) / REDUCTION - 0.5).astype(np.int32)


def hidden_part(box: Sequence[float], label: str, grow_px: float = 0.0, *, is_whole: bool) -> tuple[int, int, int, int]:
    """x1 y1 x2 y2 pixels to black out for a box; they may reach beyond the picture.

    For a person this is the upper part. For a vehicle it is the lower part: plates are on upright faces, and the faces
    turned to the camera are near and low in the picture. A bicycle and a motorcycle are hidden as a whole, and above
    them the head of a rider, whom a network may miss: its box may hold the vehicle alone.
    """
    x1, y1, x2, y2 = box
    wide, tall = x2 - x1, y2 - y1
    beside = (AROUND if label in VEHICLES else HEAD_BESIDE) * wide + 1 + grow_px
    if label in RIDDEN:
        top, bottom = y1 - RIDER_ABOVE * tall - 1, y2 + AROUND * tall + 1
    elif is_whole:
        top, bottom = y1 - HEAD_ABOVE * tall - 1, y2 + AROUND * tall + 1
    elif label in VEHICLES:
        top, bottom = y1 + (1 - PLATE_SHARE) * tall, y2 + 0.05 * tall + 1
    else:
        top, bottom = y1 - HEAD_ABOVE * tall - 1, y1 + HEAD_SHARE * tall
    return (
        math.floor(x1 - beside), math.floor(top - grow_px),
        math.ceil(x2 + beside), math.ceil(bottom + grow_px),
    )  # fmt: skip
