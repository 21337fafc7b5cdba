"""Bounds of the coverage for unknown camera values, and the values to ask for first.

Each unknown value is tried at the ends of its possible range (`assumptions.POSSIBLE_...`) and at its assumed value.
Values between these are left out: the bounds hold for the tried values only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.sight.fixed import FixedCoverage, Sight, sights
from blindspot.coverage.sight.single_camera import Alone, Density, window_of
from blindspot.site import FixedCamera, Site
from blindspot.site.ground import HeightField
from blindspot.site.town import assumptions, lens

UNKNOWNS = {
    "kind": "kind",
    "heading": "direction",
    "hfov": "field of view",
    "tilt": "tilt",
    "height": "height",
    "resolution": "resolution",
    "range": "range",
}
"""Maps each name in `FixedCamera.assumptions` to the text that a user reads."""


@dataclass(frozen=True, slots=True)
class Stake:
    """The area of public ground that depends on one unknown value of one camera.

    This is the ground that the camera sees at the best value minus the ground at the worst value. All other values are
    as assumed. Ground that some camera sees for certain is left out.
    """

    camera: str
    unknown: str
    area_m2: float


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """The best density of each cell, px/m, if every unknown value is at its worst, and at its best; shaped as the grid.

    `stakes` starts with the largest and leaves out unknowns of area 0.
    """

    pessimistic_px_per_m: Density
    optimistic_px_per_m: Density
    stakes: tuple[Stake, ...]


def uncertainty(
    site: Site,
    field: HeightField,
    fixed: FixedCoverage,
    public: NDArray[np.bool_],
    min_px_per_m: float,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Uncertainty:
    """Bounds on `fixed`, the coverage under the assumed values: pessimistic <= `fixed` <= optimistic in each cell.

    `public`, shaped as the grid, is the ground that stakes count, split by the density `min_px_per_m`. Panning cameras
    are left out of both bounds. `progress` is called with (cameras done, total).
    """
    bounds = _Bounds(field, public, min_px_per_m)
    near = [c for c in site.cameras if c.kind != "panning" and field.grid.index(c.east_m, c.north_m)]
    eyes = [_eyes(camera) for camera in near]
    found = sights([eye for of_one in eyes for eye in of_one], field, all_round=True)
    for number, (camera, of_one) in enumerate(zip(near, eyes, strict=True)):
        bounds.enter(camera, {sight.camera.height_m: sight for sight in islice(found, len(of_one))})
        if progress is not None:
            progress(number + 1 + len(site.cameras) - len(near), len(site.cameras))
    np.minimum(bounds.pessimistic, fixed.density_px_per_m, out=bounds.pessimistic)
    np.maximum(bounds.optimistic, fixed.density_px_per_m, out=bounds.optimistic)
    return Uncertainty(bounds.pessimistic, bounds.optimistic, tuple(bounds.stakes()))


def possible(camera: FixedCamera, unknown: str) -> tuple[FixedCamera, ...]:
    """The camera as assumed, then its variants with other possible values of one unknown."""
    match unknown:
        case "kind":
            tilt_deg, vfov_deg = assumptions.DOME_TILT_DEG, assumptions.DOME_VFOV_DEG
            dome = replace(camera, kind="dome", tilt_deg=tilt_deg, hfov_deg=360.0, vfov_deg=vfov_deg)
            return camera, dome, replace(camera, kind="panning")
        case "hfov" if camera.kind == "dome":
            return camera, replace(camera, hfov_deg=assumptions.POSSIBLE_DOME_HFOV_DEG)
        case "hfov":
            return camera, *(
                replace(camera, hfov_deg=deg, vfov_deg=lens.vfov_deg(deg, camera.width_px, camera.height_px))
                for deg in assumptions.POSSIBLE_HFOV_DEG
            )
        case "tilt" if camera.kind != "dome":
            return camera, *(replace(camera, tilt_deg=deg) for deg in assumptions.POSSIBLE_TILT_DEG)
        case "height":
            return camera, *(replace(camera, height_m=m) for m in assumptions.POSSIBLE_HEIGHT_M)
        case "resolution":
            return camera, *(replace(camera, width_px=w, height_px=h) for w, h in assumptions.POSSIBLE_RESOLUTION_PX)
        case "range":
            return camera, *(replace(camera, range_m=m) for m in assumptions.POSSIBLE_RANGE_M)
    return (camera,)


def extremes(variants: Sequence[FixedCamera]) -> list[tuple[FixedCamera, FixedCamera]]:
    """The poorest and the best of the variants that differ only in resolution and range, which vary independently.

    In every cell, more pixels give a higher density and a longer range gives no lower one. So the lowest and the
    highest density of all variants are among those of these pairs.
    """
    alike: dict[tuple[FixedCamera, float], list[FixedCamera]] = {}
    for variant in variants:
        rest = replace(variant, width_px=0, height_px=0, range_m=0.0)
        alike.setdefault((rest, variant.height_px / variant.width_px), []).append(variant)
    pairs = []
    for some in alike.values():
        some.sort(key=lambda variant: variant.width_px)
        ranges_m = [variant.range_m for variant in some]
        pairs.append((replace(some[0], range_m=min(ranges_m)), replace(some[-1], range_m=max(ranges_m))))
    return pairs


def farthest_m(cameras: Sequence[FixedCamera]) -> float:
    """The longest possible range, m, of any camera that may be fixed: the distance at which cameras still matter."""
    looking = [camera for camera in cameras if camera.kind != "panning"]
    return max((eye.range_m for camera in looking for eye in _eyes(camera)), default=0.0)


def _eyes(camera: FixedCamera) -> list[FixedCamera]:
    """The camera at each possible height, with its longest possible range."""
    of_height = possible(camera, "height") if "height" in camera.assumptions else (camera,)
    of_range = possible(camera, "range") if "range" in camera.assumptions else (camera,)
    longest_m = max(variant.range_m for variant in of_range)
    return [replace(camera, height_m=m, range_m=longest_m) for m in {variant.height_m for variant in of_height}]


class _Bounds:
    """Collects the worst and the best view of each camera, and the cells that depend on the difference."""

    def __init__(self, field: HeightField, public: NDArray[np.bool_], min_px_per_m: float) -> None:
        self._field, self._public, self._min_px_per_m = field, public, min_px_per_m
        self._alone = Alone(field)
        self.pessimistic: Density = np.zeros(field.grid.shape, np.float32)
        self.optimistic: Density = np.zeros(field.grid.shape, np.float32)
        self._hanging: dict[tuple[str, str], NDArray[np.intp]] = {}

    def enter(self, camera: FixedCamera, by_height: dict[float, Sight]) -> None:
        """Add one camera, given its line of sight all round from each possible height."""
        window = window_of(next(iter(by_height.values())), self._field.grid)
        everything: tuple[FixedCamera, ...] = (camera,)
        for unknown in (unknown for unknown in UNKNOWNS if unknown in camera.assumptions):
            everything = tuple(variant for before in everything for variant in possible(before, unknown))
            if camera.always_sees or unknown in ("kind", "heading"):
                least, most = self._range(possible(camera, unknown), by_height)
                hangs = (most >= self._min_px_per_m) & (least < self._min_px_per_m) & self._public[window]
                row, col = np.nonzero(hangs)
                flat = (row + window[0].start) * self._field.grid.cols + col + window[1].start
                self._hanging[camera.id, unknown] = flat
        least, most = self._range(everything, by_height)
        np.maximum(self.pessimistic[window], least, out=self.pessimistic[window])
        np.maximum(self.optimistic[window], most, out=self.optimistic[window])

    def _range(self, variants: Sequence[FixedCamera], by_height: dict[float, Sight]) -> tuple[Density, Density]:
        """The lowest and the highest density of any variant, cell by cell.

        If any variant does not always see its field, the lowest density is 0. Such a variant counts with any heading in
        the highest density, unless it is a panning camera.
        """
        for_sure = all(variant.always_sees for variant in variants)
        pairs = extremes([variant for variant in variants if variant.kind != "panning"])

        def sight(variant: FixedCamera) -> Sight:
            return replace(by_height[variant.height_m], camera=variant)

        window = window_of(next(iter(by_height.values())), self._field.grid)
        most = self._alone.highest((sight(best) for _, best in pairs if best.always_sees), window)
        for _, best in pairs:
            if not best.always_sees:
                np.maximum(most, self._alone.density_if_turned(sight(best)), out=most)
        least = np.full_like(most, np.inf if for_sure else 0)
        for poorest, _ in pairs if for_sure else ():
            np.minimum(least, self._alone.density(sight(poorest)), out=least)
        return least, most

    def stakes(self) -> list[Stake]:
        """All stakes with an area above 0, largest first.

        A cell that depends on a camera's unknown value is uncertain for that camera. If the cell is seen for certain,
        another camera sees it.
        """
        unsure = (self.pessimistic < self._min_px_per_m).ravel()
        area_m2 = self._field.grid.cell_area_m2
        found = (Stake(*key, float(unsure[cells].sum()) * area_m2) for key, cells in self._hanging.items())
        return sorted((stake for stake in found if stake.area_m2), key=lambda stake: -stake.area_m2)
