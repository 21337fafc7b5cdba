import numpy as np
import pytest

from blindspot.bench.people import pets_folder
from blindspot.bench.vision import average_precision, detector_targets, iou, precision_recall
from blindspot.errors import DependencyError, InputError
from blindspot.vision.detector import LABELS, Detections, Detector
from blindspot.vision.model_setup import allowed_models


def test_a_missing_model_is_told_with_what_brings_it(tmp_path):
    with pytest.raises(DependencyError, match="model_setup --into"):
        Detector(tmp_path / "nanodet.onnx")


def test_a_model_that_is_not_allowed_is_never_loaded(tmp_path):
    path = tmp_path / "nanodet.onnx"
    path.write_bytes(b"something else")
    with pytest.raises(InputError, match="not the allowed model"):
        Detector(path, sha256=allowed_models()["nanodet"].onnx_sha256)


def test_no_model_of_the_list_knows_faces_or_plates():
    assert not {label for label in LABELS.values() if "face" in label or "plate" in label}


def test_arrays_must_agree():
    with pytest.raises(ValueError, match="1 labels"):
        Detections(np.zeros((0, 4), np.float32), np.zeros(1, np.float32), ("person",))


def test_an_empty_picture_holds_nothing(model_path):
    found = Detector(model_path, max_side_px=320).detect(np.full((360, 640, 3), 120, np.uint8))
    assert len(found) == 0


def test_boxes_stay_in_the_picture_and_the_best_comes_first(model_path):
    picture = np.random.default_rng(3).integers(0, 255, (180, 320, 3)).astype(np.uint8)
    found = Detector(model_path, min_score=0.05, max_side_px=320).detect(picture)
    assert (found.boxes_xyxy >= 0).all()
    assert (found.boxes_xyxy <= (320, 180, 320, 180)).all()
    assert (np.diff(found.scores) <= 0).all()


@pytest.mark.slow
def test_people_are_found_on_real_pictures(model_path):
    folder = pets_folder()
    if folder is None:
        pytest.skip("NOT TESTED: PETS 2009 is absent")
    targets = detector_targets(Detector(model_path, min_score=0.05, max_side_px=416), folder)
    assert targets[0].measured > 0.9


def boxes(*rows):
    return np.array(rows, np.float32).reshape(-1, 4)


def test_iou_by_hand():
    assert iou(boxes((0, 0, 2, 2))[0], boxes((1, 0, 3, 2), (5, 5, 6, 6), (0, 0, 2, 2))) == pytest.approx([1 / 3, 0, 1])


def test_average_precision_by_hand():
    truth = [boxes((0, 0, 10, 10), (20, 0, 30, 10))]
    right, wrong, other = (0, 0, 10, 10), (50, 50, 60, 60), (20, 0, 30, 10)
    found = [(boxes(right, wrong, other), np.array([0.9, 0.8, 0.7], np.float32))]
    assert average_precision(found, truth) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert precision_recall(found, truth) == pytest.approx((2 / 3, 1))


def test_a_true_box_counts_once():
    found = [(boxes((0, 0, 10, 10), (0, 0, 10, 10)), np.array([0.9, 0.8], np.float32))]
    assert precision_recall(found, [boxes((0, 0, 10, 10))]) == pytest.approx((0.5, 1))
