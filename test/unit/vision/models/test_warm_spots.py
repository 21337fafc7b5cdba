"""Spots of the size of a person in thermal pictures, without a network."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose, project
from blindspot.vision.models.warm_spots import WarmSpots, without_dead_rows

LENS = Lens(24.08, 640, 512)
POSE = CameraPose(0.0, 0.0, -70.0, 70.0, 0.0, -45.0, 0.0, 0.5, 0.5)
HIT_UAV = Path(__file__).resolve().parents[5] / "shared" / "data" / "hit_uav"
FOCAL_PX, NIGHT_PICTURES = 1470.0, 6
STREET = 90


def street(*people, body=STREET + 60, noise=2.0):
    """A level street with people of 1.7 m and 0.5 m at (east, north) places; and their boxes x1 y1 x2 y2."""
    grey = np.full((512, 640), STREET, np.float64) + np.random.default_rng(1).normal(0, noise, (512, 640))
    boxes = []
    for east, north in people:
        (x, bottom), (_, top) = project([(east, north, 0.0), (east, north, 1.7)], POSE, LENS)[0].tolist()
        half = 0.25 * LENS.f_px / project([(east, north, 0.8)], POSE, LENS)[1][0]
        box = tuple(round(value) for value in (x - half, top, x + half, bottom))
        grey[box[1] : box[3], box[0] : box[2]] = body
        boxes.append(box)
    return np.asarray(grey.clip(0, 255), np.uint8), boxes


def hidden_shares(picture, boxes):
    mask = WarmSpots(LENS).hidden(picture, POSE, 0.0)
    return [float((mask[y1:y2, x1:x2] > 0).mean()) for x1, y1, x2, y2 in boxes], float((mask > 0).mean())


PLACES = ((0.0, 0.0), (-9.0, 6.0), (8.0, -7.0), (9.3, -7.0))


@pytest.mark.parametrize("body", [STREET + 60, STREET + 25, STREET - 60])
def test_people_are_hidden_whole_whether_the_street_is_colder_or_warmer(body):
    shares, masked = hidden_shares(*street(*PLACES, body=body))
    assert min(shares) >= 0.95 and masked < 0.06


def test_an_empty_street_stays_in_sight():
    assert hidden_shares(street()[0], ())[1] < 0.005


def test_a_uniform_offset_after_a_shutter_event_changes_nothing():
    picture, boxes = street(*PLACES)
    lighter = np.asarray(picture + 40, np.uint8)
    assert (WarmSpots(LENS).hidden(lighter, POSE, 0.0) == WarmSpots(LENS).hidden(picture, POSE, 0.0)).all()
    assert min(hidden_shares(lighter, boxes)[0]) >= 0.95


@pytest.mark.parametrize("level", [0, 255])
def test_dead_rows_hide_nobody_from_the_search(level):
    picture, boxes = street(*PLACES)
    picture[[100, 256, 257, 330]] = level
    shares, masked = hidden_shares(picture, boxes)
    assert min(shares) >= 0.95 and masked < 0.06
    assert abs(int(without_dead_rows(picture)[256, 20]) - STREET) < 10


def test_beside_a_warm_roof_that_fills_the_picture_people_are_hidden():
    picture, _ = street()
    picture[40:470, 60:420] = 200  # the roof of a bus, from near
    (x, y), box = (500, 250), (496, 237, 504, 263)
    picture[box[1] : box[3], box[0] : box[2]] = 160
    on_roof = (236, 237, 244, 263)
    picture[on_roof[1] : on_roof[3], on_roof[0] : on_roof[2]] = 240
    shares, masked = hidden_shares(picture, [box, on_roof])
    assert min(shares) >= 0.95 and masked < 0.2, (x, y)


@pytest.mark.parametrize("pitch_deg", [-90.0, -3.0, 20.0])
def test_any_aim_gives_a_mask(pitch_deg):
    pose = CameraPose(0.0, 0.0, 0.0, 70.0, 30.0, pitch_deg, 25.0, 0.5, 0.5)
    mask = WarmSpots(LENS).hidden(np.full((512, 640, 3), 100, np.uint8), pose, 0.0)
    assert mask.shape == (512, 640) and not mask.any()


def test_by_night_most_people_of_real_pictures_are_hidden():
    if not HIT_UAV.is_dir():
        pytest.skip("NOT TESTED: the real thermal pictures are absent")
    listed = json.loads((HIT_UAV / "boxes.json").read_text())
    spots = WarmSpots(Lens(math.degrees(2 * math.atan(320 / FOCAL_PX)), 640, 512))
    hidden, masked = [], []
    for image in [each for each in listed["images"] if each["filename"].startswith("1_60_")][: 3 * NIGHT_PICTURES : 3]:
        height_m, down_deg = (float(part) for part in image["filename"].split("_")[1:3])
        picture = cv2.imread(str(HIT_UAV / "pictures" / image["filename"]), cv2.IMREAD_GRAYSCALE)
        mask = spots.hidden(picture, CameraPose(0.0, 0.0, 0.0, height_m, 0.0, -down_deg, 0.0, 0.5, 0.5), 0.0) > 0
        masked.append(mask.mean())
        for row in listed["annotations"]:
            if (row["image_id"], row["category_id"]) == (image["id"], 0):
                left, top, wide, tall = (round(value) for value in row["bbox"])
                hidden.append(mask[top : top + tall, left : left + wide].mean() >= 0.95)
    assert len(hidden) >= 10 and np.mean(hidden) >= 0.9 and np.mean(masked) <= 0.1
