"""Delay and cost of pictures over the channel between camera and detector, from one process to another.

python -m blindspot_lab.bench.eyes.channel DOOR 1280 720 is the sending process.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.core.errors import BlindspotError
from blindspot.core.processes import die_with_parent
from blindspot.vision.capture.picture_channel import ClearPicture, PictureGiver, PictureTaker

GIVES_UP_AFTER_S = 25.0
_PERIOD_S = 0.05


def passed(width_px: int, height_px: int, wanted: int) -> Mapping[str, float]:
    """Median delay and CPU time of both sides, ms per picture. Raises BlindspotError if too few arrive."""
    late_s: list[float] = []
    sent_s: list[float] = []

    def take(picture: ClearPicture) -> None:
        late_s.append(time.time() - picture.pose.stamp_s)
        sent_s.append(picture.pose.east_m)

    with TemporaryDirectory(prefix="blindspot-bench-") as folder:
        door = Path(folder) / "pictures"
        size = str(width_px), str(height_px)
        command = [sys.executable, "-P", "-m", "blindspot_lab.bench.eyes.channel", str(door), *size]
        with subprocess.Popen(command, preexec_fn=die_with_parent()) as process:
            taker, began_s, ends_s = PictureTaker(door, take), time.process_time(), time.monotonic() + GIVES_UP_AFTER_S
            while len(late_s) < wanted and time.monotonic() < ends_s:
                time.sleep(_PERIOD_S)
            taken_s = time.process_time() - began_s
            taker.close()
            process.kill()
    if len(late_s) < wanted:
        raise BlindspotError(f"only {len(late_s)} of {wanted} pictures arrived through the channel")
    return {
        "late_ms": 1e3 * float(np.median(late_s)),
        "cpu_ms": 1e3 * (float(np.median(sent_s)) + taken_s / len(late_s)),
    }


def _give(door: Path, width_px: int, height_px: int) -> None:
    giver, lens, cpu_s = PictureGiver(door), Lens(35.0, width_px, height_px), 0.0
    bgr = np.arange(width_px * height_px * 3, dtype=np.uint32).astype(np.uint8).reshape(height_px, width_px, 3)
    ends_s = time.monotonic() + GIVES_UP_AFTER_S
    while time.monotonic() < ends_s:
        began_s = time.process_time()
        if giver.is_asked():
            giver.give(ClearPicture(bgr, CameraPose(time.time(), cpu_s, 0.0, 0.0, 0.0, -90.0), lens))
            cpu_s = time.process_time() - began_s  # cost of the previous picture
        time.sleep(_PERIOD_S)


if __name__ == "__main__":
    _give(Path(sys.argv[1]), *map(int, sys.argv[2:]))
