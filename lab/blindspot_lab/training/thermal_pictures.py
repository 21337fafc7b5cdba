"""Training pictures of a thermal camera: HIT-UAV (Suo et al. 2023, CC BY 4.0) in its published folders, and random
crops of them. Nothing is fetched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.core.errors import InputError
from blindspot_lab.training.network import THERMAL
from blindspot_lab.training.sample import CROP_PX, UNSURE, Sample, inside

ALWAYS_IGNORED = 4
"""Category `DontCare`: ignored for every class."""
AIMED_SHARE = 0.75
TIMES = (0.7, 1.45)
"""Crops are shown larger or smaller by this factor."""
INVERTED_SHARE, CUT_OUT_SHARE, BLURRED_SHARE = 0.1, 0.3, 0.3
STRAIGHT_DOWN_DEG = 80


@dataclass(frozen=True, slots=True)
class ThermalPicture:
    """A picture with the facts of its file name: `light_height_pitch_group_number.jpg`; pitch 90 is straight down."""

    name: str
    sample: Sample

    @property
    def is_night(self) -> bool:
        return self.name.startswith("1_")

    @property
    def height_m(self) -> int:
        return int(self.name.split("_")[1])

    @property
    def down_deg(self) -> int:
        return int(self.name.split("_")[2])


def thermal_pictures(folder: Path, boxes: Path) -> list[ThermalPicture]:
    """All pictures that a COCO file lists; raises InputError if one is absent."""
    listed = json.loads(boxes.read_text(encoding="utf-8"))
    rows: dict[int, list[tuple[list[float], int]]] = {}
    for row in listed.get("annotations") or listed["annotation"]:
        rows.setdefault(row["image_id"], []).append((row["bbox"], row["category_id"]))
    pictures = []
    for image in listed["images"]:
        picture = cv2.imread(str(folder / image["filename"]), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise InputError(folder / image["filename"], "", "is no picture", "name the folder of the pictures")
        sample = Sample(np.asarray(picture, np.uint8)[:, :, None], *_boxes(rows.get(image["id"], [])))
        pictures.append(ThermalPicture(image["filename"], sample))
    return pictures


def _boxes(rows: Sequence[tuple[list[float], int]]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    boxes, classes = [], []
    for (left, top, wide, tall), number in rows:
        every = range(len(THERMAL.classes))
        numbers = [UNSURE - each for each in every] if number == ALWAYS_IGNORED else [number]
        boxes += [(left, top, left + wide, top + tall)] * len(numbers)
        classes += numbers
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(classes, np.int64)


class Crops:
    """Random crops of CROP_PX squared. AIMED_SHARE of them hold an object of a class that is drawn first, so that rare
    classes are seen too."""

    def __init__(self, pictures: Sequence[ThermalPicture]) -> None:
        self._pictures = pictures
        self._of_class = [
            np.array([(k, row) for k, p in enumerate(pictures) for row in np.flatnonzero(p.sample.classes == number)])
            for number in range(len(THERMAL.classes))
        ]
        counts = np.sqrt([len(rows) for rows in self._of_class])
        self._shares = counts / counts.sum()

    def batch(self, rng: np.random.Generator, count: int) -> list[Sample]:
        return [self._one(rng) for _ in range(count)]

    def _one(self, rng: np.random.Generator) -> Sample:
        if rng.random() < AIMED_SHARE:
            rows = self._of_class[int(rng.choice(len(self._shares), p=self._shares))]
            number, row = rows[int(rng.integers(len(rows)))].tolist()
            box = self._pictures[number].sample.boxes_xyxy[row]
            return crop(self._pictures[number], rng, (box[:2] + box[2:]) / 2)
        return crop(self._pictures[int(rng.integers(len(self._pictures)))], rng)


def crop(picture: ThermalPicture, rng: np.random.Generator, around: NDArray[np.float32] | None = None) -> Sample:
    """A crop of CROP_PX squared, at random or with the point `around` in it; random in size, sides and tones."""
    grey, boxes = picture.sample.picture[:, :, 0], picture.sample.boxes_xyxy
    times = float(np.exp(rng.uniform(*np.log(TIMES))))
    side_px = min(round(CROP_PX / times), *grey.shape)
    room_px = np.array(grey.shape[::-1]) - side_px
    offset = rng.uniform(0, 1, 2) * room_px
    if around is not None:
        offset = np.clip(around - rng.uniform(0.1, 0.9, 2) * side_px, 0, room_px)
    left, top = (int(value) for value in offset)
    part = np.asarray(cv2.resize(grey[top : top + side_px, left : left + side_px], (CROP_PX, CROP_PX)), np.uint8)
    boxes = (boxes - np.array([left, top, left, top], np.float32)) * np.float32(CROP_PX / side_px)
    turned, boxes = _turned(part, boxes, rng, picture.down_deg >= STRAIGHT_DOWN_DEG)
    return Sample(_toned(turned, rng)[:, :, None], *inside(boxes.astype(np.float32), picture.sample.classes))


def _turned(
    part: NDArray[np.uint8], boxes: NDArray[np.float32], rng: np.random.Generator, is_map: bool
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Left and right swapped at random; in a view straight down also top and bottom, and rows and columns."""
    if rng.random() < 0.5:
        part, boxes = (
            part[:, ::-1],
            np.stack([CROP_PX - boxes[:, 2], boxes[:, 1], CROP_PX - boxes[:, 0], boxes[:, 3]], 1),
        )
    if is_map and rng.random() < 0.5:
        part, boxes = part[::-1], np.stack([boxes[:, 0], CROP_PX - boxes[:, 3], boxes[:, 2], CROP_PX - boxes[:, 1]], 1)
    if is_map and rng.random() < 0.5:
        part, boxes = part.T, boxes[:, [1, 0, 3, 2]]
    return np.ascontiguousarray(part), boxes


def _toned(part: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Random contrast, offset and sign of the contrast, blur, noise and rectangles without content."""
    levels = np.arange(256.0) / 255.0
    tones = 255.0 * levels ** rng.uniform(0.75, 1.35) * rng.uniform(0.7, 1.25) + rng.uniform(-30, 30)
    if rng.random() < INVERTED_SHARE:
        tones = 255.0 - tones
    toned = cv2.LUT(part, tones.astype(np.float32))
    if rng.random() < BLURRED_SHARE:
        toned = cv2.GaussianBlur(toned, (0, 0), rng.uniform(0.3, 1.0))
    if rng.random() < CUT_OUT_SHARE:
        tall, wide = rng.integers(8, 48, 2)
        top, left = rng.integers(0, CROP_PX - 48, 2)
        toned[top : top + tall, left : left + wide] = rng.uniform(0, 255)
    noisy = toned + np.float32(rng.uniform(0, 6)) * rng.standard_normal(toned.shape, np.float32)
    clipped: NDArray[np.uint8] = np.clip(noisy, 0, 255).astype(np.uint8)
    return clipped
