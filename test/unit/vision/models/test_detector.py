import hashlib
import tracemalloc

import numpy as np
import pytest

from blindspot.core.errors import DependencyError, InputError, MaskingError
from blindspot.vision.models.detector import Detections, Detector, to_tensor
from blindspot.vision.models.models import Input, Model
from blindspot.vision.models.onnx_file import OnnxGraph
from blindspot_lab.bench.eyes.boxes import average_precision, iou, precision_recall
from blindspot_lab.bench.eyes.people import pets_folder
from blindspot_lab.bench.vision import detector_targets


def test_a_missing_model_is_reported_with_the_set_up_command(tmp_path):
    with pytest.raises(DependencyError, match="model_setup --into"):
        Detector(tmp_path / "nanodet.onnx")


def test_a_model_that_is_not_allowed_is_never_loaded(tmp_path):
    path = tmp_path / "nanodet.onnx"
    path.write_bytes(b"something else")
    with pytest.raises(InputError, match="not the allowed model"):
        Detector(path)


def own_model(tmp_path, layout, output, *, class_count=3, metadata=None, name="own", channels="rgb"):
    """A network that answers every picture of 64 x 32 px with `output`."""
    graph = OnnxGraph(name, metadata=metadata or {})
    graph.input("images", [1, 1 if channels == "grey" else 3, 32, 64])
    graph.node("Identity", [graph.tensor("answer", output.astype(np.float32))], ["output"])
    graph.output("output", output.shape)
    path = tmp_path / "own.onnx"
    path.write_bytes(graph.to_bytes())
    model = Model(
        what="a test", licence="none", file="own.onnx", sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        layout=layout, class_count=class_count, classes={0: "person", 2: "car"},
        input=Input(size_px=(64, 32), channels=channels, padding=114),
    )  # fmt: skip
    return path, model


@pytest.mark.parametrize(
    ("layout", "answer"),
    [
        ("yolo", np.array([(20, 10, 8, 4, 0.7, 0.9, 0.2), (21, 10, 8, 4, 0.6, 0.0, 0.0)]).T),
        ("yolo_end_to_end", np.array([(16, 8, 24, 12, 0.7, 0), (16, 8, 24, 12, 0.9, 1)])),
        ("rtdetr", np.array([(20 / 64, 10 / 32, 8 / 64, 4 / 32, 0.7, 0.9, 0.2)])),
    ],
)
def test_a_model_of_ones_own_is_plugged_in_by_its_list(tmp_path, layout, answer):
    path, model = own_model(tmp_path, layout, answer[None])
    found = Detector(path, model).detect(np.zeros((96, 128, 3), np.uint8))  # shown at a third: 43 x 32 px
    assert found.boxes_xyxy == pytest.approx(np.array([[48, 24, 72, 36]]), rel=1e-3)
    assert found.labels == ("person",)
    assert found.scores == pytest.approx([0.7])


def test_a_loaded_model_holds_no_copy_of_its_file(tmp_path):
    path, model = own_model(tmp_path, "yolo", np.zeros((1, 7, 200_000)))
    detector = Detector(path, model)  # what is loaded once only
    tracemalloc.start()
    detector = Detector(path, model)
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(detector.detect(np.zeros((32, 64, 3), np.uint8))) == 0
    assert kept_bytes < path.stat().st_size / 10


@pytest.mark.parametrize("answer", [(np.nan,) * 7, (20, 10, 8, 4, np.nan, 0, 0), (np.inf, 10, 8, 4, 0.9, 0, 0)])
def test_an_output_that_is_not_a_number_is_refused(tmp_path, answer):
    path, model = own_model(tmp_path, "yolo", np.array([answer, answer]).T[None])
    with pytest.raises(MaskingError, match="not a number"):
        Detector(path, model).detect(np.zeros((96, 128, 3), np.uint8))


@pytest.mark.parametrize("content", [b"", b"PK\3\4 a checkpoint of PyTorch"])
def test_a_file_that_is_no_onnx_model_is_reported(tmp_path, content):
    path, model = own_model(tmp_path, "yolo", np.zeros((1, 7, 5)))
    path.write_bytes(content)
    listed = model.model_copy(update={"sha256": hashlib.sha256(content).hexdigest()})
    with pytest.raises(InputError, match=r"own\.onnx: onnxruntime can't load it \(.*\); export the model to ONNX"):
        Detector(path, listed)


def test_a_layout_that_is_not_the_models_is_reported_at_the_start(tmp_path):
    path, model = own_model(tmp_path, "yolox", np.zeros((1, 7, 5)))
    with pytest.raises(InputError, match=r"layout: yolox of 3 classes does not give \(1, 7, 5\); there are nanodet"):
        Detector(path, model)


@pytest.mark.parametrize("score", [-4.0, 1.2])
def test_scores_that_are_no_probabilities_are_reported_at_the_start(tmp_path, score):
    """Of a network without its last sigmoid the logit 0.0 is a person with probability 0.5, whom no mask would hide."""
    path, model = own_model(tmp_path, "yolo", np.array([[(20, 10, 8, 4, score, 0.0, 0.0)]]).transpose(0, 2, 1))
    with pytest.raises(InputError, match=r"layout: yolo of 3 classes does not give scores from .* to "):
        Detector(path, model)


