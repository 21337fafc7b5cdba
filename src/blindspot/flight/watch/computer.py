"""The computer on board: its temperature and free disk space."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil

from blindspot.flight.watch.surroundings import Computer


def read_computer(folder: Path) -> Computer:
    """The hottest sensor, and the free space of the disk of `folder`; NaN for unavailable values."""
    sensors = psutil.sensors_temperatures() if hasattr(psutil, "sensors_temperatures") else {}
    temperatures_c = [reading.current for readings in sensors.values() for reading in readings]
    try:
        free_mb = shutil.disk_usage(folder).free / 1e6
    except OSError:
        free_mb = float("nan")
    return Computer(max(temperatures_c, default=float("nan")), free_mb)
