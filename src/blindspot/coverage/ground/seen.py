"""The ground that was really seen, picture by picture, from the camera's measured pose instead of the plan."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, camera_axes, is_upright
from blindspot.core import outputs
from blindspot.coverage.sight.drone_camera import drone_view
from blindspot.mission import DensityBand, GroundMasks
from blindspot.site.ground import Grid, HeightField

# Conditions for a picture to count. Blur is the path of a ground point over the sensor during the exposure.
MAX_POSITION_STD_M, MAX_ATTITUDE_STD_DEG = 2.0, 1.0
EXPOSURE_S, MAX_BLUR_PX = 0.002, 2.0
MAX_GAP_S = 1.0


class SeenGround:
    """The blind ground of a mission, with the times when each cell was first and last seen.

    Call `look` once for each exposure of each camera.
    """

    def __init__(self, masks: GroundMasks, band: DensityBand) -> None:
        self.masks, self._band = masks, band
        self.first_seen_s: NDArray[np.float64] = np.full(masks.grid.shape, np.nan)
        self.last_seen_s: NDArray[np.float64] = np.full(masks.grid.shape, np.nan)
        self.counted = 0
        self.in_view: NDArray[np.int32] = np.empty(0, np.int32)
        """Blind cells (flat) of the last picture that counted."""
        self.refused = Counter[str]()
        """Number of refused pictures, by cause."""
        self._previous: dict[str, CameraPose] = {}
        self._new: list[NDArray[np.int32]] = []
        self._cell_area_m2 = masks.grid.cell_area_m2
        self._seen_cells = 0

    @property
    def grid(self) -> Grid:
        return self.masks.grid

    @property
    def blind_area_m2(self) -> float:
        return float(self.masks.blind.sum()) * self._cell_area_m2

    @property
    def seen_area_m2(self) -> float:
        return self._seen_cells * self._cell_area_m2

    @property
    def seen_fraction(self) -> float:
        """Share of the blind ground seen so far, 0..1; 1 if the blind area is 0."""
        return self.seen_area_m2 / self.blind_area_m2 if self.blind_area_m2 else 1.0

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Mask of the blind cells seen so far."""
        return ~np.isnan(self.last_seen_s)

    def look(self, camera: str, lens: Lens, exposure: CameraPose) -> bool:
        """Count one picture of `camera`.

        Returns False for a refused picture: an uncertain pose, a sideways tilt (`is_upright`), an unknown motion,
        blur, or a density over the cap. `refused` counts the causes.
        """
        previous = self._previous.get(camera)
        self._previous[camera] = exposure
        if cause := self._cannot_count(lens, previous, exposure):
            self.refused[cause] += 1
            return False
        view = drone_view(
            self.masks.field, lens, exposure.east_m, exposure.north_m, exposure.up_m,
            exposure.heading_deg % 360.0, exposure.pitch_deg, self._band,
            roll_deg=exposure.roll_deg, among=self.masks.blind, uncertainty_m=exposure.position_std_m,
        )  # fmt: skip
        if view.max_px_per_m > self._band.max_px_per_m:
            self.refused["over the density cap"] += 1
            return False
        self.counted += 1
        flat = self.last_seen_s.reshape(-1)
        new = view.cells[np.isnan(flat[view.cells])]
        flat[view.cells] = self.first_seen_s.reshape(-1)[new] = exposure.stamp_s
        self.in_view = view.cells
        self._seen_cells += len(new)
        self._new.append(new)
        return True

    def take_new_cells(self) -> NDArray[np.int32]:
        """Flat indices of the cells seen for the first time since the last call."""
        new, self._new = self._new, []
        return np.concatenate(new) if new else np.empty(0, np.int32)

    def save(self, path: Path) -> None:
        """Write the times when each cell was first and last seen (s, NaN: never) to a file, which is replaced as a
        whole. Raises OSError."""
        with outputs.whole_file(path) as opened:  # float32 would round today's time to 128 s
            np.savez_compressed(opened, first_seen_s=self.first_seen_s, last_seen_s=self.last_seen_s)

    def resume(self, path: Path, since_s: float, until_s: float) -> bool:
        """Take over the seen ground of a file, so that a restart in flight loses none. Pictures are counted anew.

        Returns False, and changes nothing, unless every cell of the file is blind ground that was first and last seen
        in [since_s, until_s]: another file is missing, broken, or of another flight.
        """
        try:
            with np.load(path) as data:
                last_seen_s = data["last_seen_s"].astype(np.float64)
                first_seen_s = data["first_seen_s"].astype(np.float64)
        except Exception:  # zipfile, zlib and numpy raise unrelated types for a broken file
            return False
        seen = ~np.isnan(last_seen_s)
        if seen.shape != self.grid.shape or not seen.any() or (seen & ~self.masks.blind).any():
            return False
        if first_seen_s.shape != seen.shape or (np.isnan(first_seen_s) == seen).any():
            return False
        if not since_s <= first_seen_s[seen].min() or not last_seen_s[seen].max() <= until_s:
            return False
        if (first_seen_s[seen] > last_seen_s[seen]).any():
            return False
        self.first_seen_s, self.last_seen_s, self._seen_cells = first_seen_s, last_seen_s, int(seen.sum())
        self._new = [np.flatnonzero(seen).astype(np.int32)]
        return True

    def oldest_view_age_s(self, now_s: float) -> float:
        """Age, s, of the oldest last view of any cell seen so far; NaN before the first view."""
        return now_s - float(np.nanmin(self.last_seen_s)) if self._seen_cells else math.nan

    def _cannot_count(self, lens: Lens, previous: CameraPose | None, exposure: CameraPose) -> str:
        """The cause for which a picture is refused, empty if it counts.

        Unknown motion is a cause: the first picture, and the first one after a gap, are refused.
        """
        if not (
            exposure.position_std_m <= MAX_POSITION_STD_M
            and exposure.aim_std_deg(exposure.pitch_deg) <= MAX_ATTITUDE_STD_DEG
        ):
            return "pose unsure"
        if not is_upright(exposure.pitch_deg, exposure.roll_deg):
            return "not upright: it can't be masked"
        if previous is None or not 0.0 < exposure.stamp_s - previous.stamp_s <= MAX_GAP_S:
            return "motion unknown: the first after a pause"
        blurred_px = blur_px(lens, previous, exposure, EXPOSURE_S, self._band.max_px_per_m)
        return "" if blurred_px <= MAX_BLUR_PX else "blurred: the camera turns"


