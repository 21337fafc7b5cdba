"""Converts a TensorFlow.js graph model to ONNX; supports the operations of convolutional detectors only.

The model's height and width become free sizes (`height`, `width`), so that one file serves every picture size:
up-sampling is written as a scale, and the graph's reshapes keep one free size.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blindspot.core import InputError
from blindspot.vision.models.onnx_file import OnnxGraph

Array = NDArray[Any]
_TO_NCHW, _TO_NHWC = (0, 3, 1, 2), (0, 2, 3, 1)


def read_weights(manifest: list[dict[str, Any]], shard: bytes) -> dict[str, Array]:
    """The named constants of a model whose weights lie in one shard; float16-quantised values become float32."""
    weights, offset = {}, 0
    for entry in (weight for group in manifest for weight in group["weights"]):
        kind = np.dtype(entry["dtype"])
        stored = np.dtype(entry.get("quantization", {}).get("dtype", kind))
        count = int(np.prod(entry["shape"], dtype=np.int64))
        if offset + count * stored.itemsize > len(shard):
            raise InputError("weights", entry["name"], "the weight file is too short")
        values = np.frombuffer(shard, stored, count, offset)
        weights[entry["name"]] = values.astype(kind).reshape(entry["shape"])
        offset += count * stored.itemsize
    return weights


def to_onnx(model_json: str, shard: bytes, *, name: str) -> bytes:
    """The ONNX file of a TF.js graph model with one NCHW input; raises InputError for an unsupported operation."""
    model = json.loads(model_json)
    return _Conversion(model, read_weights(model["weightsManifest"], shard), name).run()


class _Conversion:
    """One conversion. `_size` follows each tensor's height at the model's own input size, to turn sizes into scales."""

    def __init__(self, model: dict[str, Any], constants: dict[str, Array], name: str) -> None:
        self._nodes = {node["name"]: node for node in model["modelTopology"]["node"]}
        self._signature = model["signature"]
        self._constants = constants
        self._graph = OnnxGraph(name)
        self._size: dict[str, int] = {}
        self._done: set[str] = set()
        self._stored: set[str] = set()
        self._rules: dict[str, Callable[[dict[str, Any]], None]] = {
            "Placeholder": self._placeholder, "Pad": self._pad, "PadV2": self._pad, "Transpose": self._transpose,
            "Conv2D": self._conv, "MaxPool": self._max_pool, "Add": self._add, "AddV2": self._add,
            "LeakyRelu": self._leaky_relu, "Sigmoid": self._same("Sigmoid"), "Identity": self._same("Identity"),
            "ConcatV2": self._concat, "SplitV": self._split, "ResizeBilinear": self._resize, "Reshape": self._reshape,
            "SparseToDense": self._sparse_to_dense, "Const": lambda node: None,
        }  # fmt: skip

    def run(self) -> bytes:
        for output, info in self._signature["outputs"].items():
            node = self._nodes[output.split(":")[0]]
            self._convert(node["name"])
            sizes = [int(dim["size"]) for dim in info["tensorShape"]["dim"]]
            self._graph.output(node["name"], [1, f"{node['name']}_cells", sizes[-1]])
        return self._graph.to_bytes()

    def _convert(self, name: str) -> None:
        """Convert a node after all its inputs. The loop replaces a recursion, as graphs are deep."""
        todo = [name]
        while todo:
            node = self._nodes[todo[-1]]
            missing = [n for n in map(_node_of, node.get("input", ())) if n not in self._done]
            if missing:
                todo.extend(missing)
                continue
            todo.pop()
            if node["name"] not in self._done:
                if node["op"] not in self._rules:
                    raise InputError("model", node["name"], f"operation {node['op']} is not known to the converter")
                self._rules[node["op"]](node)
                self._done.add(node["name"])

    def _input(self, node: dict[str, Any], position: int) -> str:
        """The ONNX name of an input, storing it first if it is a constant."""
        name = str(node["input"][position])
        if name in self._constants and name not in self._stored:
            self._stored.add(name)
            self._graph.tensor(name, self._constants[name])
        return name

    def _constant(self, node: dict[str, Any], position: int) -> Array:
        name = node["input"][position]
        if name not in self._constants:
            raise InputError("model", node["name"], f"input {name} must be a constant")
        return self._constants[name]

    def _int64(self, node: dict[str, Any], suffix: str, values: Any) -> str:
        return self._graph.tensor(f"{node['name']}/{suffix}", np.asarray(values, np.int64).ravel())

    def _emit(
        self, node: dict[str, Any], op: str, inputs: list[str], size: int | None = None, **attributes: Any
    ) -> None:
        self._graph.node(op, inputs, [node["name"]], attributes)
        first = node["input"][0]
        self._size[node["name"]] = self._size.get(first, 0) if size is None else size

    def _same(self, op: str) -> Callable[[dict[str, Any]], None]:
        return lambda node: self._emit(node, op, [self._input(node, 0)])

    def _placeholder(self, node: dict[str, Any]) -> None:
        sizes = [int(dim["size"]) for dim in node["attr"]["shape"]["shape"]["dim"]]
        self._graph.input(node["name"], [sizes[0], sizes[1], "height", "width"])
        self._size[node["name"]] = sizes[2]

    def _pad(self, node: dict[str, Any]) -> None:
        """Spatial padding in these graphs is the same before and after, in both axis orders."""
        pads = self._constant(node, 1)
        inputs = [self._input(node, 0), self._int64(node, "pads", pads.T)]
        if node["op"] == "PadV2":
            inputs.append(self._graph.tensor(f"{node['name']}/value", self._constant(node, 2).astype(np.float32)))
        self._emit(node, "Pad", inputs, self._size[node["input"][0]] + int(pads.sum(axis=1).max()), mode="constant")

    def _transpose(self, node: dict[str, Any]) -> None:
        self._emit(node, "Transpose", [self._input(node, 0)], perm=self._constant(node, 1).tolist())

    def _in_nchw(self, node: dict[str, Any], op: str, extra: list[str], size: int, **attributes: Any) -> None:
        """An operation on channels-last tensors, in ONNX's channels-first order. Runtimes cancel paired transposes."""
        before, after = f"{node['name']}/nchw", f"{node['name']}/{op}"
        self._graph.node("Transpose", [self._input(node, 0)], [before], {"perm": _TO_NCHW})
        self._graph.node(op, [before, *extra], [after], attributes)
        self._emit(node, "Transpose", [after], size, perm=_TO_NHWC)

    def _window(self, node: dict[str, Any], kernel: int) -> tuple[list[int], int]:
        """Strides and output height of a sliding window without padding."""
        padding = base64.b64decode(node["attr"]["padding"]["s"]).decode()
        if padding != "VALID":
            raise InputError("model", node["name"], f"padding {padding} is not known to the converter")
        strides = [int(i) for i in node["attr"]["strides"]["list"]["i"]][1:3]
        return strides, (self._size[node["input"][0]] - kernel) // strides[0] + 1

    def _conv(self, node: dict[str, Any]) -> None:
        kernel = self._constant(node, 1).astype(np.float32).transpose(3, 2, 0, 1)
        strides, size = self._window(node, kernel.shape[2])
        weight = self._graph.tensor(f"{node['name']}/kernel", kernel)
        self._in_nchw(node, "Conv", [weight], size, strides=strides, kernel_shape=list(kernel.shape[2:]))

    def _max_pool(self, node: dict[str, Any]) -> None:
        kernel = [int(i) for i in node["attr"]["ksize"]["list"]["i"]][1:3]
        strides, size = self._window(node, kernel[0])
        self._in_nchw(node, "MaxPool", [], size, strides=strides, kernel_shape=kernel)

    def _add(self, node: dict[str, Any]) -> None:
        a, b = node["input"]
        if a in self._constants and b in self._constants:
            self._constants[node["name"]] = self._constants[a] + self._constants[b]
        else:
            self._emit(node, "Add", [self._input(node, 0), self._input(node, 1)])

    def _sparse_to_dense(self, node: dict[str, Any]) -> None:
        """A constant filled with its default: only empty sparse constants occur, from an earlier conversion."""
        indices, shape, _, default = (self._constant(node, position) for position in range(4))
        if indices.size:
            raise InputError("model", node["name"], "a sparse constant with entries is not known to the converter")
        self._constants[node["name"]] = np.full(shape, default, default.dtype)

    def _leaky_relu(self, node: dict[str, Any]) -> None:
        self._emit(node, "LeakyRelu", [self._input(node, 0)], alpha=float(node["attr"]["alpha"]["f"]))

    def _concat(self, node: dict[str, Any]) -> None:
        count = int(node["attr"]["N"]["i"])
        self._emit(node, "Concat", [self._input(node, i) for i in range(count)], axis=int(self._constant(node, count)))

    def _split(self, node: dict[str, Any]) -> None:
        sizes = self._constant(node, 1)
        outputs = [node["name"], *(f"{node['name']}:{i}" for i in range(1, len(sizes)))]
        inputs = [self._input(node, 0), self._int64(node, "sizes", sizes)]
        self._graph.node("Split", inputs, outputs, {"axis": int(self._constant(node, 2))})

    def _resize(self, node: dict[str, Any]) -> None:
        target = int(self._constant(node, 1)[0])
        scale = target / self._size[node["input"][0]]
        scales = self._graph.tensor(f"{node['name']}/scales", np.array([1, 1, scale, scale], np.float32))
        self._in_nchw(node, "Resize", ["", scales], target, mode="linear", coordinate_transformation_mode="half_pixel")

    def _reshape(self, node: dict[str, Any]) -> None:
        shape = self._int64(node, "shape", self._constant(node, 1))
        self._emit(node, "Reshape", [self._input(node, 0), shape])


def _node_of(tensor: str) -> str:
    return tensor.split(":")[0].lstrip("^")
