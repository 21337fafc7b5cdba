"""Finds people and vehicles in a picture with the network that a list of models names, on one CPU thread."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.core import DependencyError, InputError, MaskingError, onnxruntime, recognises
from blindspot.vision.models.layouts import LAYOUTS, Asked, Floats
from blindspot.vision.models.models import DEFAULT_MODEL, Input, Model, allowed_models, content_of

MULTIPLE_PX = 32
PROVIDERS = {
    "cpu": "CPUExecutionProvider", "openvino": "OpenVINOExecutionProvider", "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}  # fmt: skip
"""What onnxruntime may run on; all but the first need another build of it than the one that set-up installs."""


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
    """One network in onnxruntime. Loads in the constructor, never at import, and tries the network once.

    `max_side_px` is the longest side of the picture that a network of free size sees: cost grows with the area (NanoDet
    on one thread: about 45 ms for 640 x 384, 165 ms for 1280 x 736), and so does what it finds among the small.
    `max_iou` is the overlap from which two boxes of one class are one object. Raises DependencyError without the file
    or the provider, InputError if the file is not the allowed one, or not what the list says of it.
    """

    def __init__(
        self, path: Path, model: Model | None = None, *, min_score: float = 0.35, max_iou: float = 0.6,
        max_side_px: int = 640, provider: str = "cpu",
    ) -> None:  # fmt: skip
        """`model` says what the file at `path` is; unless given, the model that set-up brings."""
        self._path, self._model = path, model or allowed_models()[DEFAULT_MODEL]
        self._session = _session(path, content_of(path, self._model), provider)
        self._refuse_recognisers()
        self._inputs = [given.name for given in self._session.get_inputs()]
        self._columns = tuple(self._model.classes)
        self._decode = LAYOUTS[self._model.layout]
        self._min_score, self._max_iou, self._max_side_px = min_score, max_iou, max_side_px
        self._try()

    @property
    def enough_px(self) -> float:
        """How tall a person must be in the network's input, px; taller ones are found no more surely."""
        return self._model.enough_px

    def shown(self, shape: tuple[int, ...], max_side_px: int | None = None) -> tuple[int, int, float]:
        """Width and height of the network's input for a picture of (height, width, ...), px, and how many times larger
        than in the picture things are in it."""
        height_px, width_px = shape[:2]
        fixed_px = self._model.input.size_px
        if fixed_px is not None:
            return *fixed_px, min(fixed_px[0] / width_px, fixed_px[1] / height_px)
        scale = (max_side_px or self._max_side_px) / max(height_px, width_px)
        wide, tall = (math.ceil(side * scale / MULTIPLE_PX) * MULTIPLE_PX for side in (width_px, height_px))
        return wide, tall, scale

    def detect(self, bgr: NDArray[np.uint8], max_side_px: int | None = None) -> Detections:
        """People and vehicles in an (h, w, 3) BGR picture of 8 bits; `max_side_px` is for this picture alone.

        Raises MaskingError for an answer that is no number, or a box without end (of which nothing is left in the
        picture): whoever is not found would be shown.
        """
        width_px, height_px, scale = self.shown(bgr.shape, max_side_px)
        tensor = to_tensor(bgr, scale, width_px, height_px, self._model.input)
        outputs = self._run(tensor)
        if any(np.isnan(output).any() for output in outputs):
            raise MaskingError("the detector's answer is no number")
        boxes, scores = self._decode(outputs, self._asked(width_px, height_px))
        if not np.isfinite(boxes).all():
            raise MaskingError("the detector's answer is no number")
        return self._best(boxes / np.float32(scale), scores, bgr.shape[1], bgr.shape[0])

    def _asked(self, width_px: int, height_px: int) -> Asked:
        model = self._model
        return Asked(width_px, height_px, self._columns, model.class_count, self._min_score, model.strides_px)

    def _run(self, tensor: Floats) -> list[Any]:
        """The outputs in the file's order. A second input is RT-DETR's, which wants to know the picture's size."""
        given: dict[str, Any] = {self._inputs[0]: tensor}
        if len(self._inputs) > 1:
            given[self._inputs[1]] = np.array([[tensor.shape[3], tensor.shape[2]]], np.int64)
        return list(self._session.run(None, given))

    def _try(self) -> None:
        """Whether the network takes the input that the list says and gives what the layout says."""
        width_px, height_px = self._model.input.size_px or (3 * MULTIPLE_PX, 2 * MULTIPLE_PX)
        try:
            outputs = self._run(np.zeros((1, 3, height_px, width_px), np.float32))
        except Exception as error:  # onnxruntime has an exception for each of a dozen reasons, of no common kind
            first = str(error).splitlines()[0]
            fix = "correct the list by what its authors say"
            raise InputError(self._path, "input", f"does not fit the model ({first})", fix) from error
        try:
            self._decode(outputs, self._asked(width_px, height_px))
        except ValueError as error:
            problem = f"{self._model.layout} of {self._model.class_count} classes does not give {error}"
            raise InputError(self._path, "layout", problem, f"there are {', '.join(LAYOUTS)}") from error

    def _refuse_recognisers(self) -> None:
        """A network that says of itself that it knows faces or plates is not run, whatever the list leaves out."""
        for value in self._session.get_modelmeta().custom_metadata_map.values():
            for word in re.findall(r"[\w-]+", value):
                if recognises(word):
                    problem = f"the model says that it knows {word}, and nothing here recognises persons or plates"
                    raise InputError(self._path, "classes", f"{problem} (INT-01)", "use another model")

    def _best(self, boxes: Floats, scores: Floats, width_px: int, height_px: int) -> Detections:
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
        kinds = [self._model.classes[number] for number in self._columns]
        return Detections(boxes[order], best[order], tuple(kinds[column[i]] for i in order))


def _session(path: Path, content: bytes, provider: str) -> Any:
    """The network, the `content` of a file, on one thread that does not spin while it waits."""
    ort = onnxruntime()
    if PROVIDERS[provider] not in ort.get_available_providers():
        there = [name for name, known in PROVIDERS.items() if known in ort.get_available_providers()]
        raise DependencyError(
            f"onnxruntime has no {provider} here, only {', '.join(there)}; "
            f"use cpu, or install the build of onnxruntime that brings {provider}"
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    wanted = dict.fromkeys((PROVIDERS[provider], PROVIDERS["cpu"]))
    try:
        return ort.InferenceSession(content, options, providers=list(wanted))
    except Exception as error:  # as in `_try`
        first = str(error).splitlines()[0]
        raise InputError(path, "", f"onnxruntime can't load it ({first})", "export the model to ONNX") from error


def to_tensor(bgr: NDArray[np.uint8], scale: float, width_px: int, height_px: int, wanted: Input) -> Floats:
    """(1, 3, height_px, width_px): the picture scaled into the top left corner, normalised as in the training."""
    size = (round(bgr.shape[1] * scale), round(bgr.shape[0] * scale))
    small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if wanted.channels == "rgb":
        small = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
    mean, std = np.array(wanted.mean, np.float32), np.array(wanted.std, np.float32)
    beside = np.zeros(3, np.float32) if wanted.padding is None else (np.float32(wanted.padding) - mean) / std
    tensor = np.empty((1, 3, height_px, width_px), np.float32)
    tensor[0] = beside[:, None, None]
    tensor[0, :, : size[1], : size[0]] = ((small.astype(np.float32) - mean) / std).transpose(2, 0, 1)
    return tensor
