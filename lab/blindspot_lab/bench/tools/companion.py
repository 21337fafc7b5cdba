"""Cost of the nodes that handle pictures on a drone's computer: CPU, memory and latency, for each model and number of
threads.

Each row is a flight of one drone of the crossroads in real time, with rendered pictures and a recorder. The renderer
belongs to a simulation: its work counts for the node `camera`, which has less to do with a real camera.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import yaml
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage

from blindspot.camera.optics import Sensor
from blindspot.core.folders import CONFIG_DIR
from blindspot.nodes.clients.operator import Operator
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import seconds
from blindspot.stack.bringup import stack
from blindspot.stack.programs.processes import Options
from blindspot.stack.supervisor import Supervisor, pss_mb
from blindspot.vision.models.models import allowed_networks
from blindspot_lab.bench.tools.flight_processes import cpu_s, operator_of, to_views
from blindspot_lab.bench.tools.target import Measured, Target

NODES = ("camera", "detector", "recorder")
WATCHED_S, RATE_HZ = 20.0, 5.0
THREADS = (1, 4)
FIGURES: Mapping[str, tuple[str, str]] = {
    "late_median_ms": ("exposure to masked picture, median", "ms"),
    "late_95_ms": ("exposure to masked picture, 95 % below", "ms"),
    **{f"{node}_cpu_percent": (f"{node}, CPU", "% of a core") for node in NODES},
    **{f"{node}_memory_mb": (f"{node}, memory (PSS)", "MB") for node in NODES},
}
"""By the key of a row: name and unit."""


@dataclass(frozen=True, slots=True)
class FlownCost:
    """By node: share of a core, and memory. From the exposure to the masked picture at a subscriber: the median and the
    95th percentile; `pictures` arrived."""

    cpu: Mapping[str, float]
    memory_mb: Mapping[str, float]
    late_ms: tuple[float, float]
    pictures: int


class PictureClock:
    """Delays of masked pictures, by the simulated clock. It ticks 20 times a second and goes on in real time."""

    def __init__(self) -> None:
        self._tick_s, self._heard_s = 0.0, 0.0
        self.late_ms: list[float] = []

    def on_clock(self, message: Clock) -> None:
        self._tick_s, self._heard_s = seconds(message.clock), time.monotonic()

    def on_picture(self, message: CompressedImage) -> None:
        now_s = self._tick_s + time.monotonic() - self._heard_s
        self.late_ms.append(1e3 * (now_s - seconds(message.header.stamp)))


def run_companion(only: str | None = None) -> Measured:
    """Each listed model on each number of threads, or one model: a minute and a half of flight for each."""
    names = [only] if only in allowed_networks() else list(allowed_networks())
    rows = [_row(name, threads) for name in names for threads in THREADS]
    return Measured([target for row in rows for target in _targets(row)], {"companion": rows})


def _row(model: str, threads: int) -> dict[str, object]:
    flown = flown_cost(model, threads)
    median_ms, slow_ms = flown.late_ms
    return {
        "model": model, "threads": threads, "cores": os.cpu_count(), "pictures": flown.pictures,
        "late_median_ms": median_ms, "late_95_ms": slow_ms,
        **{f"{node}_cpu_percent": 100.0 * flown.cpu[node] for node in NODES},
        **{f"{node}_memory_mb": flown.memory_mb[node] for node in NODES},
    }  # fmt: skip


def _targets(row: Mapping[str, object]) -> Iterator[Target]:
    threads = f"{row['threads']} thread{'' if row['threads'] == 1 else 's'}"
    for key, (name, unit) in FIGURES.items():
        yield Target(f"{row['model']}, {threads}: {name}", "reported", float(str(row[key])), unit, None)


def flown_cost(model: str, threads: int) -> FlownCost:
    """Fly, and watch the nodes for WATCHED_S."""
    with TemporaryDirectory(prefix="blindspot-bench-") as folder:
        run_dir = Path(folder) / "run"
        run_dir.mkdir()
        options = Options(
            run_dir=run_dir, speed_factor=1.0, params_file=parameters(Path(folder), model=model, threads=threads)
        )
        mission_path = recorded_mission(Path(folder), allowed_networks()[model].sensor)
        what = stack("embedded", mission_path, options)
        with Supervisor(what, run_dir) as supervisor, operator_of(what) as operator:
            to_views(operator, what, mission_path)
            clock = _watched(operator)
            pids = {node: supervisor.pids[f"/drone1/{node}"] for node in NODES}
            began_s, before_s = time.monotonic(), {node: cpu_s(pid) for node, pid in pids.items()}
            operator.spin(WATCHED_S)
            took_s = time.monotonic() - began_s
            shares = {node: (cpu_s(pid) - before_s[node]) / took_s for node, pid in pids.items()}
            memory_mb = {node: pss_mb(pid) for node, pid in pids.items()}
    late_ms = [float(np.percentile(clock.late_ms or [np.nan], share)) for share in (50, 95)]
    return FlownCost(shares, memory_mb, (late_ms[0], late_ms[1]), len(clock.late_ms))


def _watched(operator: Operator) -> PictureClock:
    """Subscribe the drone's masked pictures."""
    clock = PictureClock()
    operator.subscribe(Clock, "/clock", clock.on_clock, qos.CLOCK)
    operator.subscribe(CompressedImage, "/drone1/camera/image_masked/compressed", clock.on_picture, qos.PICTURE)
    return clock


def parameters(folder: Path, **detector: str | int) -> Path:
    """A file of parameters: RATE_HZ for all nodes, and more for the detector."""
    path = folder / "own.yaml"
    rates = {"camera": "picture_rate_hz", "detector": "jpeg_rate_hz", "recorder": "picture_rate_hz"}
    given = {node: {name: RATE_HZ} | (detector if node == "detector" else {}) for node, name in rates.items()}
    path.write_text(yaml.safe_dump({f"/*/{node}": {"ros__parameters": each} for node, each in given.items()}))
    return path


def recorded_mission(folder: Path, sensor: Sensor = "visible") -> Path:
    """The crossroads with one drone and a recording, with absolute paths. A thermal drone has the band of the mission
    at night: its camera reaches no higher density up here."""
    missions = CONFIG_DIR / "missions"
    (folder / "missions").mkdir()
    shutil.copytree(CONFIG_DIR / "drones", folder / "drones")
    asked = yaml.safe_load((missions / "crossroads.yaml").read_text())
    asked |= {key: str(missions / asked[key]) for key in ("site", "authorisation", "perimeter")}
    asked |= {"fleet": asked["fleet"][:1], "record": True}
    if sensor == "thermal":
        asked["fleet"][0]["model"] = "reference_thermal"
        asked["band"] = yaml.safe_load((missions / "nantes_night.yaml").read_text())["band"]
    path = folder / "missions" / "recorded.yaml"
    path.write_text(yaml.safe_dump(asked))
    return path
