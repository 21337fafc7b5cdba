"""Looks at a masked picture again: does the picture still show anything hidden by law?

Two looks. One pixel of each cell of the mask must be black where the mask hides the town. And some visible pixels of
each picture are followed into the town by rays, which share town and pose with the drawing of the mask and nothing
else: each must end on public ground inside the perimeter. Heads and plates are not looked at again: only the detector
knows their places.

The same rays say whether the camera's axis may rest on a façade (DWL-02).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, centre_px, rays
from blindspot.core import MaskingError
from blindspot.vision.masking import error_at_axis_px
from blindspot.vision.town.first_hit import TownRays
from blindspot.vision.town.seen_town import Town

Picture = NDArray[np.uint8]
RAYS = 32
"""Visible pixels of a picture that are followed, at most."""
BESIDE = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
"""The rays that stand for the axis: itself, and four at the pose's error from it."""
EVERY_PX = 12
"""Distance of the pixels of which some are followed, px; another part of them in each picture."""


class ClearPictureError(MaskingError):
    """A masked picture still shows something that it must hide."""

    def __init__(self, found: Audit) -> None:
        super().__init__(
            f"the masked picture still shows something to hide: {found.outside_px} px outside the perimeter, "
            f"{found.private_px} px of private ground or walls, {found.clear_px} px in all"
        )
        self.found = found


@dataclass(frozen=True, slots=True)
class Audit:
    """Pixels of a masked picture with forbidden content: pixels with rays that end outside the perimeter, pixels with
    rays that end on private ground, on a wall or on a roof, and the number of all such pixels with the pixels under
    the mask."""

    outside_px: int
    private_px: int
    clear_px: int
    axis_on_facade: bool | None = None
    """Whether the camera's axis ends on a façade, or may within the pose's error; None where nobody knows."""

    def refuse_clear(self) -> None:
        if self.clear_px:
            raise ClearPictureError(self)


class MaskAudit:
    """Looks at the masked pictures of one lens over one town."""

    def __init__(self, town: Town, lens: Lens) -> None:
        self._town, self._lens, self._rays = town, lens, TownRays(town)
        self._turn = 0

    def look(self, masked: Picture, keep: Picture, pose: CameraPose) -> Audit:
        """Look at a masked (h, w, 3) picture from a pose. `keep` is the (h / 4, w / 4) mask of the town, 0 where it
        hides."""
        reduction = -(-self._lens.height_px // keep.shape[0])
        shown = masked[::reduction, ::reduction].any(axis=2)
        hidden = int(np.count_nonzero(shown & (keep == 0)))
        kinds = [self._kind(ray, pose) for ray in self._followed(masked, pose)]
        outside, private = kinds.count("outside"), kinds.count("private")
        return Audit(outside, private, hidden + outside + private, self._is_axis_on_facade(pose))

    def _is_axis_on_facade(self, pose: CameraPose) -> bool | None:
        """Whether the axis, or a ray beside the axis by the pose's error, ends on a wall; None if the axis leaves the
        town."""
        u, v = centre_px(self._lens)
        [axis] = rays([(u, v)], pose, self._lens)
        hit = self._rays.ground(pose.position_m, axis, 0.0)
        if hit is None:
            return None
        error_px = error_at_axis_px(pose, self._lens, float(np.linalg.norm(hit.foot_m - pose.position_m)))
        beside = [(u + right * error_px, v + down * error_px) for right, down in BESIDE]
        return any(self._ends_on_wall(ray, pose) for ray in rays(beside, pose, self._lens))

    def _ends_on_wall(self, ray: NDArray[np.float64], pose: CameraPose) -> bool:
        hit = self._rays.ground(pose.position_m, ray, 0.0)
        return hit is not None and self._rays.walls.first(pose.position_m, hit.foot_m) is not None

    def _followed(self, masked: Picture, pose: CameraPose) -> NDArray[np.float64]:
        """(n, 3) rays of some visible pixels: each picture begins at another one of every `EVERY_PX`."""
        self._turn += 1
        down, right = self._turn * 5 % EVERY_PX, self._turn * 7 % EVERY_PX
        rows, cols = np.nonzero(masked[down::EVERY_PX, right::EVERY_PX].any(axis=2))
        some = np.linspace(0, len(rows) - 1, min(RAYS, len(rows))).astype(int)
        at = np.column_stack([cols[some] * EVERY_PX + right, rows[some] * EVERY_PX + down])
        return rays([(float(x), float(y)) for x, y in at], pose, self._lens) if len(at) else np.zeros((0, 3))

    def _kind(self, ray: NDArray[np.float64], pose: CameraPose) -> str:
        """What a ray ends on: `allowed`, `private`, or `outside`, which the sky and unknown ground are, too."""
        hit = self._rays.ground(pose.position_m, ray, 0.0)
        if hit is None:
            return "outside"
        east_m, north_m = hit.foot_m[:2].tolist()
        if self._rays.walls.first(pose.position_m, hit.foot_m) is not None or self._rays.walls.is_built(
            east_m, north_m
        ):
            return "private"
        if self._town.is_allowed(east_m, north_m):
            return "allowed"
        return "outside" if self._town.is_public(east_m, north_m) else "private"
