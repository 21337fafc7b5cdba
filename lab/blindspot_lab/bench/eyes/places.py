"""Accuracy of georeferenced sightings: a Monte Carlo over wrong poses on the real terrain and walls of Nantes.

It draws the errors stated in the drone models (`accuracy`), people's heights, box errors and ground errors. It verifies
the propagation of uncertainty; whether a compass meets its data sheet stays open.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose, project, quaternion_of
from blindspot.core.config_file import read_yaml
from blindspot.core.folders import CONFIG_DIR
from blindspot.mission.drone_model import Accuracy, DroneModel
from blindspot.mission.mission_file import Mission
from blindspot.vision.models.detector import Detections
from blindspot.vision.town.first_hit import TownRays
from blindspot.vision.town.georeference import (
    BOX_STD_PX,
    BOX_STD_SHARE,
    HEIGHT_STD_SHARE,
    HEIGHTS_M,
    TERRAIN_STD_M,
    Georeference,
)
from blindspot.vision.town.seen_town import Town
from blindspot.vision.town.town_cache import town_of_mission
from blindspot_lab.bench.tools.target import Target

Floats = NDArray[np.float64]
PROFILES = (("standard", "reference", 2.0, 4.0), ("RTK", "reference_rtk", 0.6, 1.2))
"""Name, drone model, and limits of the median and the 95th percentile, m."""
SAMPLES = 2000
HEIGHT_M, PITCH_DEG = 60.0, -60.0
AROUND_M = 15.0, 8.0
"""Largest distance of people from the middle of the picture, across and along."""
CHI2_95 = 5.991
HONEST = 0.90, 0.98


@dataclass(frozen=True, slots=True)
class PlaceErrors:
    """Errors of the placed people, m; their squared Mahalanobis distances; the share of people without a place."""

    errors_m: Floats
    distances2: Floats
    unplaced: float


def place_targets(mission: Mission) -> list[Target]:
    """Errors of each profile, and the share of its ellipses that contain the truth."""
    town, targets = town_of_mission(mission), []
    for name, model, median_m, p95_m in PROFILES:
        accuracy = read_yaml(CONFIG_DIR / "drones" / f"{model}.yaml", DroneModel).accuracy
        found = places(town, accuracy, SAMPLES, seed=1)
        at_median, at_95 = (float(np.percentile(found.errors_m, share)) for share in (50, 95))
        inside = float(np.mean(found.distances2 <= CHI2_95))
        where = f"{name}, {HEIGHT_M:g} m up, {-PITCH_DEG:g} deg down"
        targets += [
            Target(f"place of a person, {where}, median", f"<= {median_m}", at_median, "m", at_median <= median_m),
            Target("  95 % below", f"<= {p95_m}", at_95, "m", at_95 <= p95_m),
            Target("  in the 95 % ellipse", "0.90 to 0.98", inside, "", HONEST[0] <= inside <= HONEST[1]),
            Target("  not placed: on a façade or a roof, by a wrong pose", "reported", found.unplaced, "", None),
        ]
    return targets


def places(town: Town, accuracy: Accuracy, samples: int, seed: int) -> PlaceErrors:
    """Place `samples` visible people on allowed ground. Each is seen once, from a pose with errors."""
    rng, lens, town_rays = np.random.default_rng(seed), Lens(35.0, 1920, 1080), TownRays(town)
    georeference, cells = Georeference(town_rays, lens), np.flatnonzero(town.allowed)
    errors_m: list[float] = []
    distances2: list[float] = []
    unplaced = 0
    while len(errors_m) < samples:
        foot_m, height_m, true = someone(town, cells, rng)
        middle_m = foot_m + np.array([0.0, 0.0, height_m / 2])
        pixels, depth = project(middle_m, true, lens)
        if not ((pixels > 0) & (pixels < (lens.width_px, lens.height_px))).all():
            continue
        if town_rays.walls.first(true.position_m, middle_m) is not None:
            continue
        seen = _box(pixels[0], lens.px_per_m(float(depth[0])), rng)
        (point,) = georeference.points(seen, reported_pose(true, accuracy, rng))
        if point is None:
            unplaced += 1
            continue
        off_m = np.array([point.east_m, point.north_m]) - foot_m[:2]
        errors_m.append(float(np.hypot(*off_m)))
        distances2.append(float(off_m @ np.linalg.solve(point.covariance_m2, off_m)))
    return PlaceErrors(np.array(errors_m), np.array(distances2), unplaced / (unplaced + samples))


def someone(town: Town, cells: NDArray[np.intp], rng: np.random.Generator) -> tuple[Floats, float, CameraPose]:
    """A foot, ENU m, a person's height, and the true pose of a camera with the person near the picture's middle."""
    east_m, north_m = town.grid.centres(rng.choice(cells, 1))[0]
    ground_m = town.ground_at(east_m, north_m) or 0.0
    heading_deg = float(rng.uniform(0, 360))
    heading, back_m = math.radians(heading_deg), HEIGHT_M / math.tan(math.radians(-PITCH_DEG))
    across, along = np.array([math.cos(heading), -math.sin(heading)]), np.array([math.sin(heading), math.cos(heading)])
    aside_m, ahead_m = rng.uniform(-1, 1, 2) * AROUND_M
    eye_m = np.array([east_m, north_m]) + aside_m * across + (ahead_m - back_m) * along
    foot_m = np.array([east_m, north_m, ground_m + rng.normal(0, TERRAIN_STD_M)])
    height_m = HEIGHTS_M["person"] * (1 + rng.normal(0, HEIGHT_STD_SHARE))
    return foot_m, height_m, CameraPose(0.0, eye_m[0], eye_m[1], ground_m + HEIGHT_M, heading_deg, PITCH_DEG)


def _box(middle_px: Floats, px_per_m: float, rng: np.random.Generator) -> Detections:
    """A simulated detection of a person at 60 degrees: about 1.2 m tall in the picture, with a small error."""
    half = px_per_m * np.array([0.3, 0.6])
    middle = middle_px + rng.normal(0, math.hypot(BOX_STD_PX, BOX_STD_SHARE * 2 * half[1]), 2)
    box = np.concatenate([middle - half, middle + half])
    return Detections(box[None].astype(np.float32), np.ones(1, np.float32), ("person",))


def reported_pose(true: CameraPose, accuracy: Accuracy, rng: np.random.Generator) -> CameraPose:
    """A pose as the drone may report it, with errors."""
    turn = np.radians(rng.normal(0, accuracy.gimbal_std_deg, 3))
    turn[2] += math.radians(rng.normal(0, accuracy.heading_std_deg))
    east_m, north_m, up_m = (true.position_m + rng.normal(0, accuracy.position_std_m, 3)).tolist()
    attitude = quaternion_of(np.asarray(cv2.Rodrigues(turn)[0]) @ true.rotation.T)
    worst_deg = math.hypot(accuracy.gimbal_std_deg, accuracy.heading_std_deg)
    return CameraPose.from_quaternion(
        true.stamp_s, (east_m, north_m, up_m), attitude, accuracy.position_std_m, worst_deg, accuracy.heading_std_deg
    )
