"""Masks on a user's own pictures with boxes of people: figures, and the line for her `miss_rates.yaml`.

The pictures are single: no tracks, no motion, no town. A head is the top fifth of a person's box, or the whole box in a
steep view. A head counts as hidden if 95 % of it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, Sensor
from blindspot.core.errors import InputError
from blindspot.evidence.masks.miss_rate import Light, Rate
from blindspot.vision.mask_candidates import SURE_SCORE
from blindspot.vision.masking import SQUAT, STEEP_DEG, hidden_part
from blindspot.vision.models.detector import Detections, Detector
from blindspot.vision.models.models import DEFAULT_FOLDER, DEFAULT_LIST, Model, allowed_models
from blindspot.vision.models.warm_spots import WarmSpots
from blindspot_lab.bench.eyes.boxes import Scored, people_in, precision_recall
from blindspot_lab.bench.eyes.masking import HEAD_SHARE, HIDDEN
from blindspot_lab.bench.eyes.people import Boxes
from blindspot_lab.bench.tools.target import Measured, Target

LEAST_HEADS = 300
"""A miss rate of 3 % is known to about 2 points with so many."""
PERSON = "person"
FAR_HFOV_DEG = 4.0
"""Warm spots need a pose. A narrow lens gives one density to the whole picture."""


@dataclass(frozen=True, slots=True)
class OwnPictures:
    """The pictures, and the conditions in which they were taken."""

    pictures: Path
    boxes: Path
    px_per_m: float
    light: str
    sensor: str
    model: str
    models_list: Path = DEFAULT_LIST
    pitch_deg: float = -60.0

    def check(self) -> None:
        """Raise InputError for a value that no picture has."""
        for name, value, known in (("light", self.light, get_args(Light)), ("sensor", self.sensor, get_args(Sensor))):
            if value not in known:
                raise InputError("bench", f"--{name}", f"{value} is unknown", f"there are {', '.join(known)}")
        if not 1.0 <= self.px_per_m <= 500.0:
            raise InputError("bench", "--px-per-m", f"{self.px_per_m} is no density", "1 to 500 px/m")
        if not -90.0 <= self.pitch_deg <= -5.0:
            raise InputError("bench", "--pitch-deg", f"{self.pitch_deg} is no view from the air", "-90 to -5")

    def entry(self) -> Any:
        """The model's entry. Raises InputError for a model that may not mask these pictures."""
        listed = allowed_models(self.models_list)
        if self.model not in listed:
            raise InputError("bench", "--model", f"{self.model} is not allowed", f"there are {', '.join(listed)}")
        sensor: Sensor = "thermal" if self.sensor == "thermal" else "visible"
        if problem := listed[self.model].why_not(self.model, sensor, simulated=False):
            raise InputError("bench", "--model", problem, "name a model for these pictures")
        return listed[self.model]


@dataclass(frozen=True, slots=True)
class Looked:
    """The result in one picture."""

    truth: Boxes
    found: Scored
    hidden: tuple[float, ...]
    masked: float


def measured(asked: OwnPictures) -> Measured:
    """The figures, and the row `miss_rates` if there are LEAST_HEADS heads."""
    asked.check()
    entry, pictures = asked.entry(), list(_listed(asked))
    network = None
    if isinstance(entry, Model):
        network = Detector(entry.path(asked.model, asked.models_list, DEFAULT_FOLDER), entry, max_side_px=1920)
    has_spots = not isinstance(entry, Model) or entry.beside is not None
    looked = [_look(_read(path), truth, network, asked, has_spots=has_spots) for path, truth in pictures]
    hidden = np.array([share for each in looked for share in each.hidden])
    if not len(hidden):
        raise InputError(asked.boxes, "annotations", "has no box of a person", "annotate the people in the pictures")
    missed, about = float((hidden < HIDDEN).mean()), f"{asked.model}, {len(looked)} pictures"
    targets = [
        Target(f"heads not hidden to 95 %, of {len(hidden)}, {about}", "reported", missed, "", None),
        Target("  picture masked, mean", "reported", float(np.mean([each.masked for each in looked])), "", None),
    ]
    if network is not None:
        precision, recall = precision_recall([each.found for each in looked], [each.truth for each in looked])
        targets += [
            Target(f"people found at score {SURE_SCORE:g}, {about}", "reported", recall, "", None),
            Target("  precision there", "reported", precision, "", None),
        ]
    return Measured(targets, {"miss_rates": _line(asked, len(hidden), missed)})


