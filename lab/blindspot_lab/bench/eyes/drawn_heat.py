"""A thermal network on drawn thermal pictures: a check that the drawings are plausible, and no figure of quality.

Synthetic: the network was trained on real pictures, and the temperatures of the drawings are assumed.
"""

from __future__ import annotations

from blindspot.camera.optics import Lens
from blindspot.mission.mission_file import Mission
from blindspot.vision.models.detector import Detector
from blindspot.vision.town.town_cache import town_of_mission
from blindspot_lab.bench.eyes.aerial import SCENES, curve_of, scenes
from blindspot_lab.bench.eyes.thermal import SURE
from blindspot_lab.bench.tools.target import Target

LENS = Lens(24.12, 640, 512)
"""18 mm before pixels of 12 um."""
DENSITIES_PX_PER_M = (12.5, 20.0, 25.0)
SEED = 8


def drawn_heat_targets(name: str, detector: Detector, mission: Mission) -> list[Target]:
    """Precision and recall of people and cars, by night and on a hot day, over pixel densities."""
    from blindspot_sim.pictures.heat import HOT_DAY, NIGHT
    from blindspot_sim.pictures.thermal import ThermalRenderer

    town, targets = town_of_mission(mission), []
    for light, heat in (("night", NIGHT), ("hot day", HOT_DAY)):
        renderer = ThermalRenderer(town, LENS, SEED, heat)
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
