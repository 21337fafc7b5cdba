"""The computer on board: its temperature, free disk space, and sound inputs."""

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


def sound_inputs(system: Path = Path("/sys/class")) -> tuple[str, ...] | None:
    """The devices that can record sound, by the kernel's names; `None` if they can't be listed.

    Linux names each `pcmC<card>D<device>c`. A kernel without any sound device has no folder for them.
    """
    try:
        if not any(system.iterdir()):
            return None
        folder = system / "sound"
        return tuple(sorted(each.name for each in folder.glob("pcm*c"))) if folder.is_dir() else ()
    except OSError:
        return None