def _line(asked: OwnPictures, heads: int, missed: float) -> list[dict[str, object]]:
    """The line for `miss_rates.yaml`, printed. Without enough heads there is none."""
    if heads < LEAST_HEADS:
        print(f"no line for miss_rates.yaml: {heads} heads, and a figure needs {LEAST_HEADS}")
        return []
    rate = Rate.model_validate({
        "model": asked.model, "seen_from": "air", "pictures": "real", "source": asked.pictures.resolve().name,
        "sensor": asked.sensor, "light": asked.light, "px_per_m": asked.px_per_m, "heads": heads,
        "missed": math.ceil(1e4 * missed) / 1e4,
    })  # fmt: skip
    row = rate.model_dump()
    print(f"for miss_rates.yaml beside {asked.models_list}:")
    print(f"  - {{{', '.join(f'{key}: {_plain(value)}' for key, value in row.items())}}}")
    return [row]


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) and not value.isalnum() else str(value)


def _listed(asked: OwnPictures) -> Iterator[tuple[Path, Boxes]]:
    """Each listed picture with the boxes of its people. Raises InputError for a file that is no COCO list."""
    try:
        listed = json.loads(asked.boxes.read_text(encoding="utf-8"))
        people = {row["id"] for row in listed["categories"] if str(row["name"]).lower() == PERSON}
        names = {row["id"]: str(row.get("file_name") or row["filename"]) for row in listed["images"]}
        boxes = [(row["image_id"], [float(side) for side in row["bbox"]])
                 for row in listed.get("annotations") or listed.get("annotation") or []
                 if row["category_id"] in people]  # fmt: skip
    except OSError as error:
        raise InputError(asked.boxes, "", "can't be read", "name a file of boxes in COCO's format") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        problem = f"is no list of boxes in COCO's format ({type(error).__name__}: {error})"
        raise InputError(asked.boxes, "", problem, "it has images, annotations and categories") from error
    if not people:
        raise InputError(asked.boxes, "categories", "has no person", "name one category person")
    of: dict[object, list[list[float]]] = {number: [] for number in names}
    for number, box in boxes:
        if len(box) != 4 or not all(map(math.isfinite, box)) or min(box[2:]) <= 0 or number not in of:
            raise InputError(asked.boxes, "annotations", f"{box} is no box of a listed picture", "x, y, width, height")
        of[number].append([box[0], box[1], box[0] + box[2], box[1] + box[3]])
    for number, name in names.items():
        yield asked.pictures / name, np.array(of[number], np.float32).reshape(-1, 4)


def _read(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR) if path.is_file() else None
    if picture is None:
        raise InputError(path, "", "is no picture", "--pictures names the folder of all listed pictures")
    return np.asarray(picture, np.uint8)


def _look(
    bgr: NDArray[np.uint8], truth: Boxes, network: Detector | None, asked: OwnPictures, *, has_spots: bool
) -> Looked:  # fmt: skip
    found = Detections.none() if network is None else network.detect(bgr, max(bgr.shape[:2]))
    is_steep = asked.pitch_deg <= -STEEP_DEG
    mask = _boxes_mask(bgr.shape, found, is_steep=is_steep)
    if has_spots:
        mask |= _spots(bgr, asked)
    return Looked(truth, people_in(found), tuple(_hidden(mask, truth, is_steep=is_steep)), float(mask.mean()))


def _boxes_mask(shape: Sequence[int], found: Detections, *, is_steep: bool) -> NDArray[np.bool_]:
    """The hidden parts of all boxes."""
    mask = np.zeros(shape[:2], np.bool_)
    for box, label in zip(found.boxes_xyxy.tolist(), found.labels, strict=True):
        is_whole = is_steep or box[3] - box[1] < SQUAT * (box[2] - box[0])
        x1, y1, x2, y2 = (max(0, side) for side in hidden_part(box, label, is_whole=is_whole))
        mask[y1:y2, x1:x2] = True
    return mask


def _spots(bgr: NDArray[np.uint8], asked: OwnPictures) -> NDArray[np.bool_]:
    lens = Lens(FAR_HFOV_DEG, bgr.shape[1], bgr.shape[0])
    up_m = lens.f_px / asked.px_per_m * math.sin(math.radians(-asked.pitch_deg))
    pose = CameraPose(0.0, 0.0, 0.0, up_m, 0.0, asked.pitch_deg, 0.0, 0.5, 0.5)
    return np.asarray(WarmSpots(lens).hidden(bgr, pose, 0.0) > 0)


def _hidden(mask: NDArray[np.bool_], truth: Boxes, *, is_steep: bool) -> Iterator[float]:
    """The hidden share of each head."""
    for x1, y1, x2, y2 in truth.tolist():
        bottom = y2 if is_steep else y1 + HEAD_SHARE * (y2 - y1)
        left, top = max(0, math.floor(x1)), max(0, math.floor(y1))
        head = mask[top : max(top + 1, math.ceil(bottom)), left : max(left + 1, math.ceil(x2))]
        yield float(head.mean()) if head.size else 1.0
