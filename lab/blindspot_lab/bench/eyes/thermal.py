"""A network on real thermal pictures from the air: HIT-UAV (Suo et al. 2023, CC BY 4.0).

The test part up to 80 m is read from the folder in the BLINDSPOT_HIT_UAV variable, or from `shared/data/hit_uav` beside
the repository. The published folders hold the other parts (`blindspot_lab.training`). Nothing is fetched.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens
from blindspot.vision.mask_candidates import SURE_SCORE
from blindspot.vision.masking import hidden_part
from blindspot.vision.models.detector import Detections, Detector
from blindspot.vision.models.warm_spots import WarmSpots
from blindspot_lab.bench.eyes.boxes import Scored, average_precision, inside, precision_recall
from blindspot_lab.bench.eyes.people import Boxes
from blindspot_lab.bench.tools.target import Target
from blindspot_lab.training.network import THERMAL
from blindspot_lab.training.sample import UNSURE
from blindspot_lab.training.thermal_pictures import ThermalPicture, thermal_pictures

PERSON, CAR, BICYCLE = (THERMAL.classes.index(kind) for kind in ("person", "car", "bicycle"))
LEAST_SCORE = 0.02
"""Boxes of a lower score change no average precision here."""
SIDE_PX = 640
LOW_M = 80
GOALS = {"people": 0.80, "cars": 0.90}
SURE = 0.48
"""The score that `sure_score` gives on the published validation part, by night up to LOW_M."""
GOAL_PRECISION, GOAL_RECALL = 0.85, 0.85
GOAL_WARM, GOAL_BOTH = (0.97, 0.06), 0.98
"""People hidden by warm spots at this masked share of the picture, and with the network beside them."""
COVERED = 0.5
"""Boxes that lie in an ignored area by this share are left out."""
HIDDEN = 0.95
FOCAL_PX = 1470.0
"""Focal length of these pictures: at 1470 px the median person, seen at 30 deg, is 1.67 m tall."""


@dataclass(frozen=True)
class SeenPicture:
    """A picture and all detections in it."""

    picture: ThermalPicture
    found: Detections

    def found_of(self, number: int, least: float = 0.0) -> Scored:
        """Boxes and scores of a class of THERMAL, without those in areas that are ignored for it."""
        boxes, kinds = self.picture.sample.boxes_xyxy, self.picture.sample.classes
        is_kind = np.array([label == THERMAL.classes[number] for label in self.found.labels], bool)
        is_kind &= self.found.scores >= least
        ignored = boxes[kinds == UNSURE - number]
        mine, scores = self.found.boxes_xyxy[is_kind], self.found.scores[is_kind]
        if len(ignored):
            kept = inside(mine[:, None], ignored[None]).max(axis=1) < COVERED
            mine, scores = mine[kept], scores[kept]
        return mine, scores

    def truth_of(self, number: int) -> Boxes:
        boxes: Boxes = self.picture.sample.boxes_xyxy[self.picture.sample.classes == number]
        return boxes

    @cached_property
    def spots(self) -> NDArray[np.bool_]:
        """The mask of warm spots."""
        grey = self.picture.sample.picture
        tall, wide = grey.shape[:2]
        lens = Lens(math.degrees(2 * math.atan(wide / 2 / FOCAL_PX)), wide, tall)
        pose = CameraPose(0.0, 0.0, 0.0, self.picture.height_m, 0.0, -self.picture.down_deg, 0.0, 0.5, 0.5)
        return np.asarray(WarmSpots(lens).hidden(grey, pose, 0.0) > 0)

    @property
    def px_per_m(self) -> float:
        """Density on the ground in the picture's middle."""
        return FOCAL_PX * float(np.sin(np.radians(self.picture.down_deg))) / self.picture.height_m


def hit_uav_folder() -> Path | None:
    """The folder of `pictures` and `boxes.json`, None if absent."""
    beside = Path(__file__).resolve().parents[5] / "shared" / "data" / "hit_uav"
    folder = Path(os.environ.get("BLINDSPOT_HIT_UAV", beside))
    return folder if (folder / "boxes.json").is_file() else None


def seen_by(detector: Detector, pictures: Iterable[ThermalPicture]) -> list[SeenPicture]:
    return [SeenPicture(picture, detector.detect(picture.sample.picture[:, :, 0], SIDE_PX)) for picture in pictures]


def quality(seen: Sequence[SeenPicture], number: int) -> float:
    """Average precision of a class at an overlap of .5."""
    return average_precision([one.found_of(number) for one in seen], [one.truth_of(number) for one in seen])


def at_score(seen: Sequence[SeenPicture], number: int, least: float) -> tuple[float, float]:
    """Precision and recall of a class at a score."""
    return precision_recall([one.found_of(number, least) for one in seen], [one.truth_of(number) for one in seen])


def sure_score(seen: Sequence[SeenPicture], number: int) -> float:
    """The least score, in steps of .01, with a precision of GOAL_PRECISION. For pictures outside the test part."""
    scores = np.arange(0.1, 0.9, 0.01)
    return float(next((s for s in scores if at_score(seen, number, float(s))[0] >= GOAL_PRECISION), scores[-1]))


@dataclass(frozen=True, slots=True)
class Hidden:
    """People whose box is hidden to HIDDEN, people in all, and the masked share of the pictures."""

    hidden: int
    people: int
    masked: float

    @property
    def share(self) -> float:
        return self.hidden / max(self.people, 1)


