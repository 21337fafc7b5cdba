"""Tracking of walkers under a flying camera: stability of track numbers. Synthetic, since the boxes are generated."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose, project
from blindspot.site.ground.grid import Grid
from blindspot.vision.events.tracking import Tracker, TrackState
from blindspot.vision.models.detector import Detections
from blindspot.vision.town.first_hit import TownRays
from blindspot.vision.town.georeference import Georeference
from blindspot.vision.town.seen_town import Town
from blindspot_lab.bench.eyes.following import FollowedPicture, following
from blindspot_lab.bench.tools.target import Target

Floats = NDArray[np.float64]
PICTURES, PERIOD_S, FLY_MPS, WALK_MPS = 100, 0.2, 5.0, 1.3
WALKERS, STREET_M = 60, (110.0, 16.0)
MISSED, FALSE, BOX_PX = 0.1, 0.2, 2.5
"""Shares of missed boxes and of pictures with a false box, and the error of box edges."""
POSE_OFF = (1.0, -1.0, 1.0, 2.0, 0.5)
"""Constant error of the reported pose: m east, north, up; degrees of heading, pitch."""


def flying_targets() -> list[Target]:
    with_poses, without = (following(flying_pictures(1, compensated=used)) for used in (True, False))
    size = f"{with_poses.true_boxes} boxes"
    return [
        Target(f"SYNTHETIC: walkers under a flying camera, {size}, MOTA", "reported", with_poses.mota, "", None),
        Target("SYNTHETIC: their IDF1", ">= 0.9", with_poses.idf1, "", with_poses.idf1 >= 0.9),
        Target("SYNTHETIC: their IDF1 if the poses ignored the motion", "reported", without.idf1, "", None),
    ]


def flying_pictures(seed: int, *, compensated: bool) -> Iterator[FollowedPicture]:
    """True people and tracks in each picture of a flight along a street. `compensated` uses the poses."""
    rng, lens, tracker = np.random.default_rng(seed), Lens(35.0, 1920, 1080), Tracker()
    places = Georeference(TownRays(_flat()), lens)
    starts_m, headings = rng.uniform(-0.5, 0.5, (WALKERS, 2)) * STREET_M, rng.uniform(0, 2 * np.pi, WALKERS)
    paces = WALK_MPS * np.column_stack([np.sin(headings), np.cos(headings)])
    for number in range(PICTURES):
        time_s = PERIOD_S * number
        boxes, inside = _boxes(starts_m + (time_s - PICTURES * PERIOD_S / 2) * paces, _pose(time_s, FLY_MPS), lens)
        shown = _found(boxes[inside], rng)
        found = Detections(shown.astype(np.float32), np.full(len(shown), 0.8, np.float32), ("person",) * len(shown))
        points = places.points(found, _pose(time_s, FLY_MPS if compensated else 0.0, POSE_OFF))
        seen = [(index, ("person", 0.8, point)) for index, point in enumerate(points) if point is not None]
        now = [
            track for track in tracker.update(time_s, [what for _, what in seen]) if track.event is not TrackState.END
        ]
        track_boxes = shown[[seen[track.index][0] for track in now]].reshape(-1, 4)
        yield FollowedPicture(
            tuple(np.flatnonzero(inside).tolist()), boxes[inside], tuple(track.number for track in now), track_boxes
        )


def _flat() -> Town:
    grid = Grid(-200.0, -200.0, 1.0, 400, 400)
    everywhere = np.ones(grid.shape, np.bool_)
    return Town(grid, np.zeros(grid.shape, np.float32), everywhere, everywhere, (), ())


def _pose(time_s: float, fly_mps: float, off: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0)) -> CameraPose:
    """Pose on the way along the street, 60 m up, looking down by 60 degrees."""
    east_m, north_m, up_m, heading_deg, pitch_deg = off
    along_m = fly_mps * (time_s - PICTURES * PERIOD_S / 2)
    return CameraPose(
        time_s, along_m + east_m, north_m - 60 / math.tan(math.radians(60)), 60.0 + up_m, heading_deg, pitch_deg - 60.0
    )


def _boxes(feet_m: Floats, pose: CameraPose, lens: Lens) -> tuple[Floats, NDArray[np.bool_]]:
    """(n, 4) boxes of people, and a mask of those completely in the picture."""
    pixels, depth = project(np.column_stack([feet_m, np.full(len(feet_m), 0.85)]), pose, lens)
    half = (lens.f_px / depth)[:, None] * (0.3, 0.6)
    boxes = np.hstack([pixels - half, pixels + half])
    inside = ((boxes[:, :2] > 0) & (boxes[:, 2:] < (lens.width_px, lens.height_px))).all(axis=1)
    return boxes, np.asarray(inside)


def _found(boxes: Floats, rng: np.random.Generator) -> Floats:
    """Simulated detections of these boxes."""
    kept = boxes[rng.random(len(boxes)) > MISSED]
    noisy = kept + np.tile(rng.normal(0, BOX_PX, (len(kept), 2)), 2)
    corner = rng.uniform((100, 100), (1800, 950), (int(rng.random() < FALSE), 2))
    return np.vstack([noisy, np.hstack([corner, corner + np.array([27, 53])])])
