"""Records outputs of detectors, as their authors' packages export them to ONNX, beside the authors' own boxes.

    python -m blindspot_lab.exports --into test/data/exports

The tests of the layouts read these arrays. The script runs in an environment of its own with PyTorch, onnxruntime and
the packages of `RECORDED`; a package that is absent is left out. The weights are random, and nothing is fetched.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SIZE_PX = (128, 96)
SQUARE_PX = (640, 640)
"""Width and height of the input; some exports allow their own square alone."""
CLASSES = 4
BOXES = 24
"""Boxes of each recording: the least score lies below the best ones."""
SPREAD = 6.0
"""Factor of the last layers' random weights, so that scores and sizes differ."""


@dataclass(frozen=True, slots=True)
class Exported:
    """Outputs of the ONNX file for one picture, and the authors' boxes without suppression: (n, 4) corners in pixels of
    the input, (n,) scores and (n,) classes, all above `least`."""

    outputs: list[Floats]
    boxes: Floats
    scores: Floats
    labels: NDArray[np.int64]
    least: float
    size_px: tuple[int, int]
    class_count: int

    def write(self, path: Path, package: str) -> None:
        named: dict[str, Any] = {f"output{number}": output for number, output in enumerate(self.outputs)}
        np.savez_compressed(
            path, boxes=self.boxes, scores=self.scores, labels=self.labels, least=self.least, size_px=self.size_px,
            class_count=self.class_count, package=f"{package} {version(package)}", **named,
        )  # fmt: skip


def yolox() -> Exported:
    """YOLOX-nano by its authors' code, exported as the authors do: cells, not decoded."""
    import torch
    from yolox.config import YoloxConfig
    from yolox.utils import postprocess

    torch.manual_seed(1)
    config = YoloxConfig.get_named_config("yolox-nano")
    config.num_classes = CLASSES
    model = config.get_model().eval()
    for layer in (*model.head.cls_preds, *model.head.reg_preds, *model.head.obj_preds):
        _spread(layer)
    picture = _picture(SIZE_PX) * 255.0
    model.head.decode_in_inference = True
    with torch.no_grad():
        decoded = model(torch.from_numpy(picture))
    scores = decoded[0, :, 4] * decoded[0, :, 5:].max(dim=1).values
    least = _least(scores.numpy())
    (found,) = postprocess(decoded.clone(), CLASSES, least, 1.0)
    model.head.decode_in_inference = False
    outputs = _run(model, picture)
    scores = (found[:, 4] * found[:, 5]).numpy()
    return Exported(outputs, found[:, :4].numpy(), scores, found[:, 6].numpy().astype(np.int64), least,
                    SIZE_PX, CLASSES)  # fmt: skip


def yolo9() -> Exported:
    """YOLOv9-t of libreyolo: corners and scores by cells."""
    from libreyolo.postprocess.yolo9 import postprocess

    outputs = _run_libreyolo(_yolo9(), SIZE_PX)
    least = _least(outputs[0][0, 4:].ravel())
    found = postprocess({"predictions": _tensor(outputs[0])}, least, 1.0, input_size=SIZE_PX[::-1], max_det=9999)
    return _of_libreyolo(outputs, found, least, SIZE_PX)


def yolo9_suppressed() -> Exported:
    """The same with the suppression in the file, which also gives the boxes before it."""
    from libreyolo.postprocess.yolo9 import postprocess

    outputs = _run_libreyolo(_yolo9(), SIZE_PX, nms=True, conf=0.3, iou=0.6)
    least = _least(outputs[0][0, :, 4])
    raw = {"predictions": _tensor(outputs[1])}
    found = postprocess(raw, least, 0.6, input_size=SIZE_PX[::-1], original_size=SIZE_PX, max_det=9999)
    return _of_libreyolo(outputs[:1], found, least, SIZE_PX)


def dfine() -> Exported:
    """D-FINE-n of libreyolo: logits and boxes of the queries."""
    import torch
    from libreyolo.models.dfine.model import LibreDFINE
    from libreyolo.postprocess.dfine import postprocess

    torch.manual_seed(3)
    outputs = _run_libreyolo(LibreDFINE(None, size="n", nb_classes=CLASSES, device="cpu"), SQUARE_PX)
    logits, boxes = map(_tensor, outputs)
    least = _least(torch.sigmoid(logits).numpy().ravel())
    found = postprocess({"pred_logits": logits, "pred_boxes": boxes}, least, 1.0, SQUARE_PX, 9999)
    return _of_libreyolo(outputs, found, least, SQUARE_PX)


