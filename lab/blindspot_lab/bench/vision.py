"""Figures of vision: quality and speed of the detector, tracking and georeferencing of people, heads that the masking
misses, and the cost of pictures."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose, project
from blindspot.core.errors import DependencyError, InputError
from blindspot.mission.mission_file import Mission, load_mission
from blindspot.site.ground.grid import Grid
from blindspot.vision.mask_candidates import LEAST_SCORE, SURE_SCORE
from blindspot.vision.masking import Masker
from blindspot.vision.models.detector import Detections, Detector, NoNetwork
from blindspot.vision.models.models import DEFAULT_FOLDER, DEFAULT_LIST, DEFAULT_MODEL, allowed_networks
from blindspot.vision.town.seen_town import Town
from blindspot.vision.town.town_cache import town_of_mission
from blindspot_lab.bench.eyes.aerial import aerial_targets, latency_targets
from blindspot_lab.bench.eyes.boxes import Scored, average_precision, people_in, precision_recall
from blindspot_lab.bench.eyes.drawn_heat import drawn_heads_targets, drawn_heat_targets
from blindspot_lab.bench.eyes.eyes import eyes_targets
from blindspot_lab.bench.eyes.flying_tracks import flying_targets
from blindspot_lab.bench.eyes.gazebo import gazebo_scenes, gazebo_targets
from blindspot_lab.bench.eyes.masking import TUNED_BELOW, pets_targets, rendered_targets
from blindspot_lab.bench.eyes.own.own_pictures import OwnPictures, measured
from blindspot_lab.bench.eyes.people import people_of, pets_folder
from blindspot_lab.bench.eyes.pets_events import event_targets
from blindspot_lab.bench.eyes.pets_tracks import following_targets, pets_frames
from blindspot_lab.bench.eyes.places import place_targets
from blindspot_lab.bench.eyes.published import published_targets
from blindspot_lab.bench.eyes.thermal import SIDE_PX as THERMAL_SIDE_PX, hit_uav_folder, thermal_targets
from blindspot_lab.bench.tools.companion import run_companion
from blindspot_lab.bench.tools.target import Measured, Parts, Target, in_parts

FRAME_STEP = 15
VIEWS = 40
PETS_SIDE_PX, FLOWN_SIDE_PX, TILED_SIDE_PX = 768, 960, 640
"""Longest side of the network's input: PETS at full resolution, the default of the node `detector`, and the value that
leaves most of a budget to tiles."""
FLOWN_BUDGET_MS = 150.0
"""Time that real flights spend on a picture: config/params/hardware.yaml."""
MISSION = Path(__file__).resolve().parents[3] / "config" / "missions" / "nantes_evening.yaml"


def run(
    only: str | None = None, companion: bool = False, pictures: Path | None = None, **asked: Any
) -> list[Target] | Measured:
    """All figures available on this machine, or those of one part. Missing ones are logged on stderr and left out.

    With `companion` the cost of the nodes alone, of all models or of the one in `only`. With `pictures`, and what else
    `OwnPictures` needs, only the figures of these pictures.
    """
    if companion:
        return run_companion(only)
    if pictures is not None or asked:
        needed = ("pictures", "boxes", "px_per_m", "light", "sensor", "model")
        given = {"pictures": pictures, **asked}
        if only is not None:
            raise InputError("bench", "--only", "has no meaning with pictures of your own", "leave it out")
        if missing := [f"--{name.replace('_', '-')}" for name in needed if given.get(name) is None]:
            raise InputError("bench", missing[0], "is missing", "pictures of your own need all of "
                             + ", ".join(f"--{name.replace('_', '-')}" for name in needed))  # fmt: skip
        return measured(OwnPictures(**given))
    mission = load_mission(MISSION)
    parts: Parts = {
        "people": lambda: [*_people_targets(mission)],
        "thermal": lambda: [*_thermal_targets()],
        "published": lambda: [*published_targets()],
        "heat": lambda: [*_heat_targets(mission)],
        "places": lambda: [*place_targets(mission)],
        "flying": lambda: [*flying_targets()],
        "pictures": lambda: [*picture_targets(mission)],
        "eyes": lambda: [*eyes_targets(mission)],
    }
    return in_parts("vision", parts, only)


def picture_targets(mission: Mission) -> list[Target]:
    """CPU time of a rendered 1280 x 720 picture and of its mask, in views that look down by 50 degrees and more."""
    from blindspot_sim.pictures.people import People
    from blindspot_sim.pictures.renderer import Renderer

    lens = Lens(35.0, 1280, 720)
    town = town_of_mission(mission)
    renderer, masker, people = Renderer(town, lens), Masker(town, lens), People(town, mission.file.people, seed=1)
    rng = np.random.default_rng(1)
    render_ms, mask_ms = [], []
    for cell in rng.choice(np.flatnonzero(town.allowed), VIEWS):
        (east_m, north_m), pitch_deg = town.grid.centres(np.array([cell]))[0], float(rng.uniform(-90, -50))
        pose = CameraPose(0.0, east_m, north_m, 65.0, float(rng.uniform(0, 360)), pitch_deg, 0.0, 0.5, 0.5)
        start_s = time.process_time()
        picture = renderer.render(pose, people.at(0.0))
        rendered_s = time.process_time()
        masker.mask(picture, Detections.none(), pose, 0.0)
        render_ms.append(1e3 * (rendered_s - start_s))
        mask_ms.append(1e3 * (time.process_time() - rendered_s))
    rate_hz, wrong_px = 1e3 / float(np.percentile(render_ms, 95)), worst_error_px(lens)
    return [
        Target("rendered pictures a second, 1280 x 720, one core, 95 % above", ">= 15", rate_hz, "Hz", rate_hz >= 15),
        Target("a known point of the ground from its pixel, worst", "<= 1", wrong_px, "px", wrong_px <= 1),
        _picture_target("rendered picture", render_ms),
        _picture_target("mask of a picture", mask_ms),
    ]


def worst_error_px(lens: Lens) -> float:
    """Largest distance between the drawn middle of a 1 m square on the ground and its projection, in VIEWS views."""
    from blindspot_sim.pictures.renderer import Renderer

    grid = Grid(-60.0, -60.0, 0.5, 240, 240)
    bare, marked = (np.zeros(grid.shape, np.bool_) for _ in range(2))
    marked[120:122, 120:122] = True  # its middle is 0.5 m east and north of the origin
    level = np.zeros(grid.shape, np.float32)
    without, with_mark = (Renderer(Town(grid, level, public, public, (), ()), lens) for public in (bare, marked))
    rng, errors_px = np.random.default_rng(2), []
    for _ in range(VIEWS):
        pitch_deg, heading_deg = float(rng.uniform(-90, -40)), float(rng.uniform(0, 360))
        back_m, heading = 60 / np.tan(np.radians(-pitch_deg)), np.radians(heading_deg)
        east_m, north_m = rng.uniform(-8, 8, 2) - back_m * np.array([np.sin(heading), np.cos(heading)])
        pose = CameraPose(0.0, float(east_m), float(north_m), 60.0, heading_deg, pitch_deg)
        changed = np.abs(with_mark.render(pose).astype(int) - without.render(pose)).sum(axis=2).astype(float)
        middle = np.array([changed.sum(axis=axis) @ np.arange(changed.shape[1 - axis]) for axis in (0, 1)])
        expected = project([(0.5, 0.5, 0.0)], pose, lens)[0][0]
        errors_px.append(float(np.hypot(*(middle / changed.sum() - expected))))
    return max(errors_px)


def _picture_target(name: str, times_ms: list[float]) -> Target:
    slow_ms = float(np.percentile(times_ms, 95))
    return Target(f"{name}, 1280 x 720, CPU time, 95 % below", "<= 25", slow_ms, "ms", slow_ms <= 25)


def _thermal_targets() -> list[Target]:
    folder = hit_uav_folder()
    if folder is None:
        print("NOT MEASURED: HIT-UAV is absent; name its folder in BLINDSPOT_HIT_UAV", file=sys.stderr)
        return []
    return [each for name in _thermal_models()
            for each in thermal_targets(name, _detector(name, THERMAL_SIDE_PX), folder)]  # fmt: skip


def _heat_targets(mission: Mission) -> list[Target]:
    by_name = {name: _detector(name, THERMAL_SIDE_PX) for name in _thermal_models()}
    return [
        *(each for name, detector in by_name.items() for each in drawn_heat_targets(name, detector, mission)),
        *(each for name, detector in by_name.items()
          for each in drawn_heads_targets(f"{name} and warm spots", detector, mission)),
        *drawn_heads_targets("warm spots alone", NoNetwork(), mission),
    ]  # fmt: skip


def _thermal_models() -> list[str]:
    return [name for name, model in allowed_networks().items() if model.sensor == "thermal"]


def _people_targets(mission: Mission) -> list[Target]:
    try:
        flown = _detector(DEFAULT_MODEL, FLOWN_SIDE_PX)
    except DependencyError as error:
        print(f"NOT MEASURED: {error}", file=sys.stderr)
        return []
    targets = [*rendered_targets(flown, mission), *latency_targets(flown, mission, FLOWN_BUDGET_MS)]
    by_gazebo = gazebo_scenes(mission)
    for name in (name for name, model in allowed_networks().items() if model.sensor == "visible"):
        detector = _detector(name, TILED_SIDE_PX)
        targets += [*aerial_targets(name, detector, mission), *gazebo_targets(name, detector, mission, by_gazebo)]
    folder = pets_folder()
    if folder is None:
        print("NOT MEASURED: PETS 2009 is absent; name its folder in BLINDSPOT_PETS", file=sys.stderr)
        return targets
    pets = (
        detector_targets(_detector(DEFAULT_MODEL, 640), folder),
        pets_targets(_detector(DEFAULT_MODEL, PETS_SIDE_PX), folder),
    )
    frames = list(pets_frames(_detector(DEFAULT_MODEL, PETS_SIDE_PX), folder))
    followed = [*following_targets(frames), *event_targets(frames, folder)]
    return [*pets[0], *pets[1], *followed, *targets]


def _detector(name: str, max_side_px: int) -> Detector:
    model = allowed_networks()[name]
    path = model.path(name, DEFAULT_LIST, DEFAULT_FOLDER)
    return Detector(path, model, min_score=LEAST_SCORE, max_side_px=max_side_px)


def detector_targets(detector: Detector, folder: Path) -> list[Target]:
    """AP50, precision and recall of people over every FRAME_STEP-th annotated frame, and the time of a frame."""
    truth = people_of(folder / "PETS2009-S2L1.xml")
    found, expected, numbers, times_s = [], [], [], []
    video = cv2.VideoCapture(str(folder / "vtest.avi"))
    for number in range(int(video.get(cv2.CAP_PROP_FRAME_COUNT))):
        if not video.grab() or number % FRAME_STEP or number not in truth:
            continue
        frame = np.asarray(video.retrieve()[1], np.uint8)
        start_s = time.process_time()
        detections = detector.detect(frame)
        times_s.append(time.process_time() - start_s)
        found.append(people_in(detections))
        expected.append(truth[number])
        numbers.append(number)
    video.release()
    ap50 = average_precision(found, expected)
    precision, recall = precision_recall(_sure(found), expected)
    later = [index for index, number in enumerate(numbers) if number >= TUNED_BELOW]
    of_later = precision_recall(_sure([found[index] for index in later]), [expected[index] for index in later])[1]
    median_ms = 1e3 * float(np.median(times_s))
    size = f"{len(found)} frames"
    return [
        Target(f"people AP50, PETS S2.L1, {size}", ">= 0.9", ap50, "", ap50 >= 0.9),
        Target(f"people recall at score {SURE_SCORE:g}, {size}", ">= 0.93", recall, "", recall >= 0.93),
        Target(f"  of the {len(later)} frames that nothing was tuned on", "reported", of_later, "", None),
        Target(f"people precision at score {SURE_SCORE:g}, {size}", "reported", precision, "", None),
        Target("detector CPU time a frame", "<= 60", median_ms, "ms", median_ms <= 60),
    ]


def _sure(found: list[Scored]) -> list[Scored]:
    return [(boxes[scores >= SURE_SCORE], scores[scores >= SURE_SCORE]) for boxes, scores in found]
