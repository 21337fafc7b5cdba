"""The shipped thermal network on real pictures from the air."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from blindspot.vision.models.detector import Detector
from blindspot.vision.models.models import DEFAULT_LIST, allowed_networks

HIT_UAV = Path(__file__).resolve().parents[5] / "shared" / "data" / "hit_uav"
NIGHT_PICTURES, PERSON = 5, 0


def holds(box, middle):
    left, top, wide, tall = box
    return left <= middle[0] <= left + wide and top <= middle[1] <= top + tall


def test_by_night_it_finds_most_people_of_real_pictures():
    if not HIT_UAV.is_dir():
        pytest.skip("NOT TESTED: the real thermal pictures are absent")
    listed = json.loads((HIT_UAV / "boxes.json").read_text())
    detector = Detector(DEFAULT_LIST.parent / "models" / "thermal.onnx", allowed_networks()["thermal"])
    found = people = 0
    for image in [image for image in listed["images"] if image["filename"].startswith("1_60_")][:NIGHT_PICTURES]:
        picture = cv2.imread(str(HIT_UAV / "pictures" / image["filename"]), cv2.IMREAD_GRAYSCALE)
        seen = detector.detect(picture, 640)
        middles = [
            (box[:2] + box[2:]) / 2
            for box, label in zip(seen.boxes_xyxy, seen.labels, strict=True)
            if label == "person"
        ]
        rows = [row for row in listed["annotations"] if (row["image_id"], row["category_id"]) == (image["id"], PERSON)]
        people += len(rows)
        found += sum(any(holds(row["bbox"], middle) for middle in middles) for row in rows)
    assert people >= 10 and found >= 0.7 * people
