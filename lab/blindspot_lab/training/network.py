"""The small network: its convolutions, and its export as an ONNX file.

Its output has the layout of YOLOX with cells of one stride, so that the detector can use its YOLOX code. Weights are
plain arrays here; the training brings its own framework.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.vision.models.onnx_file import OnnxGraph

Weights = Mapping[str, NDArray[np.float32]]

STRIDE_PX = 8
MEAN, STD = 110.0, 60.0
"""Mean and standard deviation on the scale 0..255, for every channel."""
NEAR_WIDTH, FAR_WIDTH = 40, 64


@dataclass(frozen=True, slots=True)
class Conv:
    """A 3 x 3 convolution and a ReLU. `is_added` adds the input to the output."""

    name: str
    into: int
    out: int
    stride: int = 1
    dilation: int = 1

    @property
    def is_added(self) -> bool:
        return self.into == self.out and self.stride == 1


NEAR = (
    Conv("stem", 3, 16, stride=2), Conv("down1", 16, 24, stride=2), Conv("down2", 24, NEAR_WIDTH, stride=2),
    Conv("near1", NEAR_WIDTH, NEAR_WIDTH), Conv("near2", NEAR_WIDTH, NEAR_WIDTH, dilation=2),
)  # fmt: skip
"""Convolutions down to the cells of the output."""
FAR = (
    Conv("down3", NEAR_WIDTH, FAR_WIDTH, stride=2),
    *(Conv(f"far{k}", FAR_WIDTH, FAR_WIDTH, dilation=dilation) for k, dilation in enumerate((1, 2, 1, 3, 1, 2), 1)),
)
"""Context on cells of twice the side: it separates a car's rear lamp from a person in a red coat."""
LAST = (Conv("last1", NEAR_WIDTH, NEAR_WIDTH), Conv("last2", NEAR_WIDTH, NEAR_WIDTH))
"""Convolutions on the sum of NEAR and the upsampled FAR."""
BODY = (*NEAR, *FAR, *LAST)
POINTWISE = {"up": (FAR_WIDTH, 4 * NEAR_WIDTH), "boxes": (NEAR_WIDTH, 4)}
"""1 x 1 convolutions, channels in and out. `up` turns one cell of FAR into four. The head `classes` is one more."""


def to_onnx(weights: Weights, class_count: int) -> bytes:
    """The ONNX file of trained weights: `name.weight` and `name.bias` of BODY, of POINTWISE and of `classes`."""
    graph = OnnxGraph("small")
    graph.input("images", [1, 3, "height", "width"])
    near = _body(graph, weights, NEAR, "images")
    far = _pointwise(graph, weights, "up", _body(graph, weights, FAR, near))
    brought_up = graph.node("DepthToSpace", [far], ["brought_up"], {"blocksize": 2, "mode": "CRD"})
    last = _body(graph, weights, LAST, graph.node("Add", [near, brought_up], ["both"]))
    boxes, logits = (_pointwise(graph, weights, head, last) for head in ("boxes", "classes"))
    scores = _peaks(graph, graph.node("Sigmoid", [logits], ["all_scores"]))
    sure = graph.node("Max", [scores, graph.tensor("one", np.ones((1, 1, 1, 1), np.float32))], ["ones"])
    surely = graph.node("ReduceMax", [sure], ["objectness"], {"axes": [1], "keepdims": 1})
    rows = graph.node("Concat", [boxes, surely, scores], ["maps"], {"axis": 1})
    cells = graph.node(
        "Reshape", [rows, graph.tensor("shape", np.array([1, 5 + class_count, -1], np.int64))], ["cells"]
    )
    graph.node("Transpose", [cells], ["output"], {"perm": [0, 2, 1]})
    graph.output("output", [1, "count", 5 + class_count])
    return graph.to_bytes()


def _body(graph: OnnxGraph, weights: Weights, convs: Sequence[Conv], last: str) -> str:
    for conv in convs:
        around = [conv.dilation] * 4
        shape = {"kernel_shape": [3, 3], "pads": around, "dilations": [conv.dilation] * 2, "strides": [conv.stride] * 2}
        inputs = [last, *_stored(graph, weights, conv.name)]
        ramp = graph.node("Relu", [graph.node("Conv", inputs, [f"{conv.name}.conv"], shape)], [f"{conv.name}.ramp"])
        last = graph.node("Add", [last, ramp], [f"{conv.name}.sum"]) if conv.is_added else ramp
    return last


def _pointwise(graph: OnnxGraph, weights: Weights, name: str, last: str) -> str:
    return graph.node("Conv", [last, *_stored(graph, weights, name)], [f"{name}.conv"], {"kernel_shape": [1, 1]})


def _stored(graph: OnnxGraph, weights: Weights, name: str) -> list[str]:
    return [graph.tensor(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")]


def _peaks(graph: OnnxGraph, scores: str) -> str:
    """Keep the scores that are local maxima, and set the others to 0 (CenterNet, Zhou et al. 2019, section 4)."""
    around = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1]}
    highest = graph.node("MaxPool", [scores], ["highest"], around)
    is_peak = graph.node("Cast", [graph.node("Equal", [scores, highest], ["is_highest"])], ["is_peak"], {"to": 1})
    return graph.node("Mul", [scores, is_peak], ["scores"])
