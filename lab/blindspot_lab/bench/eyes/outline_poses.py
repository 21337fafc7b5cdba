"""Improvement of poses by the outlines of buildings, in rendered pictures. All of it is synthetic.

The renderer draws the town of the outlines, with windows, shadows and noise, and without cars, trees or chimneys. The
figures therefore measure the method and say little about a real town.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose, unproject
from blindspot.mission.mission_file import Accuracy, Mission
from blindspot.vision.town.outline_pose import OutlinePose
from blindspot.vision.town.town_cache import town_of_mission
from blindspot_lab.bench.eyes.places import reported_pose, someone
from blindspot_lab.bench.tools.target import Target

VIEWS = 60
PLACES_PX = ((640.0, 360.0), (320.0, 180.0), (960.0, 540.0))
"""Pixels at which the ground error is measured."""


def outline_targets(mission: Mission) -> list[Target]:
    """Ground error of the standard profile's poses, before and after, in views around the mission's ground."""
    from blindspot_sim.pictures.renderer import Renderer

    town, lens, rng = town_of_mission(mission), Lens(35.0, 1280, 720), np.random.default_rng(2)
    renderer, outlines, cells = Renderer(town, lens), OutlinePose(town, lens), np.flatnonzero(town.allowed)
    errors_m = []
    for _ in range(VIEWS):
        foot_m, _, true = someone(town, cells, rng)
        drawn = reported_pose(true, Accuracy(), rng)
        correction = outlines.correct(renderer.render(true), drawn)
        if correction is not None:
            level_m = float(foot_m[2])
            errors_m.append([_off_m(pose, true, lens, level_m) for pose in (drawn, correction.pose)])
    return _targets(np.array(errors_m).reshape(-1, 2))


def _targets(errors_m: NDArray[np.float64]) -> list[Target]:
    """Figures of (n, 2) errors before and after."""
    if not len(errors_m):
        return []
    before_m, after_m = (np.percentile(column, (50, 95)).tolist() for column in errors_m.T)
    better = float(np.mean(errors_m[:, 1] < errors_m[:, 0]))
    return [
        Target(
            f"SYNTHETIC: poses corrected by outlines, of {VIEWS} views", "reported", len(errors_m) / VIEWS, "", None
        ),
        Target("SYNTHETIC: their error on the ground before, median", "reported", before_m[0], "m", None),
        Target("SYNTHETIC:   95 % below", "reported", before_m[1], "m", None),
        Target("SYNTHETIC: after, median", "reported", after_m[0], "m", None),
        Target("SYNTHETIC:   95 % below", "reported", after_m[1], "m", None),
        Target("SYNTHETIC: better than before", "reported", better, "", None),
    ]


def _off_m(pose: CameraPose, true: CameraPose, lens: Lens, level_m: float) -> float:
    """Error of a pose on level ground, m, mean over the picture."""
    at_m, true_m = (unproject(PLACES_PX, each, lens, level_m) for each in (pose, true))
    return float(np.hypot(*(at_m - true_m).T).mean())