def rfdetr() -> Exported:
    """RF-DETR-nano of its authors: boxes and logits of the queries."""
    import torch
    from rfdetr import RFDETRNano
    from rfdetr.models.postprocess import PostProcess

    torch.manual_seed(4)
    wrapper = RFDETRNano(pretrain_weights=None, num_classes=CLASSES, device="cpu")
    side_px = wrapper.model_config.resolution
    with TemporaryDirectory() as folder:
        wrapper.export(output_dir=folder)
        (path,) = Path(folder).glob("*.onnx")
        outputs = _outputs(path, _picture((side_px, side_px)))
    boxes, logits = sorted(map(_tensor, outputs), key=lambda output: output.shape[-1] != 4)
    least = _least(torch.sigmoid(logits).numpy().ravel())
    (found,) = PostProcess(BOXES)({"pred_logits": logits, "pred_boxes": boxes}, torch.tensor([[side_px, side_px]]))
    return Exported(outputs, found["boxes"].numpy(), found["scores"].numpy(), found["labels"].numpy(), least,
                    (side_px, side_px), logits.shape[-1])  # fmt: skip


RECORDED: dict[str, tuple[str, Callable[[], Exported]]] = {
    "yolox": ("pixeltable-yolox", yolox),
    "yolo9": ("libreyolo", yolo9),
    "yolo9_suppressed": ("libreyolo", yolo9_suppressed),
    "dfine": ("libreyolo", dfine),
    "rfdetr": ("rfdetr", rfdetr),
}
"""By name of the recording: the package and the function that makes it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--into", type=Path, required=True, help="folder of the arrays")
    parser.add_argument("--only", choices=RECORDED, help="one recording")
    asked = parser.parse_args()
    asked.into.mkdir(parents=True, exist_ok=True)
    for name, (package, make) in RECORDED.items():
        if asked.only in (None, name):
            try:
                made = make()
            except ImportError as error:
                print(f"NOT RECORDED: {name} needs {package} ({error})", file=sys.stderr)
                continue
            made.write(asked.into / f"{name}.npz", package)
            print(f"{name}: {len(made.boxes)} boxes of {[output.shape for output in made.outputs]}")


def _picture(size_px: tuple[int, int]) -> Floats:
    """(1, 3, h, w) blocks of noise, 0 to 1."""
    blocks = np.random.default_rng(5).random((1, 3, size_px[1] // 8, size_px[0] // 8), np.float32)
    return np.asarray(np.repeat(np.repeat(blocks, 8, axis=2), 8, axis=3))


def _tensor(values: Floats) -> Any:
    import torch

    return torch.from_numpy(values)


def _yolo9() -> Any:
    import torch
    from libreyolo.models.yolo9.model import LibreYOLO9

    torch.manual_seed(2)
    wrapper = LibreYOLO9(None, size="t", nb_classes=CLASSES, device="cpu")
    for tower in (*wrapper.model.head.cv2, *wrapper.model.head.cv3):
        _spread(tower[-1])
    with torch.no_grad():  # the batch norms learn this picture: with their first figures every score is 0.5
        wrapper.model.train()(_tensor(_picture(SIZE_PX)))
        wrapper.model.eval()
    return wrapper


def _spread(layer: Any) -> None:
    """Larger random weights and no bias."""
    import torch

    torch.nn.init.normal_(layer.weight, std=SPREAD / layer.weight[0].numel() ** 0.5)
    torch.nn.init.zeros_(layer.bias)


def _least(scores: Floats) -> float:
    """Between the best BOXES scores and the next one."""
    best = np.sort(scores)[::-1]
    return float(best[BOXES - 1] + best[BOXES]) / 2.0


def _run(model: Any, picture: Floats) -> list[Floats]:
    """Export a module of PyTorch, and run the file."""
    import torch

    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        torch.onnx.export(model, (torch.from_numpy(picture),), str(path), opset_version=17, dynamo=False)
        return _outputs(path, picture)


def _outputs(path: Path, picture: Floats) -> list[Floats]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return [np.asarray(output) for output in session.run(None, {session.get_inputs()[0].name: picture})]


def _run_libreyolo(wrapper: Any, size_px: tuple[int, int], **options: Any) -> list[Floats]:
    """Outputs of libreyolo's own export."""
    width_px, height_px = size_px
    side = width_px if width_px == height_px else (height_px, width_px)
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.onnx")
        made = wrapper.export(format="onnx", imgsz=side, output_path=path, simplify=False, **options)
        return _outputs(Path(made), _picture(size_px))


def _of_libreyolo(outputs: list[Floats], found: dict[str, Any], least: float, size_px: tuple[int, int]) -> Exported:
    boxes, scores, labels = (np.asarray(found[key]) for key in ("boxes", "scores", "classes"))
    return Exported(outputs, boxes.astype(np.float32), scores.astype(np.float32), labels.astype(np.int64), least,
                    size_px, CLASSES)  # fmt: skip


if __name__ == "__main__":
    main()