def test_a_box_with_swapped_corners_is_the_same_box(tmp_path):
    """As it came, it was masked nowhere."""
    path, model = own_model(tmp_path, "yolo_end_to_end", np.array([[(24, 12, 16, 8, 0.7, 0)]]))
    found = Detector(path, model).detect(np.zeros((32, 64, 3), np.uint8))
    assert found.boxes_xyxy == pytest.approx(np.array([[16, 8, 24, 12]]))


def test_an_input_that_does_not_fit_is_reported_at_the_start(tmp_path):
    path, model = own_model(tmp_path, "yolo", np.zeros((1, 7, 5)))
    wrong = model.model_copy(update={"input": Input(size_px=(640, 640), channels="rgb")})
    with pytest.raises(InputError, match="input: does not fit the model"):
        Detector(path, wrong)


@pytest.mark.parametrize(
    "said",
    [
        {"metadata": {"names": "{0: 'person', 1: 'human-face'}"}},
        {"metadata": {"human-face": "1"}},
        {"name": "human-face"},
    ],
    ids=["metadata", "key", "name"],
)
def test_a_model_that_says_it_knows_faces_is_never_run(tmp_path, said):
    path, model = own_model(tmp_path, "yolo", np.zeros((1, 7, 5)), **said)
    with pytest.raises(InputError, match=r"names human-face.*INT-01"):
        Detector(path, model)


def test_weights_in_another_file_which_the_hash_does_not_cover_are_refused(tmp_path, monkeypatch):
    """Onnxruntime reads them from the working directory. ONNX files that are joined are one model."""
    graph = OnnxGraph("own")
    graph.input("images", [1, 3, 32, 64])
    graph.node("Identity", ["weights"], ["output"])
    graph.output("output", (1, 7, 5))
    where = b"\x0a\x08location\x12\x05w.bin"
    tensor = b"\x08\x01\x08\x07\x08\x05\x10\x01\x42\x07weights\x6a" + bytes([len(where)]) + where + b"\x70\x01"
    content = graph.to_bytes() + b"\x3a" + bytes([len(tensor) + 2]) + b"\x2a" + bytes([len(tensor)]) + tensor
    path, model = own_model(tmp_path, "yolo", np.zeros((1, 7, 5)))
    path.write_bytes(content)
    (tmp_path / "w.bin").write_bytes(np.zeros(35, np.float32).tobytes())
    monkeypatch.chdir(tmp_path)
    listed = model.model_copy(update={"sha256": hashlib.sha256(content).hexdigest()})
    with pytest.raises(
        InputError, match=r"own\.onnx: keeps weights in another file, .*; export the model into one file"
    ):
        Detector(path, listed)


@pytest.mark.parametrize(
    ("layout", "shape", "change"),
    [
        ("nanodet", (), {}),
        ("yolox", (1, 42, 8), {"strides_px": (0, 16, 32)}),
    ],
)
def test_outputs_that_no_layout_reads_are_reported_in_one_sentence(tmp_path, layout, shape, change):
    path, model = own_model(tmp_path, layout, np.zeros(shape))
    with pytest.raises(InputError, match=f"layout: {layout} of 3 classes does not give "):
        Detector(path, model.model_copy(update=change))


def test_a_missing_provider_is_reported(tmp_path):
    path, model = own_model(tmp_path, "yolo", np.zeros((1, 7, 5)))
    with pytest.raises(DependencyError, match="no openvino here, only cpu"):
        Detector(path, model, provider="openvino")


def test_the_tensor_follows_the_list():
    picture = np.zeros((2, 4, 3), np.uint8)
    picture[..., 0], picture[..., 2] = 10, 30  # blue, red
    wanted = Input(channels="rgb", mean=(10.0, 0.0, 0.0), std=(2.0, 1.0, 5.0), padding=20)
    tensor = to_tensor(picture, 1.0, 6, 2, wanted)
    assert tensor[0, :, 0, 0].tolist() == [10.0, 0.0, 2.0]
    assert tensor[0, :, 1, 5].tolist() == [5.0, 20.0, 4.0]
    without = to_tensor(picture, 1.0, 6, 2, wanted.model_copy(update={"padding": None}))
    assert without[0, :, 1, 5].tolist() == [0.0, 0.0, 0.0]


def test_a_network_of_one_channel_takes_grey_pictures_of_one_or_three_channels(tmp_path):
    answer = np.array([(16, 8, 24, 12, 0.7, 0)])[None]
    path, model = own_model(tmp_path, "yolo_end_to_end", answer, channels="grey")
    grey = np.arange(32 * 64, dtype=np.uint8).reshape(32, 64)
    for picture in (grey, grey[..., None], np.repeat(grey[..., None], 3, axis=2)):
        assert Detector(path, model).detect(picture).boxes_xyxy.tolist() == [[16, 8, 24, 12]]
        assert np.array_equal(to_tensor(picture, 1.0, 64, 32, model.input)[0, 0], grey)
    coloured = to_tensor(grey, 1.0, 64, 32, Input(channels="bgr", mean=(1.0,), std=(2.0,)))
    assert np.array_equal(coloured[0], np.repeat((grey[None].astype(np.float32) - 1) / 2, 3, axis=0))


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
