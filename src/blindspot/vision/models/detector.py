"""Detection of people and vehicles in a picture, with a network from the list of models."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.core import DependencyError, InputError, MaskingError, onnxruntime, recognises
from blindspot.vision.models.layouts import LAYOUTS, Asked, Floats
from blindspot.vision.models.models import DEFAULT_MODEL, Input, Model, allowed_networks, content_of

MULTIPLE_PX = 32
PROVIDERS = {
    "cpu": "CPUExecutionProvider", "openvino": "OpenVINOExecutionProvider", "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}  # fmt: skip
"""Execution providers of onnxruntime. All except `cpu` need another build than the one that set-up installs."""
_EXTERNAL = b"\n\x08location"
"""Key of `TensorProto.external_data` in an ONNX file: onnxruntime would read that file from the working directory."""


@dataclass(frozen=True, slots=True)
class Detections:
    """Detections in one picture, best first: (n, 4) boxes x1 y1 x2 y2 in pixels, (n,) scores in 0..1, n labels.

    `cut`, (n,), marks boxes that may show a part of their object, as the searched tile ends there; None: no box does.
    """

    boxes_xyxy: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: tuple[str, ...]
    cut: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        count = len(self.labels)
        if self.boxes_xyxy.shape != (count, 4) or self.scores.shape != (count,):
            raise ValueError(f"{self.boxes_xyxy.shape} boxes and {self.scores.shape} scores for {count} labels")

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def none(cls) -> Detections:
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), ())


class NoNetwork:
    """In place of a detector, where a built-in method masks alone: it finds nothing."""

    enough_px = 1.0

    def shown(self, shape: tuple[int, ...], max_side_px: int | None = None) -> tuple[int, int, float]:
        """The picture's own size, as in `Detector.shown`."""
        return shape[1], shape[0], 1.0

    def detect(self, bgr: NDArray[np.uint8], max_side_px: int | None = None) -> Detections:
        """No detection."""
        return Detections.none()


class Detector:
    """One network in onnxruntime. The constructor loads it and runs it once as a test.

    Parameters
    ----------
    path
        The ONNX file.
    model
        Entry of the list of models for this file; default: the model that set-up installs.
    min_score
        Least score of a detection.
    max_iou
        Overlap from which two boxes of one class count as one object.
    max_side_px
        Longest side of the picture for a network of free size. Cost grows with the area (NanoDet on one thread: about
        45 ms for 640 x 384, 165 ms for 1280 x 736), and so does the number of small objects found.
    provider
        Key of `PROVIDERS`.
    threads
        CPU threads of one picture. More lower the latency and raise the processor time.

    Raises
    ------
    DependencyError
        If the file or the provider is missing.
    InputError
        If the file's hash differs from the list, or its network differs from its entry.
    """

    def __init__(
        self, path: Path, model: Model | None = None, *, min_score: float = 0.35, max_iou: float = 0.6,
        max_side_px: int = 640, provider: str = "cpu", threads: int = 1,
    ) -> None:  # fmt: skip
        self._path, self._model = path, model or allowed_networks()[DEFAULT_MODEL]
        self._session = _session(path, content_of(path, self._model), provider, threads)
        self._refuse_recognisers()
        self._inputs = [given.name for given in self._session.get_inputs()]
        self._columns = tuple(self._model.classes)
        self._decode = LAYOUTS[self._model.layout]
        self._min_score, self._max_iou, self._max_side_px = min_score, max_iou, max_side_px
        self._try()

    @property
    def sha256(self) -> str:
        """Of the loaded file: it was compared with the list."""
        return self._model.sha256

    @property
    def enough_px(self) -> float:
        """Height of a person in the network's input from which on detection stops improving, px."""
        return self._model.enough_px

    def shown(self, shape: tuple[int, ...], max_side_px: int | None = None) -> tuple[int, int, float]:
        """Width and height of the network's input for a picture of shape (height, width, ...), px, and its scale
        relative to the picture."""
        height_px, width_px = shape[:2]
        fixed_px = self._model.input.size_px
        if fixed_px is not None:
            return *fixed_px, min(fixed_px[0] / width_px, fixed_px[1] / height_px)
        scale = (max_side_px or self._max_side_px) / max(height_px, width_px)
        wide, tall = (math.ceil(side * scale / MULTIPLE_PX) * MULTIPLE_PX for side in (width_px, height_px))
        return wide, tall, scale

    def detect(self, bgr: NDArray[np.uint8], max_side_px: int | None = None) -> Detections:
        """Detect people and vehicles in a picture.

        Parameters
        ----------
        bgr
            (h, w, 3) BGR picture of 8 bits, or (h, w) of one channel.
        max_side_px
            Overrides the longest side for this picture.

        Returns
        -------
        Detections
            Boxes in pixels of the picture, best first.

        Raises
        ------
        MaskingError
            If the output holds NaN or an infinite box. An undetected person would stay visible.
        """
        width_px, height_px, scale = self.shown(bgr.shape, max_side_px)
        tensor = to_tensor(bgr, scale, width_px, height_px, self._model.input)
        outputs = self._run(tensor)
        if any(np.isnan(output).any() for output in outputs):
            raise MaskingError("the detector's output is not a number")
        boxes, scores = self._decode(outputs, self._asked(width_px, height_px))
        if not np.isfinite(boxes).all():
            raise MaskingError("the detector's output is not a number")
        return self._best(boxes / np.float32(scale), scores, bgr.shape[1], bgr.shape[0])

    def _asked(self, width_px: int, height_px: int) -> Asked:
        model = self._model
        return Asked(width_px, height_px, self._columns, model.class_count, self._min_score, model.strides_px)

    def _run(self, tensor: Floats) -> list[Any]:
        """The outputs in the file's order. A second input belongs to RT-DETR and takes the picture's size."""
        given: dict[str, Any] = {self._inputs[0]: tensor}
        if len(self._inputs) > 1:
            given[self._inputs[1]] = np.array([[tensor.shape[3], tensor.shape[2]]], np.int64)
        return list(self._session.run(None, given))

    def _try(self) -> None:
        """Check that the network accepts the listed input and returns outputs of the listed layout: every box is
        decoded, whatever its score."""
        width_px, height_px = self._model.input.size_px or (3 * MULTIPLE_PX, 2 * MULTIPLE_PX)
        try:
            outputs = self._run(np.zeros((1, self._model.input.channel_count, height_px, width_px), np.float32))
        except Exception as error:  # onnxruntime raises a dozen unrelated types
            fix = "correct the list by the documentation of the model's authors"
            raise InputError(self._path, "input", f"does not fit the model ({first_line(error)})", fix) from error
        try:
            with np.errstate(all="ignore"):  # boxes of cells without an object may be any number
                self._decode(outputs, replace(self._asked(width_px, height_px), min_score=-1.0))
        except Exception as error:  # from an output without rows, or a cell of 0 px
            found = error if isinstance(error, ValueError) else f"these outputs ({first_line(error)})"
            problem = f"{self._model.layout} of {self._model.class_count} classes does not give {found}"
            raise InputError(self._path, "layout", problem, f"there are {', '.join(LAYOUTS)}") from error

    def _refuse_recognisers(self) -> None:
        """Refuse a network whose file names faces or plates, whatever classes the list names: in the file name, in
        the metadata, or in the names of the outputs."""
        said = self._session.get_modelmeta()
        outputs = (output.name for output in self._session.get_outputs())
        for text in (said.graph_name, said.description, *outputs, *chain(*said.custom_metadata_map.items())):
            for word in re.findall(r"[\w-]+", text):
                if recognises(word):
                    problem = f"the model's file names {word}, and recognition of persons or plates is forbidden"
                    raise InputError(self._path, "classes", f"{problem} (INT-01)", "use another model")

    def _best(self, boxes: Floats, scores: Floats, width_px: int, height_px: int) -> Detections:
        """One box per object: non-maximum suppression within each class, clipped to the picture."""
        if not len(boxes):
            return Detections.none()
        boxes = np.concatenate([np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])], axis=1)
        boxes = np.clip(boxes, 0, [width_px, height_px, width_px, height_px]).astype(np.float32)
        best, column = scores.max(axis=1), scores.argmax(axis=1)
        corner_size = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
        kept = cv2.dnn.NMSBoxesBatched(
            corner_size.tolist(), best.tolist(), column.tolist(), self._min_score, self._max_iou
        )
        order = sorted(np.asarray(kept, int).ravel().tolist(), key=lambda i: -best[i])
        kinds = [self._model.classes[number] for number in self._columns]
        return Detections(boxes[order], best[order], tuple(kinds[column[i]] for i in order))


