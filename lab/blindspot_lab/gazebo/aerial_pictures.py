"""Pictures that Gazebo takes from the air, with its own boxes of the people and cars in them.

Gazebo gives labels and boxes only to models, not to the visuals of an actor (8.14). In a world for pictures, people and
cars are therefore models that stand still at their first places. Gazebo's bounding-box cameras store the picture and
the boxes of one moment on disk.
"""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens
from blindspot.core import DependencyError
from blindspot_lab.gazebo.server import Server
from blindspot_sim.pictures.figures import TrueBox
from blindspot_sim.world.build import BOX_TYPES, LABELS, PICTURES, Eye
from blindspot_sim.world.traffic import Mover

Floats = NDArray[np.float64]

DOWN_DEG = (45.0, 60.0)
BESIDE_M = 4.0
FAR_M = 400.0
KINDS = {LABELS["person"]: "person", LABELS["vehicle"]: "car"}
WITHIN_S = 1800.0
"""A guard against a hang: on a busy CPU a picture may take many seconds."""
SURE = (0.3, 0.3)
"""Stated uncertainty of place (m) and attitude (deg). The pose is exact, so the values are small."""
INSIDE_PX = 2.0
"""The visible box may exceed the full box by this much: only the visible box is rounded to pixels."""


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture, (h, w, 3) BGR, its camera pose, and Gazebo's true boxes."""

    picture: NDArray[np.uint8]
    pose: CameraPose
    truth: tuple[TrueBox, ...]


def eyes_over(
    people: Sequence[Mover], cars: Sequence[Mover], lens: Lens, px_per_m: float, count: int, seed: int
) -> list[Eye]:
    """`count` eyes that look down by DOWN_DEG, alternately at a walker and at a car at its start place.

    `px_per_m` is the pixel density in the middle of the picture.
    """
    rng, depth_m = np.random.default_rng([seed, 47]), lens.depth_for(px_per_m)
    eyes = []
    for number in range(count):
        aims = cars if number % 2 and cars else people
        _, east_m, north_m, up_m, _ = aims[int(rng.integers(len(aims)))].way[0]
        yaw, pitch = rng.uniform(0, 2 * math.pi), math.radians(rng.uniform(*DOWN_DEG))
        back_m = depth_m * math.cos(pitch)
        east_m, north_m = np.array([east_m, north_m]) + rng.uniform(-BESIDE_M, BESIDE_M, 2)
        eyes.append(
            Eye(f"look_{number}", east_m - back_m * math.cos(yaw), north_m - back_m * math.sin(yaw),
                up_m + depth_m * math.sin(pitch), pitch, yaw, math.radians(lens.hfov_deg), lens.width_px,
                lens.height_px, FAR_M)
        )  # fmt: skip
    return eyes


def taken(world: Path, eyes: Sequence[Eye]) -> Iterator[LabelledPicture]:
    """Pictures of the eyes at the start of a world that was built with them. Raises DependencyError if Gazebo ends or
    stays silent."""
    wanted = [_files(world, eye, box_type)[1] for eye in eyes for box_type in BOX_TYPES]
    until_s = time.monotonic() + WITHIN_S
    with Server(world) as server, server.listening(f"/{PICTURES}/camera_info"):
        while not all(file.is_file() for file in wanted):
            if not server.is_running or time.monotonic() > until_s:
                raise DependencyError(f"Gazebo took no pictures of {world}; its output is in {server.log}")
            time.sleep(0.2)
    for eye in eyes:
        seen, whole = (_boxes(world, eye, box_type) for box_type in BOX_TYPES)
        picture = np.asarray(cv2.imread(str(_files(world, eye, BOX_TYPES[0])[0])), np.uint8)
        yield LabelledPicture(picture, pose_of(eye), tuple(truth_of(seen, whole, eye.width_px, eye.height_px)))


def pose_of(eye: Eye) -> CameraPose:
    heading_deg, pitch_deg = 90.0 - math.degrees(eye.yaw_rad), -math.degrees(eye.pitch_rad)
    return CameraPose(0.0, eye.east_m, eye.north_m, eye.up_m, heading_deg % 360.0, pitch_deg, 0.0, *SURE)


def truth_of(
    seen: Sequence[tuple[str, Floats]], whole: Sequence[tuple[str, Floats]], width_px: int, height_px: int
) -> Iterator[TrueBox]:
    """True boxes from kinds and boxes x1 y1 x2 y2 around the visible parts of figures, and around all of them. `seen`
    is the visible share of each box, or 0 if the figure reaches beyond the picture."""
    left = list(seen)
    for kind, box in sorted(whole, key=lambda one: _area(one[1])):
        mine = [one for one in left if one[0] == kind and _is_within(one[1], box)]
        if not mine:
            continue
        best = max(mine, key=lambda one: _area(one[1]))
        left = [one for one in left if one is not best]
        is_whole = bool((box[:2] >= 0).all() and box[2] <= width_px and box[3] <= height_px)
        x1, y1, x2, y2 = (int(edge) for edge in np.rint(box))
        yield TrueBox(kind, (x1, y1, x2, y2), min(_area(best[1]) / _area(box), 1.0) if is_whole else 0.0)


def _is_within(inner: Floats, outer: Floats) -> bool:
    return bool((inner[:2] >= outer[:2] - INSIDE_PX).all() and (inner[2:] <= outer[2:] + INSIDE_PX).all())


def _area(box: Floats) -> float:
    return float(np.prod(np.maximum(box[2:] - box[:2], 1.0)))


def _files(world: Path, eye: Eye, box_type: str) -> tuple[Path, Path]:
    """Files of the first picture and its boxes, by Gazebo's names."""
    folder = world.parent / PICTURES / eye.name / box_type
    return folder / "images" / "image_0000000.png", folder / "boxes" / "boxes_0000000.csv"


def _boxes(world: Path, eye: Eye, box_type: str) -> list[tuple[str, Floats]]:
    """Kind and x1 y1 x2 y2 of each box. Gazebo gives a visible box by its first and last pixel."""
    more_px = 1.0 if box_type == "visible_2d" else 0.0
    with _files(world, eye, box_type)[1].open(encoding="ascii") as rows:
        rows_read = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(rows)]
    return [
        (KINDS[int(row["label"])], np.array([
            row["x_center"] - row["width"] / 2, row["y_center"] - row["height"] / 2,
            row["x_center"] + row["width"] / 2 + more_px, row["y_center"] + row["height"] / 2 + more_px,
        ]))
        for row in rows_read if int(row["label"]) in KINDS
    ]  # fmt: skip