def hidden_people(seen: Sequence[SeenPicture], least: float = SURE_SCORE, *, warm_spots: bool = False) -> Hidden:
    """The masks that the boxes make in single pictures, without tracks and motion, and warm spots beside them. The
    whole person counts, as these views show heads anywhere in the box."""
    hidden, people, masked = 0, 0, 0.0
    for one in seen:
        mask = _mask(one, least) | (one.spots if warm_spots else False)
        truth = np.rint(one.truth_of(PERSON)).astype(int).tolist()
        parts = [mask[y1:y2, x1:x2].mean() for x1, y1, x2, y2 in truth]
        hidden, people, masked = (
            hidden + sum(part >= HIDDEN for part in parts),
            people + len(parts),
            masked + mask.mean(),
        )
    return Hidden(hidden, people, masked / max(len(seen), 1))


def _mask(one: SeenPicture, least: float) -> NDArray[np.bool_]:
    """The hidden parts of people and of those who ride."""
    mask = np.zeros(one.picture.sample.picture.shape[:2], np.bool_)
    for box, label, score in zip(one.found.boxes_xyxy.tolist(), one.found.labels, one.found.scores, strict=True):
        if score >= least and label in ("person", "bicycle"):
            x1, y1, x2, y2 = hidden_part(box, label, is_whole=True)
            mask[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)] = True
    return mask


def table(seen: Sequence[SeenPicture], score: float) -> str:
    """Figures by light, height and pitch, as rows of a table."""
    groups: dict[str, Callable[[SeenPicture], str]] = {
        "height": lambda one: f"{one.picture.height_m} m",
        "pitch": lambda one: f"{one.picture.down_deg} deg",
    }
    rows = []
    for is_night, light in ((True, "night"), (False, "day")):
        lit = [one for one in seen if one.picture.is_night == is_night]
        low, high = (
            [one for one in lit if (one.picture.height_m <= LOW_M) == is_low] for is_low in (True, False)
        )  # fmt: skip
        rows += [_row(f"{light}, up to {LOW_M} m", low, score), _row(f"{light}, above {LOW_M} m", high, score)]
        for of in groups.values():
            for value in sorted({of(one) for one in lit}, key=lambda text: int(text.split()[0])):
                rows.append(_row(f"{light}, {value}", [one for one in lit if of(one) == value], score))
    head = ["Pictures", "Number", "People", "AP50", "precision", "recall", "Cars", "AP50", "Bicycles", "AP50"]
    lines = [" | ".join(head), " | ".join(["---"] * len(head)), *(" | ".join(row) for row in rows if row)]
    return "\n".join(f"| {line} |" for line in lines)


def _row(name: str, seen: Sequence[SeenPicture], score: float) -> list[str]:
    if not seen:
        return []
    precision, recall = at_score(seen, PERSON, score)
    row = [name, str(len(seen))]
    for number in (PERSON, CAR, BICYCLE):
        count = sum(len(one.truth_of(number)) for one in seen)
        row += [str(count), f"{quality(seen, number):.2f}" if count else ""]
        row += [f"{precision:.2f}", f"{recall:.2f}"] if number == PERSON else []
    return row


def thermal_targets(name: str, detector: Detector, folder: Path) -> list[Target]:
    """The goals on the test part up to LOW_M: by night, and reported by day."""
    seen, targets = seen_by(detector, thermal_pictures(folder / "pictures", folder / "boxes.json")), []
    for is_night, light in ((True, "night"), (False, "day")):
        lit = [one for one in seen if one.picture.is_night == is_night]
        targets += _targets(f"{name}, HIT-UAV up to {LOW_M} m, {light}, {len(lit)} pictures", lit, is_goal=is_night)
    return targets


def _targets(about: str, seen: Sequence[SeenPicture], *, is_goal: bool) -> list[Target]:
    precisions = {kind: quality(seen, number) for kind, number in (("people", PERSON), ("cars", CAR))}
    precision, recall = at_score(seen, PERSON, SURE)
    hidden = hidden_people(seen)
    warm = hidden_people([replace(one, found=Detections.none()) for one in seen], warm_spots=True)
    both = hidden_people(seen, warm_spots=True)
    found = [
        *((f"{kind}, AP50, {about}", f">= {GOALS[kind]}", value, value >= GOALS[kind])
          for kind, value in precisions.items()),
        (f"  people, recall at score {SURE}, {about}", f">= {GOAL_RECALL} at precision {GOAL_PRECISION}", recall,
         precision >= GOAL_PRECISION and recall >= GOAL_RECALL),
        (f"  people, precision there, {about}", "reported", precision, None),
        (f"  people hidden in single pictures, of {hidden.people}, {about}", "reported",
         hidden.share, None),
        (f"  picture masked for it, {about}", "reported", hidden.masked, None),
        (f"people hidden by warm spots alone, {about}", f">= {GOAL_WARM[0]} at {GOAL_WARM[1]} of the picture",
         warm.share, warm.share >= GOAL_WARM[0] and warm.masked <= GOAL_WARM[1]),
        (f"  picture masked for it, {about}", "reported", warm.masked, None),
        (f"people hidden by both, {about}", f">= {GOAL_BOTH}", both.share, both.share >= GOAL_BOTH),
        (f"  picture masked for it, {about}", "reported", both.masked, None),
    ]  # fmt: skip
    return [Target(name, goal if is_goal else "reported", value, "", met if is_goal else None)
            for name, goal, value, met in found]  # fmt: skip
