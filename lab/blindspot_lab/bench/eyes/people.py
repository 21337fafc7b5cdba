"""The people of PETS 2009 S2.L1 view 1, a public benchmark, for evaluation only.

Its frames and annotations are read from the folder in the BLINDSPOT_PETS variable or from `shared/data/pets2009` beside
the repository. They are never stored in the repository.
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]
PETS_HZ = 7.0
"""Frames a second of the sequence; the AVI file says 10."""


def pets_folder() -> Path | None:
    """The folder of vtest.avi and its annotations, None if absent."""
    beside = Path(__file__).resolve().parents[5] / "shared" / "data" / "pets2009"
    folder = Path(os.environ.get("BLINDSPOT_PETS", beside))
    return folder if (folder / "vtest.avi").is_file() and (folder / "PETS2009-S2L1.xml").is_file() else None


def people_of(annotations: Path) -> dict[int, Boxes]:
    """(n, 4) boxes x1 y1 x2 y2 of the people of each annotated frame."""
    frames: dict[int, Boxes] = {}
    for frame in ElementTree.parse(annotations).getroot().iter("frame"):
        boxes = [[float(b.attrib[k]) for k in ("xc", "yc", "w", "h")] for b in frame.iter("box")]
        centre_size = np.array(boxes, np.float32).reshape(-1, 4)
        middle, half = centre_size[:, :2], centre_size[:, 2:] / 2
        frames[int(frame.attrib["number"])] = np.hstack([middle - half, middle + half]).astype(np.float32)
    return frames
