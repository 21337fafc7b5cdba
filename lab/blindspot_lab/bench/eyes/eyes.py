"""Cost of picture transport: from camera to detector, to a radio, and in the nodes of one drone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.core.errors import BlindspotError
from blindspot.mission.mission_file import Mission
from blindspot.nodes.graph.latest import Latest
from blindspot.stack.programs.dds import PICTURES
from blindspot.vision.masking import Masker
from blindspot.vision.models.detector import Detections
from blindspot.vision.models.models import DEFAULT_MODEL
from blindspot.vision.town.town_cache import town_of_mission
from blindspot_lab.bench.eyes.channel import passed
from blindspot_lab.bench.tools.companion import NODES, RATE_HZ, flown_cost
from blindspot_lab.bench.tools.target import Target

SIZE = (1280, 720)
SIZES = (SIZE, (1920, 1080))
ACROSS_GOAL_MS, WITHIN_GOAL_MS = 15.0, 3.0
PASSED = 40
QUALITY = 80
VIEWS = 20


def eyes_targets(mission: Mission) -> list[Target]:
    """Figures of transport, JPEGs and nodes: about two minutes."""
    return [*transport_targets(), *jpeg_targets(mission), *node_targets()]


def transport_targets() -> list[Target]:
    """Delay of a picture, and CPU time of both sides together."""
    targets = []
    for width_px, height_px in SIZES:
        found, where = passed(width_px, height_px, PASSED), f"{width_px} x {height_px}, across processes"
        goal = f"<= {ACROSS_GOAL_MS:g}" if (width_px, height_px) == SIZE else "reported"
        met = None if goal == "reported" else found["late_ms"] <= ACROSS_GOAL_MS
        by_topic = _passed(width_px, height_px)
        targets += [
            Target(f"picture, {where}, median", goal, found["late_ms"], "ms", met),
            Target("  CPU time of both sides", "reported", found["cpu_ms"], "ms", None),
            Target(f"the same as a message, {where}, median", "reported", by_topic["late_ms"], "ms", None),
            Target("  CPU time of both sides", "reported", by_topic["cpu_ms"], "ms", None),
        ]
    within_ms = handed_over_ms(np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
    name = f"picture, {SIZE[0]} x {SIZE[1]}, handed over by reference in one process, median"
    return [*targets, Target(name, f"<= {WITHIN_GOAL_MS:g}", within_ms, "ms", within_ms <= WITHIN_GOAL_MS)]


def _passed(width_px: int, height_px: int) -> Mapping[str, Any]:
    """Results of `picture_probe`, over the transport of a camera topic."""
    asked = map(str, (width_px, height_px, PASSED))
    command = [sys.executable, "-P", "-m", "blindspot.nodes.clients.picture_probe", *asked]
    ran = subprocess.run(command, env={**os.environ, **PICTURES}, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(ran.stdout)
    if found["arrived"] < PASSED or not found["whole"]:
        raise BlindspotError(f"only {found['arrived']} of {PASSED} pictures arrived: run ./blindspot doctor")
    return found


def handed_over_ms(picture: np.ndarray) -> float:
    """Median wall time from one thread to another, through the queue of a node's worker."""
    took_s: list[float] = []
    worker: Latest[tuple[float, np.ndarray]] = Latest(lambda item: took_s.append(time.perf_counter() - item[0]))
    for number in range(PASSED):
        worker.offer((time.perf_counter(), picture))
        while len(took_s) <= number:
            time.sleep(0.001)
    worker.close()
    return 1e3 * float(np.median(took_s))


def jpeg_targets(mission: Mission) -> list[Target]:
    """Size of masked pictures of the mission's town (synthetic), in the format of `image_masked/compressed`."""
    from blindspot_sim.pictures.renderer import Renderer

    town, targets = town_of_mission(mission), []
    for width_px, height_px in ((960, 540), (1920, 1080)):
        lens = Lens(35.0, width_px, height_px)
        renderer, masker, sizes, times_s = Renderer(town, lens), Masker(town, lens), [], []
        rng = np.random.default_rng(3)
        for cell in rng.choice(np.flatnonzero(town.allowed), VIEWS):
            (east_m, north_m), pitch_deg = town.grid.centres(np.array([cell]))[0], float(rng.uniform(-90, -50))
            pose = CameraPose(0.0, east_m, north_m, 65.0, float(rng.uniform(0, 360)), pitch_deg, 0.0, 0.5, 0.5)
            masked = masker.mask(renderer.render(pose), Detections.none(), pose, 0.0)
            began_s = time.process_time()
            sizes.append(len(cv2.imencode(".jpg", masked, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]))
            times_s.append(time.process_time() - began_s)
        name = f"masked picture as JPEG, {width_px} x {height_px}, quality {QUALITY} (synthetic)"
        targets += [
            Target(f"{name}, mean", "reported", float(np.mean(sizes)) / 1e3, "kB", None),
            Target("  the largest", "reported", max(sizes) / 1e3, "kB", None),
            Target("  CPU time", "reported", 1e3 * float(np.median(times_s)), "ms", None),
        ]
    return targets


def node_targets() -> list[Target]:
    """CPU and memory of the nodes that handle pictures, with the default model on one thread."""
    name = f"at {RATE_HZ:g} pictures a second, 960 x 540, 1 x real time"
    flown = flown_cost(DEFAULT_MODEL, 1)
    return [
        target
        for node in NODES
        for target in (
            Target(f"{node} {name}", "reported", 100 * flown.cpu[node], "% of a core", None),
            Target("  memory (PSS)", "reported", flown.memory_mb[node], "MB", None),
        )
    ]
