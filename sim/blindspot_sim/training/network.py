"""The small network that is trained: which convolutions it has, and the ONNX file that it becomes.

It answers as YOLOX does, for cells of one stride, so that the detector needs no layout of its own for it. Weights are
plain arrays here: whoever trains brings the framework.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.vision.onnx_file import OnnxGraph

Weights = Mapping[str, NDArray[np.float32]]

STRIDE_PX = 8
MEAN, STD = 110.0, 60.0
"""Of 255, for every channel."""
WIDTH = 32


@dataclass(frozen=True, slots=True)
class Conv:
    """A 3 x 3 convolution and a ramp; `is_added` adds what went in."""

    name: str
    into: int
    out: int
    stride: int = 1
    dilation: int = 1

    @property
    def is_added(self) -> bool:
        return self.into == self.out and self.stride == 1


BODY = (
    Conv("stem", 3, 12, stride=2), Conv("down1", 12, 20, stride=2), Conv("down2", 20, WIDTH, stride=2),
    Conv("block1", WIDTH, WIDTH), Conv("block2", WIDTH, WIDTH, dilation=2), Conv("block3", WIDTH, WIDTH),
    Conv("block4", WIDTH, WIDTH, dilation=3), Conv("block5", WIDTH, WIDTH), Conv("block6", WIDTH, WIDTH, dilation=2),
)  # fmt: skip


def to_onnx(weights: Weights, class_count: int) -> bytes:
    """The file of trained weights: for each of BODY `name.weight` and `name.bias`, and for `boxes` (four values) and
    `classes` those of a 1 x 1 convolution."""
    graph = OnnxGraph("small")
    graph.input("images", [1, 3, "height", "width"])
    last = "images"
    for conv in BODY:
        around = [conv.dilation] * 4
        shape = {"kernel_shape": [3, 3], "pads": around, "dilations": [conv.dilation] * 2, "strides": [conv.stride] * 2}
        inputs = [
            last,
            *(graph.tensor(f"{conv.name}.{part}", weights[f"{conv.name}.{part}"]) for part in ("weight", "bias")),
        ]
        ramp = graph.node("Relu", [graph.node("Conv", inputs, [f"{conv.name}.conv"], shape)], [f"{conv.name}.ramp"])
        last = graph.node("Add", [last, ramp], [f"{conv.name}.sum"]) if conv.is_added else ramp
    heads = []
    for head in ("boxes", "classes"):
        inputs = [last, *(graph.tensor(f"{head}.{part}", weights[f"{head}.{part}"]) for part in ("weight", "bias"))]
        heads.append(graph.node("Conv", inputs, [f"{head}.conv"], {"kernel_shape": [1, 1]}))
    scores = _peaks(graph, graph.node("Sigmoid", [heads[1]], ["all_scores"]))
    sure = graph.node("Max", [scores, graph.tensor("one", np.ones((1, 1, 1, 1), np.float32))], ["ones"])
    surely = graph.node("ReduceMax", [sure], ["objectness"], {"axes": [1], "keepdims": 1})
    rows = graph.node("Concat", [heads[0], surely, scores], ["maps"], {"axis": 1})
    cells = graph.node(
        "Reshape", [rows, graph.tensor("shape", np.array([1, 5 + class_count, -1], np.int64))], ["cells"]
    )
    graph.node("Transpose", [cells], ["output"], {"perm": [0, 2, 1]})
    graph.output("output", [1, "count", 5 + class_count])
    return graph.to_bytes()


def _peaks(graph: OnnxGraph, scores: str) -> str:
    """Scores where no cell beside has a higher one, 0 elsewhere (CenterNet, Zhou et al. 2019, section 4)."""
    around = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1]}
    highest = graph.node("MaxPool", [scores], ["highest"], around)
    is_peak = graph.node("Cast", [graph.node("Equal", [scores, highest], ["is_highest"])], ["is_peak"], {"to": 1})
    return graph.node("Mul", [scores, is_peak], ["scores"])