def warm_up(band: DensityBand) -> None:
    """Compile or load the kernels of `look` in advance, because this takes seconds at the first picture."""
    grid = Grid(-50.0, -50.0, 1.0, 100, 100)
    flat = np.zeros(grid.shape, np.float32)
    everywhere = np.ones(grid.shape, bool)
    drone_view(
        HeightField(grid, flat, flat), Lens(35.0, 1920, 1080), 0.0, 0.0, 90.0, 0.0, -90.0, band,
        among=everywhere, uncertainty_m=0.5,
    )  # fmt: skip


def blur_px(lens: Lens, before: CameraPose, now: CameraPose, exposure_s: float, px_per_m: float) -> float:
    """Path of a ground point over the sensor during an exposure, px, from the motion since the last picture.

    This is an upper bound. Translation adds speed x density (at the band's upper end). Rotation adds angular rate x
    focal length, and for rotation about the optical axis angular rate x half of the picture's diagonal.
    """
    interval_s = now.stamp_s - before.stamp_s
    moved_m = math.dist((now.east_m, now.north_m, now.up_m), (before.east_m, before.north_m, before.up_m))
    turn = _axes(now) @ _axes(before).T
    across = math.atan2(math.hypot(turn[0, 2], turn[1, 2]), turn[2, 2])
    about_axis = abs(math.atan2(turn[0, 1] - turn[1, 0], turn[0, 0] + turn[1, 1]))
    corner_px = math.hypot(lens.width_px, lens.height_px) / 2
    moved_px = moved_m * px_per_m + across * lens.f_px + about_axis * corner_px
    return moved_px * exposure_s / interval_s


def _axes(exposure: CameraPose) -> NDArray[np.float64]:
    """All three axes: straight down, a heading means little without the roll that compensates for it."""
    return np.array(camera_axes(exposure.heading_deg, exposure.pitch_deg, exposure.roll_deg))
