"""Figures of a user's own pictures, and the line of her miss rates."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from blindspot.core.errors import InputError
from blindspot.evidence.masks.miss_rate import Rates
from blindspot_lab.bench.vision import run

TALL_PX, WIDE_PX = 16, 5


def pictures(tmp_path, *, count=4, across=18, down=5):
    """Pictures of people who stand 20 px apart, at 10 px/m, and their list."""
    listed = {"images": [], "annotations": [], "categories": [{"id": 7, "name": "Person"}, {"id": 8, "name": "Car"}]}
    grey = np.full((200, 400), 90, np.uint8)
    for row in range(down):
        for column in range(across):
            x, y = 15 + 20 * column, 10 + 36 * row
            grey[y : y + TALL_PX, x : x + WIDE_PX] = 220
            listed["annotations"] += [
                {"image_id": number, "category_id": 7, "bbox": [x, y, WIDE_PX, TALL_PX]} for number in range(count)
            ]
    cv2.imwrite(str(tmp_path / "one.png"), grey)
    listed["images"] = [{"id": number, "file_name": "one.png"} for number in range(count)]
    return listed


def asked(tmp_path, listed, **changes):
    boxes = tmp_path / "boxes.json"
    boxes.write_text(listed if isinstance(listed, str) else json.dumps(listed))
    of_warm = {"px_per_m": 10.0, "light": "night", "sensor": "thermal", "model": "warm", "pitch_deg": -30.0}
    return run(pictures=tmp_path, boxes=boxes, **(of_warm | changes))


def test_the_line_of_own_pictures_is_one_of_the_miss_rates(tmp_path, capsys):
    found = asked(tmp_path, pictures(tmp_path))
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("  - {"))
    (rate,) = Rates.model_validate({"schema": "blindspot.miss_rates/1", "rates": yaml.safe_load(line)}).rates
    assert (rate.model, rate.sensor, rate.light, rate.px_per_m, rate.heads) == ("warm", "thermal", "night", 10.0, 360)
    assert found.tables["miss_rates"] == [rate.model_dump()]
    assert found.targets[0].measured == pytest.approx(rate.missed, abs=1e-4) and rate.missed < 0.5


def test_a_line_of_few_heads_is_refused_and_the_figures_stay(tmp_path, capsys):
    found = asked(tmp_path, pictures(tmp_path, count=3))
    assert "no line for miss_rates.yaml: 270 heads, and a figure needs 300" in capsys.readouterr().out
    assert found.tables["miss_rates"] == [] and len(found.targets) == 2


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"light": "noon"}, "--light: noon is unknown; there are day"),
        ({"px_per_m": float("nan")}, "--px-per-m: nan is no density"),
        ({"pitch_deg": 10.0}, "--pitch-deg: 10.0 is no view from the air"),
        ({"model": "facenet"}, "--model: facenet is not allowed"),
        ({"model": "nanodet"}, "--model: nanodet knows visible pictures"),
        ({"model": "drawn", "sensor": "visible"}, "--model: drawn was trained without photographs"),
        ({"boxes": None}, "--boxes: is missing"),
        ({"boxes": Path("nowhere.json")}, "nowhere.json: can't be read"),
        ({"pictures": Path("nowhere")}, "one.png: is no picture"),
        ({"only": "people"}, "--only: has no meaning"),
    ],
)
def test_a_wrong_condition_is_one_sentence(tmp_path, changes, why):
    boxes = tmp_path / "boxes.json"
    boxes.write_text(json.dumps(pictures(tmp_path)))
    right = {"pictures": tmp_path, "boxes": boxes, "px_per_m": 10.0, "light": "night", "sensor": "thermal"}
    with pytest.raises(InputError, match=why):
        run(**(right | {"model": "warm"} | changes))


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        ("no json", "is no list of boxes"),
        ("[]", "is no list of boxes"),
        ({"images": [], "categories": [{"id": 1, "name": "car"}]}, "categories: has no person"),
        ({"images": [], "categories": [{"id": 1, "name": "person"}]}, "has no box of a person"),
        ({"images": [{"id": 1, "file_name": "a"}], "categories": [{"id": 1, "name": "person"}],
          "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, float("nan"), 4]}]}, "is no box"),
        ({"images": [], "categories": [{"id": 1, "name": "person"}],
          "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 3, 4]}]}, "is no box of a listed picture"),
    ],
)  # fmt: skip
def test_a_wrong_list_is_one_sentence(tmp_path, listed, why):
    with pytest.raises(InputError, match=why):
        asked(tmp_path, listed)
