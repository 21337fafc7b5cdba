"""Candidate views: legal positions over the perimeter, and the aims that the limits allow."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from blindspot.camera import Lens
from blindspot.core import PlanningError, workers
from blindspot.mission import Aim, DensityBand, DroneModel, Limits, mission_file, timing
from blindspot.planning.airspace.air import Air
from blindspot.planning.views.drone_sight import SightScene, Targets, look
from blindspot.planning.views.picture import Picture, aim_axes
from blindspot.site.ground import HeightField

NADIR_HEADINGS = 6
POSE_ERROR_M = 1.0
"""Position error of a view, m: ground counts only if it is seen from every place this near to the viewpoint."""
TOGETHER = 8
"""Number of places that one task surveys."""

Position = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Fineness:
    """Density of the candidates: one position for each block, and steps of heading and pitch for oblique aims."""

    block_m: float
    headings: int
    pitch_step_deg: float


COARSE, FINE = Fineness(8.0, 16, 13.0), Fineness(4.0, 24, 7.0)
"""For the first cover of all blind ground, and for the second cover of the remaining ground."""


@dataclass(frozen=True, slots=True)
class Views:
    """Candidates: c stands at `place[c]`, takes aim `aim[c]` and sees the targets `seen[first[c]:first[c + 1]]`."""

    place: NDArray[np.int32]
    aim: NDArray[np.int32]
    first: NDArray[np.int64]
    seen: NDArray[np.int32]

    def of(self, candidate: int) -> NDArray[np.int32]:
        return self.seen[self.first[candidate] : self.first[candidate + 1]]


def lens_of(model: DroneModel) -> Lens:
    return Lens(model.camera.hfov_deg, model.camera.width_px, model.camera.height_px)


def aims_for(model: DroneModel, limits: Limits, fineness: Fineness) -> tuple[Aim, ...]:
    """Straight down at several headings, and oblique all around at pitches from the flattest allowed to -80 degrees."""
    flattest = min(limits.max_pitch_deg, model.camera.gimbal_max_pitch_deg)
    steepest = max(limits.min_pitch_deg, model.camera.gimbal_min_pitch_deg)
    if steepest > flattest:
        raise PlanningError(
            f"the gimbal reaches {model.camera.gimbal_min_pitch_deg:g}..{model.camera.gimbal_max_pitch_deg:g} deg but"
            f" views need {limits.min_pitch_deg:g}..{limits.max_pitch_deg:g} deg: "
            + (
                f"raise limits.max_pitch_deg to {steepest:g}"
                if steepest > limits.max_pitch_deg
                else f"lower limits.min_pitch_deg to {flattest:g}"
            )
        )
    nadir = [Aim(heading_deg=k * 180.0 / NADIR_HEADINGS, pitch_deg=-90.0) for k in range(NADIR_HEADINGS)]
    oblique_from = max(steepest, -80.0)
    steps = max(0, math.ceil((flattest - oblique_from) / fineness.pitch_step_deg))
    pitches = (
        [flattest - k * (flattest - oblique_from) / max(steps, 1) for k in range(steps + 1)] if flattest > -90 else []
    )
    oblique = [
        Aim(heading_deg=k * 360.0 / fineness.headings, pitch_deg=round(pitch, 3))
        for pitch in pitches
        for k in range(fineness.headings)
    ]
    return tuple((nadir if steepest <= -90.0 else []) + oblique)


def flying_height_m(
    model: DroneModel, band: DensityBand, limits: Limits, rise_m: float = 0.0, work_s: float = 0.0
) -> float:
    """Height above the highest ground, m, in the limits.

    At the least one, the flattest view still has the least density at its far edge. A smaller one makes pictures
    smaller, and the density on roofs comes nearer to the cap. At the greatest one, a picture straight down still has
    the least density on the lowest ground, which lies `rise_m` below the highest.

    A greater height loses the far half of flat views, and makes the other pictures larger: at the least height the work
    takes `work_s`, at a greater one less in proportion. The climb and the descent take more. The height is the fastest.
    Flights over roofs look nearly straight down from everywhere. They take the greatest height.

    Raises PlanningError if no height fits the band.
    """
    lens, (lowest_m, highest_m) = lens_of(model), limits.planned_up_m
    nearest_m, farthest_m = lens.depth_for(band.max_px_per_m), lens.depth_for(band.min_px_per_m)
    if farthest_m <= lowest_m:
        raise PlanningError(
            f"the lens gives {band.min_px_per_m:g} px/m only up to {farthest_m:.0f} m, but flights start at"
            f" limits.min_up_m {limits.min_up_m:g} m: lower min_up_m at least to {_at_most(farthest_m)} m, or take a"
            f" lens of at most {_to_tenth(_hfov_for(lens, 1.05 * band.min_px_per_m * lowest_m)):g} deg"
        )
    if nearest_m >= highest_m:
        needed_m = math.floor(nearest_m + mission_file.VERTICAL_ERROR_M) + 1
        higher = f"raise max_up_m to at least {needed_m} m, or " if needed_m <= mission_file.HIGHEST_M else ""
        raise PlanningError(
            f"the lens stays under {band.max_px_per_m:g} px/m only beyond {nearest_m:.0f} m, but flights end at"
            f" limits.max_up_m {limits.max_up_m:g} m: {higher}take a lens of at"
            f" least {-_to_tenth(-_hfov_for(lens, 0.95 * band.max_px_per_m * highest_m)):g} deg"
        )
    half_height = math.radians(lens.vfov_deg / 2)
    flattest = math.radians(-min(limits.max_pitch_deg, model.camera.gimbal_max_pitch_deg))
    greatest_m = min(max(farthest_m - 2.0 * POSE_ERROR_M - rise_m, lowest_m), highest_m)
    if limits.over_roofs:
        return greatest_m
    least_m = farthest_m * math.sin(max(flattest - half_height, 0.1)) / math.cos(half_height)
    least_m = min(max(least_m, lowest_m), highest_m)
    up_and_down_s_per_m = 1.0 / (timing.CLIMB_SHARE * model.performance.climb_mps) + 1.0 / model.performance.descend_mps
    fastest_m = math.sqrt(work_s * least_m / up_and_down_s_per_m)
    return max(least_m, min(fastest_m, greatest_m))


def _at_most(farthest_m: float) -> int:
    """The highest whole `min_up_m` whose planned floor lies below the depth."""
    return math.ceil(farthest_m - mission_file.VERTICAL_ERROR_M) - 1


def _to_tenth(value: float) -> float:
    """The value, rounded down to a tenth."""
    return math.floor(10 * value) / 10


def _hfov_for(lens: Lens, f_px: float) -> float:
    """Field of view, deg, of a lens of that focal length, px, for the same stream."""
    return math.degrees(2 * math.atan(lens.width_px / (2 * f_px)))


def pictures(model: DroneModel, band: DensityBand) -> tuple[Picture, Picture]:
    """(part of the picture in which a target counts, whole picture): the pose error on every side separates them."""
    lens = lens_of(model)
    half_width, half_height = lens.width_px / (2 * lens.f_px), lens.height_px / (2 * lens.f_px)
    nearest_m, farthest_m = lens.depth_for(band.max_px_per_m), lens.depth_for(band.min_px_per_m)
    typical_m = (nearest_m + farthest_m) / 2
    drawn_in = POSE_ERROR_M / typical_m
    return (
        Picture(half_width - drawn_in, half_height - drawn_in, nearest_m + POSE_ERROR_M, farthest_m - POSE_ERROR_M),
        Picture(half_width + drawn_in, half_height + drawn_in, nearest_m + POSE_ERROR_M, farthest_m),
    )


def at_most(air: Air, usable: NDArray[np.bool_], fineness: Fineness, most: int, wider: float) -> Fineness:
    """The fineness with its blocks widened by the factor `wider`, again and again, until at most `most` positions are
    left."""
    row, col = np.nonzero(air.open & usable)
    while True:
        if np.count_nonzero(np.bincount(_block_numbers(air, row, col, fineness)[0])) <= most:
            return fineness
        fineness = replace(fineness, block_m=wider * fineness.block_m)


def positions(air: Air, usable: NDArray[np.bool_], fineness: Fineness) -> list[Position]:
    """One usable open cell for each block, the nearest to the block's centre: even the narrowest legal lane has
    viewpoints."""
    row, col = np.nonzero(air.open & usable)
    number, block = _block_numbers(air, row, col, fineness)
    off_centre = (row % block - block // 2) ** 2 + (col % block - block // 2) ** 2
    order = np.lexsort((off_centre, number))
    _, firsts = np.unique(number[order], return_index=True)
    return [air.grid.centre(int(row[i]), int(col[i])) for i in order[firsts]]


def _block_numbers(
    air: Air, row: NDArray[np.int64], col: NDArray[np.int64], fineness: Fineness
) -> tuple[NDArray[np.int64], int]:
    """(the number of each cell's block, the width of a block in cells)."""
    block = max(1, round(fineness.block_m / air.grid.cell_m))
    return (row // block) * (air.grid.cols // block + 1) + col // block, block


def survey(
    field: HeightField,
    places: list[Position],
    up_m: float,
    aims: tuple[Aim, ...],
    targets: Targets,
    seen_in: tuple[Picture, Picture],
    progress: Callable[[float], None] = lambda fraction: None,
    least: int = 1,
) -> Views:
    """Every aim from every place at one height; candidates that see fewer than `least` targets are left out."""
    views = survey_at_most(sys.maxsize, field, places, up_m, aims, targets, seen_in, progress, least)
    assert views is not None
    return views


def survey_at_most(
    most: int,
    field: HeightField,
    places: list[Position],
    up_m: float,
    aims: tuple[Aim, ...],
    targets: Targets,
    seen_in: tuple[Picture, Picture],
    progress: Callable[[float], None] = lambda fraction: None,
    least: int = 1,
) -> Views | None:
    """The survey, or None if its views see more than `most` targets together, which would take too much memory."""
    scene = SightScene.of(field, targets, seen_in[0].reach_m)
    axes = aim_axes(np.array([(aim.heading_deg, aim.pitch_deg) for aim in aims]))

    def looked_from(k: int) -> list[tuple[NDArray[np.int64], NDArray[np.int32]]]:
        some = places[k : k + TOGETHER]
        return [look(scene, (place[0], place[1], up_m), axes, *seen_in, least=least) for place in some]

    counts, lists, entries = [], [], 0
    with ThreadPoolExecutor(workers()) as pool:
        for looked in pool.map(looked_from, range(0, len(places), TOGETHER)):
            for first, seen in looked:
                counts.append(np.diff(first))
                lists.append(seen)
                entries += len(seen)
            if entries > most:
                pool.shutdown(cancel_futures=True)
                return None
            progress(len(counts) / len(places))
    count = np.concatenate(counts) if counts else np.empty(0, dtype=np.int64)
    place_of = np.repeat(np.arange(len(places), dtype=np.int32), len(aims))
    aim_of = np.tile(np.arange(len(aims), dtype=np.int32), len(places))
    some = count > 0
    first = np.concatenate([[0], np.cumsum(count[some])]).astype(np.int64)
    seen = np.concatenate(lists) if lists else np.empty(0, dtype=np.int32)
    return Views(place_of[some], aim_of[some], first, seen)
