"""Finds people and vehicles in a picture with NanoDet (RangiLyu, Apache-2.0; 80 COCO classes) on one CPU thread."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.errors import DependencyError, InputError

LABELS: dict[int, str] = {
    0: "person", 1: "bicycle", 2: "car", 3: "motorcycle", 5: "bus", 7: "truck",
}  # fmt: skip
"""The COCO classes that are ever reported, by number; the other 74 are dropped inside the detector."""

VEHICLES = frozenset({"car", "motorcycle", "bus", "truck"})

_STRIDES_PX = (8, 16, 32)
_MEAN_BGR = np.array([103.53, 116.28, 123.675], np.float32)
_STD_BGR = np.array([57.375, 57.12, 58.395], np.float32)


@dataclass(frozen=True, slots=True)
class Detections:
    """What was found in one picture: (n, 4) boxes x1 y1 x2 y2 in pixels, (n,) scores in 0..1, n labels; best first."""

    boxes_xyxy: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        count = len(self.labels)
        if self.boxes_xyxy.shape != (count, 4) or self.scores.shape != (count,):
            raise ValueError(f"{self.boxes_xyxy.shape} boxes and {self.scores.shape} scores for {count} labels")

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def none(cls) -> Detections:
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), ())


class Detector:
    """NanoDet in onnxruntime. Loads in the constructor, never at import.

    `max_side_px` is the longest side of the picture that the network sees: cost grows with the area (on one thread
    about 45 ms for 640 x 384, 165 ms for 1280 x 736), and so does what it finds among the small. `sha256`, where
    given, must be the model file's. Raises DependencyError without the model, InputError if its content is not the
    allowed one.
    """

    def __init__(
        self, model_path: Path, *, sha256: str | None = None, min_score: float = 0.35, max_iou: float = 0.6,
        max_side_px: int = 640,
    ) -> None:  # fmt: skip
        import onnxruntime

        try:
            content = model_path.read_bytes()
        except OSError as error:
            raise DependencyError(
                f"the detector's model {model_path} can't be read; "
                f"bring it with: python -m blindspot.vision.model_setup --into {model_path.parent}"
            ) from error
        if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
            raise InputError(model_path, "sha256", "is not the allowed model", "fetch it again with model_setup")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self._outputs = [output.name for output in self._session.get_outputs()]
        self._min_score, self._max_iou, self._max_side_px = min_score, max_iou, max_side_px

    def detect(self, bgr: NDArray[np.uint8]) -> Detections:
        """People and vehicles in an (h, w, 3) BGR picture of 8 bits."""
        scale = self._max_side_px / max(bgr.shape[:2])
        height_px, width_px = (int(np.ceil(side * scale / 32)) * 32 for side in bgr.shape[:2])
        tensor = _to_tensor(bgr, scale, height_px, width_px)
        outputs = self._session.run(self._outputs, {self._input: tensor})
        classes = sorted((o[0] for o in outputs if o.shape[2] == 80), key=len, reverse=True)
        sides = sorted((o[0] for o in outputs if o.shape[2] != 80), key=len, reverse=True)
        wanted = list(LABELS)
        boxes, scores = [], []
        for stride_px, class_scores, distances in zip(_STRIDES_PX, classes, sides, strict=True):
            chosen = class_scores[:, wanted]
            kept = np.flatnonzero(chosen.max(axis=1) >= self._min_score)
            boxes.append(_boxes(kept, distances[kept], stride_px, width_px // stride_px))
            scores.append(chosen[kept])
        return self._best(np.concatenate(boxes) / scale, np.concatenate(scores), wanted, bgr.shape[1], bgr.shape[0])

    def _best(
        self, boxes: NDArray[np.float32], scores: NDArray[np.float32], classes: list[int], width_px: int, height_px: int
    ) -> Detections:
        """One box an object: non-maximum suppression within each class, clipped to the picture."""
        if not len(boxes):
            return Detections.none()
        boxes = np.clip(boxes, 0, [width_px, height_px, width_px, height_px]).astype(np.float32)
        best, column = scores.max(axis=1), scores.argmax(axis=1)
        corner_size = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
        kept = cv2.dnn.NMSBoxesBatched(
            corner_size.tolist(), best.tolist(), column.tolist(), self._min_score, self._max_iou
        )
        order = sorted(np.asarray(kept, int).ravel().tolist(), key=lambda i: -best[i])
        return Detections(boxes[order], best[order], tuple(LABELS[classes[column[i]]] for i in order))


def _to_tensor(bgr: NDArray[np.uint8], scale: float, height_px: int, width_px: int) -> NDArray[np.float32]:
    """(1, 3, height_px, width_px): the picture scaled into the top left corner, normalised as in the training."""
    size = (round(bgr.shape[1] * scale), round(bgr.shape[0] * scale))
    small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    tensor = np.zeros((1, 3, height_px, width_px), np.float32)
    normal = (small.astype(np.float32) - _MEAN_BGR) / _STD_BGR
    tensor[0, :, : size[1], : size[0]] = normal.transpose(2, 0, 1)
    return tensor


def _boxes(
    cells: NDArray[np.intp], distances: NDArray[np.float32], stride_px: int, columns: int
) -> NDArray[np.float32]:
    """(n, 4) boxes of grid cells.

    Each side's distance from the cell's centre is the mean of a distribution over 0..reg_max strides (Generalized Focal
    Loss, Li et al. 2020, section 3.2).
    """
    logits = distances.reshape(len(cells), 4, distances.shape[1] // 4)
    weights = np.exp(logits - logits.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    left, top, right, bottom = (weights @ np.arange(logits.shape[2], dtype=np.float32) * stride_px).T
    x = (cells % columns + 0.5) * stride_px
    y = (cells // columns + 0.5) * stride_px
    return np.column_stack([x - left, y - top, x + right, y + bottom]).astype(np.float32)
