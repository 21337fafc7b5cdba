"""Figures of the set cover over the reference scenes: proven gap and time.

Each scene gives three instances. Their views look from legal air, at the planner's height, at a regular sample of the
blind cells: 2 500 views straight down, 2 500 of all aims, and 13 000 of all aims, the number of choices for a cover of
0.25 km2. All views cost the same. The fewer views a target has, the tighter is the bound of linear programming: the
first instances are proven, and some of the second.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blindspot.planning.airspace.air import legal_air
from blindspot.planning.covers.cover_problem import Problem, greedy
from blindspot.planning.views.candidates import (
    POSE_ERROR_M,
    Fineness,
    Views,
    aims_for,
    flying_height_m,
    pictures,
    positions,
    survey,
)  # fmt: skip
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.target_ground import survey_ground
from blindspot_lab.bench.tools.scenes import SCENES, Scene, scenes_folder
from blindspot_lab.bench.tools.target import Target
from blindspot_lab.bench.tours.scene_mission import SceneMission, scene_mission
from blindspot_lab.solvers.set_cover import SetCover, set_cover

TARGETS = 17_500
"""Approximate number of blind cells to be seen."""
HEADINGS, PITCH_STEP_DEG = 8, 20.0
BLOCKS_M = {"synthetic_seed7": (15.0, 48.0, 17.0), "nantes_dense_crop": (12.0, 48.0, 12.0)}
"""Side of the blocks with one place each, for the three instances."""


@dataclass(frozen=True, slots=True)
class Instance:
    name: str
    views: Views
    targets: int

    @property
    def candidates(self) -> int:
        return len(self.views.place)

    def covered(self) -> tuple[SetCover, float]:
        """(a cover, CPU time in seconds). Compile before the call."""
        start_s = time.process_time()
        found = set_cover(self.views.first, self.views.seen, np.ones(self.candidates), self.targets)
        return found, time.process_time() - start_s

    def greedy_cost(self) -> int:
        problem = Problem.of(self.views.first, self.views.seen, np.ones(self.candidates), np.ones(self.targets))
        seen = np.diff(problem.start) > 0
        return int(greedy(problem.part(np.ones(problem.columns, dtype=bool), seen)).sum())


def run() -> list[Target]:
    """All figures; run from the repository's root. If the scenes are absent, log that on stderr and return none."""
    folder = scenes_folder()
    if folder is None:
        print("NOT MEASURED: the reference scenes are absent; name their folder in BLINDSPOT_SCENES", file=sys.stderr)
        return []
    targets: list[Target] = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in SCENES:
            down, few, many = instances(scene_mission(name, Scene.load(folder / f"{name}.npz"), Path(scratch)))
            down.covered()  # and compiled
            targets += figures(down, 0.0, 1.0) + figures(few) + figures(many, 5.0, 60.0)
    return targets


def figures(instance: Instance, gap: float | None = None, most_s: float | None = None) -> list[Target]:
    """Proven gap, CPU time, and the excess of the greedy cover. `gap` and `most_s` are the goals, if any."""
    found, cpu_s = instance.covered()
    label = f"{instance.name}: {instance.candidates} views of {instance.targets - len(found.unseen)} targets"
    above = 100 * (instance.greedy_cost() / found.cost - 1)
    return [
        Target(f"{label}, {found.cost:g} are enough, proven to", "" if gap is None else f"<= {gap:g} %",
               100 * found.gap, "%", None if gap is None else 100 * found.gap <= gap),
        Target("the same, CPU time", "" if most_s is None else f"<= {most_s:g} s",
               cpu_s, "s", None if most_s is None else cpu_s <= most_s),
        Target("the same, greedy above it", ">= 0 %", above, "%", above >= 0),
    ]  # fmt: skip


def instances(duel: SceneMission) -> Iterator[Instance]:
    """Instances with views straight down, with few views of all aims, and with many."""
    mission, name = duel.mission, duel.mission.file.name
    ground = survey_ground(mission, duel.site)
    model, limits, band = mission.models["reference"], mission.file.limits, mission.file.band
    up_m = flying_height_m(model, band, limits)
    air = legal_air(duel.site, ground.perimeter, limits, model, up_m)
    blind = np.flatnonzero(ground.spots.blind)
    cells = blind[:: len(blind) // TARGETS]
    targets, taller = Targets.of(ground.field, cells), ground.taller(POSE_ERROR_M)
    down = limits.model_copy(update={"max_pitch_deg": -90.0})
    for block_m, pitches in zip(BLOCKS_M[name], (down, limits, limits), strict=True):
        fineness = Fineness(block_m, HEADINGS, PITCH_STEP_DEG)
        places, aims = positions(air, np.ones_like(air.open), fineness), aims_for(model, pitches, fineness)
        views = survey(taller, places, up_m, aims, targets, pictures(model, band))
        yield Instance(name, views, len(cells))
