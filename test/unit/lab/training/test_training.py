"""Parts of the training tool outside PyTorch: towns, pictures, targets, and the ONNX file."""

import hashlib

import numpy as np
import pytest

from blindspot.core.silent_onnxruntime import onnxruntime
from blindspot.vision.models.detector import Detector
from blindspot.vision.models.models import allowed_models
from blindspot_lab.training.__main__ import card, main
from blindspot_lab.training.network import DRAWN, THERMAL, to_onnx
from blindspot_lab.training.sample import CROP_PX, UNSURE, Sample
from blindspot_lab.training.targets import targets_of
from blindspot_lab.training.thermal_pictures import Crops, ThermalPicture
from blindspot_lab.training.towns import random_town
from blindspot_lab.training.training_pictures import Renderings, changed, rendered

WIDTH = 40
"""Channels of the cells of DRAWN's output."""


def weights(seed=0, layers=DRAWN):
    rng = np.random.default_rng(seed)
    shapes = {conv.name: (conv.out, conv.into, 3, 3) for conv in layers.body}
    shapes |= {name: (out, into, 1, 1) for name, (into, out) in layers.pointwise.items()}
    made = {f"{name}.weight": rng.normal(0, 0.1, shape) for name, shape in shapes.items()}
    made |= {f"{name}.bias": rng.normal(0, 0.1, shape[0]) for name, shape in shapes.items()}
    return {name: value.astype(np.float32) for name, value in made.items()}


def test_a_random_town_has_streets_and_no_house_on_them():
    town = random_town(np.random.default_rng(3))
    assert 3 <= len(town.streets) < 7
    assert 0.05 < town.public.mean() < 0.7
    for prism in town.prisms:
        cell = town.grid.index(*prism.rings[0].mean(axis=0))
        assert cell is None or not town.public[cell]


def test_pictures_repeat_with_their_seed_and_show_both_classes():
    one, again = (list(rendered(4, seed=2)) for _ in range(2))
    assert all((a.picture == b.picture).all() for a, b in zip(one, again, strict=True))
    assert {int(number) for sample in one for number in sample.classes} >= {0, 1}
    for sample in one:
        assert sample.boxes_xyxy.shape == (len(sample.classes), 4)


def test_a_changed_picture_keeps_its_boxes_where_the_figures_are():
    picture = np.full((320, 320, 3), 100, np.uint8)
    picture[140:180, 150:170] = 255
    sample = Sample(picture, np.array([(150, 140, 170, 180), (0, 0, 10, 10)], np.float32), np.array([0, 1]))
    for seed in range(20):
        part = changed(sample, np.random.default_rng(seed))
        assert part.picture.shape == (CROP_PX, CROP_PX, 3)
        bright = part.picture.mean(axis=2)
        rows, cols = np.nonzero(bright > (bright.min() + bright.max()) / 2)
        (x1, y1, x2, y2) = part.boxes_xyxy[part.classes == 0][0]
        assert (np.median(cols), np.median(rows)) == pytest.approx(((x1 + x2) / 2, (y1 + y2) / 2), abs=2)
        assert set(part.classes.tolist()) <= {0, UNSURE - 1}  # the corner's box is cut, or gone


def test_targets_by_hand():
    boxes = np.array([(16, 16, 32, 64), (100, 100, 140, 120)], np.float32)
    targets = targets_of(Sample(np.zeros((128, 160, 3), np.uint8), boxes, np.array([1, UNSURE - 1])), DRAWN)
    assert targets.nearness.shape == (2, 16, 20)
    assert np.argwhere(targets.nearness == 1.0).tolist() == [[1, 5, 3]]  # the middle (24, 40) lies in column 3, row 5
    assert targets.has_box[5, 3]
    assert targets.boxes[:, 5, 3] == pytest.approx([0.0, 0.0, np.log(2), np.log(6)])
    assert targets.counts[:, 13, 14].tolist() == [1, 0]  # a barely visible car still counts as a non-person
    assert targets.counts[:, 5, 3].tolist() == [1, 1]


def test_the_file_answers_as_its_card_says(tmp_path):
    """Zeros everywhere but in the heads: every cell claims a car of 4 x 2 cells around its corner."""
    plain = {name: np.zeros_like(value) for name, value in weights().items()}
    plain["boxes.bias"] = np.array([0.5, 0.5, np.log(4), np.log(2)], np.float32)
    plain["classes.bias"] = np.array([-9.0, 2.0], np.float32)
    content = to_onnx(DRAWN, plain)
    (tmp_path / "drawn.onnx").write_bytes(content)
    text = card("drawn", content, 10, 20, 1)
    assert "Synthetic" in text
    (tmp_path / "list.yaml").write_text(text.split("```yaml")[1].split("```")[0])
    model = allowed_models(tmp_path / "list.yaml")["drawn"]
    assert model.sha256 == hashlib.sha256(content).hexdigest()
    found = Detector(tmp_path / "drawn.onnx", model, max_iou=0.99, max_side_px=96).detect(
        np.zeros((64, 96, 3), np.uint8)
    )
    assert set(found.labels) == {"car"}
    assert found.scores == pytest.approx(1 / (1 + np.exp(-2.0)), abs=1e-4)
    sizes = found.boxes_xyxy[:, 2:] - found.boxes_xyxy[:, :2]
    assert sizes.max(axis=0) == pytest.approx([4 * DRAWN.stride_px, 2 * DRAWN.stride_px], abs=1e-3)


