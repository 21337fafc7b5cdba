"""Figures of the tour search over generated small towns, against the proven least time of the same choices.

Both leave out turns, and bends count alike in both. So the figure judges the search, not the choice of the candidates.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from blindspot.planning.bounds.minutes_bound import least_tour_s
from blindspot.planning.drones.patrols import drones_of, patrols
from blindspot.planning.tours.covering_tour import Rates, covering_tour
from blindspot.planning.tours.tour_parts import Parts, parts_of
from blindspot.planning.views.candidates import POSE_ERROR_M
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.target_ground import survey_ground
from blindspot_lab.bench.tools.target import Target
from blindspot_lab.bench.tours.generated_scenes import generated_scene
from blindspot_lab.bench.tours.scene_mission import scene_mission
from blindspot_lab.solvers.least_tour import least_tour

SEEDS = range(20)
SIDE_M, PLACES, TARGETS = 160.0, 12, 60
MOVES = 100_000
AT_ONCE_DPS = 1e9


def run() -> list[Target]:
    """All figures; run from the repository's root."""
    ratios, relaxed, proven = [], [], 0
    for seed in SEEDS:
        parts, drone = small_town(seed)
        visible = float(len(np.unique(parts.choice.seen)))
        tour = covering_tour(parts.choice, parts.rates, goal=visible, moves=MOVES, seed=1)
        least = least_tour(parts.choice, parts.rates.rest_s)
        ratios.append(tour.time_s / least.time_s)
        relaxed.append(least_tour_s(parts, drone, len(parts.choice.weight), tour.time_s) / least.time_s)
        proven += least.proven
    return [
        Target("tours over 20 generated small towns, mean of time by least time", "<= 1.10", float(np.mean(ratios)), "",
               float(np.mean(ratios)) <= 1.10),
        Target("the same, worst", "", max(ratios), "", None),
        Target("the same, proven optima", "", float(proven), "", None),
        Target("the same, bound that a plan states, by least time", "", float(np.mean(relaxed)), "", None),
    ]  # fmt: skip


def small_town(seed: int):  # type: ignore[no-untyped-def]
    """Returns (parts, drone) of a generated town, with few places and targets."""
    with tempfile.TemporaryDirectory() as scratch:
        town = scene_mission(f"generated_{seed}", generated_scene(seed, SIDE_M), Path(scratch))
        ground = survey_ground(town.mission, town.site)
        drones = drones_of(town.mission, ground)
    (patrol,) = patrols(drones, ground, town.mission.file.limits.separation_m, {drones[0].name: 0.0})
    blind = np.flatnonzero(ground.spots.blind)
    cells = np.sort(np.random.default_rng(seed).choice(blind, min(TARGETS, len(blind)), replace=False))
    targets, weight = Targets.of(ground.field, cells), np.ones(len(cells), dtype=np.float32)
    parts: Parts = parts_of(town.mission, patrol, ground.taller(POSE_ERROR_M), targets, weight, PLACES)
    rates = Rates(AT_ONCE_DPS, AT_ONCE_DPS, parts.rates.rest_s)
    return replace(parts, rates=rates), patrol.drone
