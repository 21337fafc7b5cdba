"""A thermal network on drawn thermal pictures, and the heads that thermal masks miss in them.

Synthetic: the network was trained on real pictures, and the temperatures of the drawings are assumed. The figures check
that the drawings are plausible, and describe simulated flights. They say nothing about real ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from blindspot.camera.optics import Lens
from blindspot.mission.mission_file import Mission
from blindspot.vision.models.detector import Detector
from blindspot.vision.town.search import Searcher
from blindspot.vision.town.seen_town import Town
from blindspot.vision.town.town_cache import town_of_mission
from blindspot_lab.bench.eyes.aerial import SCENES, curve_of, scenes
from blindspot_lab.bench.eyes.masking import DrawingEye, head_targets, rendered_heads
from blindspot_lab.bench.eyes.thermal import SURE
from blindspot_lab.bench.tools.target import Target

LENS = Lens(24.12, 640, 512)
"""18 mm before pixels of 12 um."""
DENSITIES_PX_PER_M = (12.5, 20.0, 25.0)
SEED = 8


def drawn_heat_targets(name: str, detector: Detector, mission: Mission) -> list[Target]:
    """Precision and recall of people and cars, by night and on a hot day, over pixel densities."""
    town, targets = town_of_mission(mission), []
    for light, renderer in _eyes(town):
        for px_per_m in DENSITIES_PX_PER_M:
            views = list(scenes(town, LENS, px_per_m, SCENES, SEED, renderer))
            found, truth = [detector.detect(view.picture) for view in views], [view.truth for view in views]
            for kind in ("person", "vehicle"):
                curve = curve_of(found, truth, kind)
                precision, recall = curve.precision_recall(SURE)
                about = f"SYNTHETIC, {name}, drawn {light}, {px_per_m:g} px/m"
                targets += [
                    Target(f"{about}: {kind} recall, {curve.total}, score {SURE}", "reported", recall, "", None),
                    Target(f"  {about}: {kind} precision there", "reported", precision, "", None),
                ]
    return targets


def drawn_heads_targets(name: str, detector: Searcher, mission: Mission) -> list[Target]:
    """Heads that a model and warm spots beside it hide, by night and on a hot day, over pixel densities."""
    town = town_of_mission(mission)
    return [
        target
        for light, renderer in _eyes(town)
        for px_per_m in DENSITIES_PX_PER_M
        for target in head_targets(
            f"{px_per_m:g} px/m, {name}, drawn {light}",
            rendered_heads(detector, town, px_per_m, DrawingEye(renderer, LENS, warm_spots=True)),
        )
    ]


def _eyes(town: Town) -> Iterator[tuple[str, Any]]:
    """Renderers by their light."""
    from blindspot_sim.pictures.heat import HOT_DAY, NIGHT
    from blindspot_sim.pictures.thermal import ThermalRenderer

    for light, heat in (("night", NIGHT), ("hot day", HOT_DAY)):
        yield light, ThermalRenderer(town, LENS, SEED, heat)
