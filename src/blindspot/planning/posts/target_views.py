"""The best view of a target from each place of the legal air: the aim that shows most of the target's public ground."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.sight import drone_view
from blindspot.mission import Aim, DroneModel, Limits, Mission
from blindspot.planning.posts.target_cells import Cells
from blindspot.planning.views.candidates import POSE_ERROR_M, Position, lens_of, pictures
from blindspot.planning.views.drone_sight import HEAD_M, SightScene, Targets, look
from blindspot.planning.views.picture import Picture, aim_axes
from blindspot.planning.views.target_ground import Ground

MOST_CELLS = 900
"""Most cells of a target that the search tests. The share of a chosen view is then counted on all cells."""
PITCH_STEPS_DEG, HEADING_STEPS_DEG = (-8.0, -4.0, -2.0, 0.0, 2.0, 4.0, 8.0), (-4.0, 0.0, 4.0)
"""Tried turns of the axis away from the middle of the target, deg."""
DOWN_FROM_DEG, DOWN_STEP_DEG = -70.0, 15.0
"""A target below is also tried straight down, at headings this far apart."""
ALMOST = 0.03
"""The search on some cells may count this much less, as a share, than the count on all cells."""


@dataclass(frozen=True, slots=True)
class TargetView:
    """A place, the aim there and the share of the target's public ground in the picture, 0..1."""

    at: Position
    aim: Aim
    share: float


def best_views(
    mission: Mission, ground: Ground, model: DroneModel, up_m: float, places: Sequence[Position], cells: Cells
) -> list[TargetView]:
    """The best view of a target from each of the places that show any of the target, m ENU, at `up_m` above the
    datum."""
    field = ground.taller(POSE_ERROR_M)
    tested = Targets.of(field, cells[:: math.ceil(len(cells) / MOST_CELLS)])
    middle = (float(np.mean(tested.east_m)), float(np.mean(tested.north_m)), float(np.mean(tested.ground_m)))
    counts_in, whole = pictures(model, mission.file.band)
    scene = SightScene.of(field, tested, counts_in.reach_m)
    reach_m = counts_in.reach_m + math.hypot(np.ptp(tested.east_m), np.ptp(tested.north_m)) / 2.0
    views = []
    for place in places:
        if math.dist(place, middle[:2]) > reach_m:
            continue
        aims = aims_at(model, mission.file.limits, place, up_m, middle)
        if not aims:
            continue
        axes = aim_axes(np.array([(aim.heading_deg, aim.pitch_deg) for aim in aims]))
        first, _ = look(scene, (*place, up_m), axes, counts_in, whole)
        counts = np.diff(first)
        best = int(counts.argmax())
        if counts[best]:
            views.append(TargetView(place, aims[best], float(counts[best]) / len(tested)))
    return views


def aims_at(
    model: DroneModel, limits: Limits, place: Position, up_m: float, middle: tuple[float, float, float]
) -> list[Aim]:
    """The permitted aims from a place at a target around `middle`, m ENU, the middle of the picture first."""
    away_east, away_north = middle[0] - place[0], middle[1] - place[1]
    heading_deg = math.degrees(math.atan2(away_east, away_north))
    pitch_deg = -math.degrees(math.atan2(up_m - middle[2], math.hypot(away_east, away_north)))
    steepest = max(limits.min_pitch_deg, model.camera.gimbal_min_pitch_deg)
    flattest = min(limits.max_pitch_deg, model.camera.gimbal_max_pitch_deg)
    pitches = sorted(
        {round(min(max(pitch_deg + step, steepest), flattest), 1) for step in PITCH_STEPS_DEG},
        key=lambda pitch: abs(pitch - pitch_deg),
    )
    aims = [
        _aim(heading_deg + turn, pitch)
        for pitch in pitches
        for turn in sorted(HEADING_STEPS_DEG, key=abs)
        if steepest <= pitch <= flattest
    ]
    if steepest <= -90.0 <= flattest and pitch_deg < DOWN_FROM_DEG:
        aims += [_aim(k * DOWN_STEP_DEG, -90.0) for k in range(round(180.0 / DOWN_STEP_DEG))]
    return aims


def share_seen(
    mission: Mission, ground: Ground, model: DroneModel, up_m: float, view: TargetView, cells: Cells
) -> tuple[float, Cells]:
    """(share of the target's public ground, 0..1; seen cells of the target) of a view by the coverage kernel."""
    seen = seen_from(mission, ground, model, up_m, view, _mask(ground, cells))
    return len(seen) / len(cells), seen


def seen_from(
    mission: Mission, ground: Ground, model: DroneModel, up_m: float, view: TargetView, among: NDArray[np.bool_]
) -> Cells:
    """The cells of a mask, shaped as the field, in the picture of a view."""
    seen = drone_view(
        ground.field, lens_of(model), *view.at, up_m, view.aim.heading_deg, view.aim.pitch_deg, mission.file.band,
        among=among, uncertainty_m=POSE_ERROR_M,
    )  # fmt: skip
    return np.asarray(seen.cells, dtype=np.int64)


def rectangle_m(model: DroneModel, picture: Picture, up_m: float, pitch_deg: float) -> tuple[float, float]:
    """Width and length of a rectangle of level ground, m, that a picture from `up_m` above the ground shows whole,
    with the heads of people on the ground. Both are 0 for a picture that reaches the horizon."""
    half, above_m = math.atan(picture.half_height), up_m - HEAD_M
    steep, flat = math.radians(-pitch_deg) + half, math.radians(-pitch_deg) - half
    if flat <= 0.0:
        return 0.0, 0.0
    near_m = above_m / math.tan(steep)
    far_m = min(up_m / math.tan(flat), math.sqrt(max(0.0, (picture.farthest_m / math.cos(half)) ** 2 - up_m**2)))
    depth_m = above_m * math.cos(half) / math.sin(steep)
    if pitch_deg <= -90.0 + 1e-9:
        near_m, far_m = -above_m * picture.half_height, above_m * picture.half_height
    return 2.0 * picture.half_width * depth_m, max(0.0, far_m - near_m)


def _mask(ground: Ground, cells: Cells) -> NDArray[np.bool_]:
    mask = np.zeros(ground.field.grid.shape, dtype=bool)
    mask.flat[cells] = True
    return mask


def _aim(heading_deg: float, pitch_deg: float) -> Aim:
    return Aim(heading_deg=round(heading_deg % 360.0, 1) % 360.0, pitch_deg=pitch_deg)