def test_convolutions_are_those_of_the_weights():
    """One cell, worked out by hand for a network whose blocks add nothing."""
    made = weights(4)
    for conv in DRAWN.body:
        if conv.is_added:
            made[f"{conv.name}.weight"][:], made[f"{conv.name}.bias"][:] = 0, 0
    picture = np.random.default_rng(1).normal(0, 1, (1, 3, 32, 32)).astype(np.float32)
    session = onnxruntime().InferenceSession(to_onnx(DRAWN, made), providers=["CPUExecutionProvider"])
    (rows,) = session.run(None, {"images": picture})
    near = picture[0]
    for conv in DRAWN.down[0][:3]:
        near = by_hand(near, made[f"{conv.name}.weight"], made[f"{conv.name}.bias"])
    far = by_hand(near, made["down3.weight"], made["down3.bias"])
    four = pointwise(made, "up", far).reshape(WIDTH, 2, 2, 2, 2)  # channel, row and column in the cell, cell
    last = near + four.transpose(0, 3, 1, 4, 2).reshape(WIDTH, 4, 4)
    assert rows.shape == (1, 16, 7)
    assert rows[0, :, :4] == pytest.approx(pointwise(made, "boxes", last).reshape(4, 16).T, abs=1e-3)
    scores = 1 / (1 + np.exp(-pointwise(made, "classes", last)))
    padded = np.pad(scores, ((0, 0), (1, 1), (1, 1)))
    highest = np.max([padded[:, row : row + 4, col : col + 4] for row in range(3) for col in range(3)], axis=0)
    peaks = np.where(scores >= highest - 1e-6, scores, 0.0)
    assert rows[0, :, 5:] == pytest.approx(peaks.reshape(2, 16).T, abs=1e-4)


def pointwise(made, name, cells):
    return np.einsum("oi,irc->orc", made[f"{name}.weight"][..., 0, 0], cells) + made[f"{name}.bias"][:, None, None]


def by_hand(picture, kernel, bias):
    """A convolution of stride 2 with a ramp."""
    padded = np.pad(picture, ((0, 0), (1, 1), (1, 1)))
    rows, cols = picture.shape[1] // 2, picture.shape[2] // 2
    out = np.zeros((len(kernel), rows, cols))
    for row in range(rows):
        for col in range(cols):
            part = padded[:, 2 * row : 2 * row + 3, 2 * col : 2 * col + 3]
            out[:, row, col] = (kernel * part).sum(axis=(1, 2, 3)) + bias
    return np.maximum(out, 0)


def test_without_the_framework_it_names_the_install_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    assert main(["drawn", "--into", str(tmp_path), "--pictures", "1", "--steps", "1"]) == 2
    assert "pip install torch" in capsys.readouterr().err


def test_a_step_of_training_repeats_and_changes_the_weights():
    pytest.importorskip("torch", reason="NOT TESTED: PyTorch is absent; install it with: pip install torch")
    from blindspot_lab.training.train import Schedule, train

    batches = Renderings(2, 1).batch
    one, again, more = (train(DRAWN, batches, Schedule(steps, 1)) for steps in (4, 4, 5))
    assert all(np.array_equal(one[name], again[name]) for name in one)
    assert any(not np.array_equal(one[name], more[name]) for name in one)
    assert set(one) == set(weights())


def test_the_rate_goes_up_stays_and_goes_down_to_nothing():
    from blindspot_lab.training.train import WARM_UP_STEPS, rate_at

    rates = [rate_at(step, 1000) for step in range(1000)]
    assert rates[0] == pytest.approx(1 / WARM_UP_STEPS)
    assert max(rates) == rates[500] == 1.0
    assert rates[-1] == pytest.approx(1 / 400)
    assert rate_at(300, 1000) == rate_at(300, 5000), "a longer training is the same until the shorter one slows down"


def test_crops_of_thermal_pictures_keep_the_boxes_on_the_warm_places():
    picture = np.full((512, 640, 1), 60, np.uint8)
    picture[200:240, 300:316] = 220
    boxes, classes = np.array([(300, 200, 316, 240)], np.float32), np.array([0])
    crops = Crops([ThermalPicture("1_60_90_0_1.jpg", Sample(picture, boxes, classes))])
    for part in crops.batch(np.random.default_rng(2), 20):
        assert part.picture.shape == (CROP_PX, CROP_PX, 1)
        for x1, y1, x2, y2 in part.boxes_xyxy[part.classes == 0].astype(int):
            grey = part.picture[:, :, 0].astype(float)
            assert abs(grey[y1:y2, x1:x2].mean() - np.median(grey)) > 40.0


def test_the_thermal_network_takes_one_channel_and_answers_in_cells_of_4_px():
    session = onnxruntime().InferenceSession(to_onnx(THERMAL, weights(1, THERMAL)), providers=["CPUExecutionProvider"])
    (rows,) = session.run(None, {"images": np.zeros((1, 1, 64, 96), np.float32)})
    assert rows.shape == (1, 16 * 24, 4 + 1 + len(THERMAL.classes))