def _session(path: Path, content: bytes, provider: str, threads: int) -> Any:
    """An onnxruntime session for the `content` of a file, on threads that sleep while they wait."""
    if _EXTERNAL in content:
        problem = "keeps weights in another file, which its hash does not cover"
        raise InputError(path, "", problem, "export the model into one file")
    ort = onnxruntime()
    if PROVIDERS[provider] not in ort.get_available_providers():
        there = [name for name, known in PROVIDERS.items() if known in ort.get_available_providers()]
        raise DependencyError(
            f"onnxruntime has no {provider} here, only {', '.join(there)}; "
            f"use cpu, or install the build of onnxruntime that brings {provider}"
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    wanted = dict.fromkeys((PROVIDERS[provider], PROVIDERS["cpu"]))
    try:
        session = ort.InferenceSession(content, options, providers=list(wanted))
    except Exception as error:  # as in `_try`
        raise InputError(
            path, "", f"onnxruntime can't load it ({first_line(error)})", "export the model to ONNX"
        ) from error
    if provider == "cpu":
        session._model_bytes = None  # it holds the file's content for a return to this provider
    return session


def first_line(error: Exception) -> str:
    """The first line of an error; its type if it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def to_tensor(bgr: NDArray[np.uint8], scale: float, width_px: int, height_px: int, wanted: Input) -> Floats:
    """(1, channels, height_px, width_px): the picture scaled into the top left corner, normalised as in the training.
    The picture is (h, w, 3), or of one channel."""
    size = (round(bgr.shape[1] * scale), round(bgr.shape[0] * scale))
    small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    small = in_channels(np.asarray(small, np.uint8), wanted.channels)
    mean, std = np.array(wanted.mean, np.float32), np.array(wanted.std, np.float32)
    beside = np.zeros(1, np.float32) if wanted.padding is None else (np.float32(wanted.padding) - mean) / std
    tensor = np.empty((1, wanted.channel_count, height_px, width_px), np.float32)
    tensor[0] = beside[:, None, None]
    tensor[0, :, : size[1], : size[0]] = ((small.astype(np.float32) - mean) / std).transpose(2, 0, 1)
    return tensor


def in_channels(picture: NDArray[np.uint8], channels: str) -> NDArray[np.uint8]:
    """(h, w, 3) in the order `bgr` or `rgb`, or (h, w, 1) for `grey`, of a BGR picture or of one channel."""
    is_grey = picture.ndim == 2 or picture.shape[2] == 1
    if channels == "grey":
        grey = picture if is_grey else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        return np.asarray(grey, np.uint8).reshape(*picture.shape[:2], 1)
    bgr = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR) if is_grey else picture
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB) if channels == "rgb" else bgr, np.uint8)
