"""The computer on board: how hot it is and what space is left."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil

from blindspot.flight.watch.surroundings import Computer


def read_computer(folder: Path) -> Computer:
    """The hottest sensor, and the space where `folder` lies; NaN for what the machine does not tell."""
    sensors = psutil.sensors_temperatures() if hasattr(psutil, "sensors_temperatures") else {}
    temperatures_c = [reading.current for readings in sensors.values() for reading in readings]
    try:
        free_mb = shutil.disk_usage(folder).free / 1e6
    except OSError:
        free_mb = float("nan")
    return Computer(max(temperatures_c, default=float("nan")), free_mb)
