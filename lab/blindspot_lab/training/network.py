"""The small networks: their convolutions, and their export as an ONNX file.

Their output has the layout of YOLOX with cells of one stride, so that the detector can use its YOLOX code. Weights
are plain arrays here; the training brings its own framework.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.vision.models.onnx_file import OnnxGraph

Weights = Mapping[str, NDArray[np.float32]]


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


Convs = tuple[Conv, ...]


@dataclass(frozen=True, slots=True)
class Layers:
    """A network that goes down to larger cells and up again.

    `down` holds the convolutions of each level: the first level ends at the cells of the output (`stride_px`), each
    further one has cells of twice the side and gives context. `up` holds the convolutions that follow where a level
    meets the one below it: the last but one level first. Pictures enter as (value - mean) / std.
    """

    name: str
    channels: int
    classes: tuple[str, ...]
    mean: float
    std: float
    stride_px: int
    down: tuple[Convs, ...]
    up: tuple[Convs, ...]

    @property
    def body(self) -> Convs:
        """All 3 x 3 convolutions."""
        return tuple(conv for level in (*self.down, *self.up) for conv in level)

    @property
    def pointwise(self) -> dict[str, tuple[int, int]]:
        """Input and output channels of each 1 x 1 convolution. `up...` turns one cell into four of the level above."""
        widths = [level[-1].out for level in self.down]
        ups = {name: (widths[k + 1], 4 * widths[k]) for k, name in self.ups()}
        return ups | {"boxes": (widths[0], 4), "classes": (widths[0], len(self.classes))}

    def ups(self) -> list[tuple[int, str]]:
        """Levels to go up to, and the name of the 1 x 1 convolution that goes there, in the order of `up`."""
        levels = range(len(self.down) - 2, -1, -1)
        return [(level, f"up{level}" if level else "up") for level in levels]


DRAWN = Layers(
    "drawn", 3, ("person", "car"), 110.0, 60.0, 8,
    down=(
        (
            Conv("stem", 3, 16, stride=2), Conv("down1", 16, 24, stride=2), Conv("down2", 24, 40, stride=2),
            Conv("near1", 40, 40), Conv("near2", 40, 40, dilation=2),
        ),
        (
            Conv("down3", 40, 64, stride=2),
            *(Conv(f"far{k}", 64, 64, dilation=dilation) for k, dilation in enumerate((1, 2, 1, 3, 1, 2), 1)),
        ),
    ),
    up=((Conv("last1", 40, 40), Conv("last2", 40, 40)),),
)  # fmt: skip
"""Rendered pictures in colour. The second level separates a car's rear lamp from a person in a red coat."""

THERMAL = Layers(
    "thermal", 1, ("person", "car", "bicycle", "other_vehicle"), 110.0, 60.0, 4,
    down=(
        (Conv("stem", 1, 16, stride=2), Conv("down1", 16, 32, stride=2), Conv("near1", 32, 32)),
        (Conv("down2", 32, 64, stride=2), Conv("mid1", 64, 64), Conv("mid2", 64, 64)),
        (
            Conv("down3", 64, 96, stride=2),
            *(Conv(f"far{k}", 96, 96, dilation=dilation) for k, dilation in enumerate((1, 2, 1, 3, 2), 1)),
        ),
    ),
    up=((Conv("mid3", 64, 64),), (Conv("last1", 32, 32), Conv("last2", 32, 32))),
)  # fmt: skip
"""Thermal pictures of one channel, with people from about 10 px of height: cells of 4 px."""


def to_onnx(layers: Layers, weights: Weights) -> bytes:
    """The ONNX file of trained weights: `name.weight` and `name.bias` of each convolution."""
    graph = OnnxGraph("small")
    graph.input("images", [1, layers.channels, "height", "width"])
    levels = ["images"]
    for convs in layers.down:
        levels.append(_body(graph, weights, convs, levels[-1]))
    last = levels[-1]
    for (level, name), convs in zip(layers.ups(), layers.up, strict=True):
        finer = graph.node(
            "DepthToSpace", [_pointwise(graph, weights, name, last)], [f"brought_{name}"],
            {"blocksize": 2, "mode": "CRD"},
        )  # fmt: skip
        last = _body(graph, weights, convs, graph.node("Add", [levels[level + 1], finer], [f"both{name[2:]}"]))
    boxes, logits = (_pointwise(graph, weights, head, last) for head in ("boxes", "classes"))
    scores = _peaks(graph, graph.node("Sigmoid", [logits], ["all_scores"]))
    sure = graph.node("Max", [scores, graph.tensor("one", np.ones((1, 1, 1, 1), np.float32))], ["ones"])
    surely = graph.node("ReduceMax", [sure], ["objectness"], {"axes": [1], "keepdims": 1})
    rows = graph.node("Concat", [boxes, surely, scores], ["maps"], {"axis": 1})
    columns = 5 + len(layers.classes)
    cells = graph.node("Reshape", [rows, graph.tensor("shape", np.array([1, columns, -1], np.int64))], ["cells"])
    graph.node("Transpose", [cells], ["output"], {"perm": [0, 2, 1]})
    graph.output("output", [1, "count", columns])
    return graph.to_bytes()


def _body(graph: OnnxGraph, weights: Weights, convs: Convs, last: str) -> str:
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
