"""Detection of people and cars in Gazebo's pictures, with Gazebo's own boxes as the truth.

The figures have our renderer's shapes; light, surfaces and edges are Gazebo's. The pictures are synthetic, too.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from blindspot.mission.mission_file import Mission
from blindspot.site.load import load_site
from blindspot.site.town.geojson import load_area
from blindspot.vision.mask_candidates import SURE_SCORE
from blindspot.vision.models.detector import Detector
from blindspot.vision.town.seen_town import town_of
from blindspot.vision.town.town_cache import town_of_mission
from blindspot_lab.bench.eyes.aerial import (
    DENSITY_PX_PER_M,
    GOAL_PRECISION,
    GOALS,
    LENS,
    Scene,
    curves_over,
)
from blindspot_lab.bench.tools.target import Target

PEOPLE, CARS, PICTURES, SEED = 150, 60, 40, 3
MOMENT = datetime(2026, 6, 21, 12, tzinfo=UTC)


def gazebo_scenes(mission: Mission) -> list[Scene]:
    """PICTURES pictures of the mission's town from the air, by Gazebo. If Gazebo is absent, log this on stderr and
    return an empty list. Raises DependencyError if Gazebo fails."""
    from blindspot_lab.gazebo.server import is_here

    if not is_here():
        print("NOT MEASURED: pictures of Gazebo, which is absent (no gz on the path)", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory(prefix="blindspot_looks_") as folder:
        return pictures_over(mission, Path(folder), PICTURES, SEED)


def pictures_over(mission: Mission, folder: Path, count: int, seed: int) -> list[Scene]:
    """`count` pictures, determined by the seed. The world and Gazebo's output go into the folder."""
    from blindspot_lab.gazebo.aerial_pictures import eyes_over, taken
    from blindspot_sim.world import traffic
    from blindspot_sim.world.build import MARGIN_M, Traffic, build_world

    site = load_site(mission.site_dir)
    area = load_area(mission.perimeter_path, site.frame)
    town = town_of(site, area, margin_m=MARGIN_M)
    people, cars = traffic.people(town, PEOPLE, seed), traffic.cars(town, CARS, seed)
    eyes = eyes_over(people, cars, LENS, DENSITY_PX_PER_M, count, seed)
    world = build_world(site, area, MOMENT, folder, "pictures", Traffic(PEOPLE, CARS, seed), photographers=eyes)
    return [Scene(look.picture, look.pose, look.truth) for look in taken(world, eyes)]


def gazebo_targets(name: str, detector: Detector, mission: Mission, views: Sequence[Scene]) -> list[Target]:
    """Recall and precision at SURE_SCORE, with the whole budget for tiles."""
    curves = curves_over(detector, town_of_mission(mission), views) if views else {}
    targets = []
    for kind, curve in curves.items():
        precision, recall = curve.precision_recall(SURE_SCORE)
        about = f"SYNTHETIC, Gazebo's pictures, {name}: {kind}"
        recalled = f"{about} recall, {curve.total} at {DENSITY_PX_PER_M:g} px/m, score {SURE_SCORE:g}"
        is_met = recall >= GOALS[kind] and precision >= GOAL_PRECISION
        targets += [
            Target(recalled, f">= {GOALS[kind]}", recall, "", is_met),
            Target(f"  {about} precision there", f">= {GOAL_PRECISION}", precision, "", None),
        ]
    return targets
