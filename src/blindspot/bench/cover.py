"""Figures of the set cover: over the reference scenes, what is proven and in what time.

Two instances a scene, of the sizes that a first and a fine cover of 0.25 km2 have: views from legal air at the height
that the planner would take, over every so many-th blind cell. All views cost the same.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blindspot.bench.coverage import SCENES, Scene, scenes_folder
from blindspot.bench.scene_mission import SceneMission, scene_mission
from blindspot.bench.target import Target
from blindspot.planning.air import legal_air
from blindspot.planning.candidates import (
    POSE_ERROR_M,
    Fineness,
    Views,
    aims_for,
    flying_height_m,
    pictures,
    positions,
    survey,
)  # fmt: skip
from blindspot.planning.cover_problem import Problem
from blindspot.planning.cover_search import greedy
from blindspot.planning.ground import survey_ground
from blindspot.planning.set_cover import SetCover, set_cover
from blindspot.planning.sight import Targets

TARGETS = 17_500
"""About so many of the blind cells are to be seen."""
HEADINGS, PITCH_STEP_DEG = 8, 20.0
BLOCKS_M = {"synthetic_seed7": (48.0, 17.0), "nantes_dense_crop": (44.0, 12.0)}
"""One place a block so large: about 2 500 views, and 13 000."""


@dataclass(frozen=True, slots=True)
class Instance:
    name: str
    views: Views
    targets: int

    @property
    def candidates(self) -> int:
        return len(self.views.place)

    def covered(self) -> tuple[SetCover, float]:
        """(a cover, CPU time in seconds), once compiled."""
        start_s = time.process_time()
        found = set_cover(self.views.first, self.views.seen, np.ones(self.candidates), self.targets)
        return found, time.process_time() - start_s

    def greedy_cost(self) -> int:
        problem = Problem.of(self.views.first, self.views.seen, np.ones(self.candidates), np.ones(self.targets))
        seen = np.diff(problem.start) > 0
        return int(greedy(problem.part(np.ones(problem.columns, dtype=bool), seen)).sum())


def run() -> list[Target]:
    """All figures; from the repository's root. Without the scenes there are none, which is told on stderr."""
    folder = scenes_folder()
    if folder is None:
        print("NOT MEASURED: the reference scenes are absent; name their folder in BLINDSPOT_SCENES", file=sys.stderr)
        return []
    targets: list[Target] = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in SCENES:
            few, many = instances(scene_mission(name, Scene.load(folder / f"{name}.npz"), Path(scratch)))
            few.covered()
            targets += of_few(few) + of_many(many)
    return targets


def of_few(few: Instance) -> list[Target]:
    found, cpu_s = few.covered()
    told = f"{few.name}: {few.candidates} views over {few.targets - len(found.unseen)} targets"
    return [
        Target(f"{told}, gap of the cover", "0 %", 100 * found.gap, "%", found.proven),
        Target(f"{told}, CPU time", "<= 1 s", cpu_s, "s", cpu_s <= 1.0),
        Target(f"{told}, greedy above it", "", 100 * (few.greedy_cost() / found.cost - 1), "%", None),
    ]


def of_many(many: Instance) -> list[Target]:
    found, cpu_s = many.covered()
    told = f"{many.name}: {many.candidates} views over {many.targets - len(found.unseen)} targets"
    above = 100 * (many.greedy_cost() / found.cost - 1)
    return [
        Target(f"{told}, gap of the cover", "<= 5 %", 100 * found.gap, "%", found.gap <= 0.05),
        Target(f"{told}, CPU time", "<= 60 s", cpu_s, "s", cpu_s <= 60.0),
        Target(f"{told}, greedy above it", ">= 0 %", above, "%", above >= 0),
    ]


def instances(duel: SceneMission) -> Iterator[Instance]:
    """The small one, and the large one."""
    mission, name = duel.mission, duel.mission.file.name
    ground = survey_ground(mission, duel.site)
    model, limits, band = mission.models["reference"], mission.file.limits, mission.file.band
    air, up_m = legal_air(duel.site, ground.perimeter, limits, model), flying_height_m(model, band, limits)
    blind = np.flatnonzero(ground.spots.blind)
    cells = blind[:: len(blind) // TARGETS]
    targets, taller = Targets.of(ground.field, cells), ground.taller(POSE_ERROR_M)
    for block_m in BLOCKS_M[name]:
        fineness = Fineness(block_m, HEADINGS, PITCH_STEP_DEG)
        places, aims = positions(air, np.ones_like(air.open), fineness), aims_for(model, limits, fineness)
        views = survey(taller, places, up_m, aims, targets, pictures(model, band))
        yield Instance(name, views, len(cells))
