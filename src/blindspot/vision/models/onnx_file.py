"""Writer of ONNX model files: only the protobuf messages that a plain inference graph needs.

Field numbers are those of `onnx.proto` (ONNX IR version 8). Writing them by hand keeps the ONNX package, and the
frameworks behind it, off the companion computer.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

IR_VERSION = 8
OPSET = 13

Attribute = int | float | str | Sequence[int]
_TYPES = {np.dtype(np.float32): 1, np.dtype(np.int64): 7}


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _bytes(tag: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(tag << 3 | 2) + _varint(len(data)) + data


def _attribute(name: str, value: Attribute) -> bytes:
    head = _bytes(1, name)
    if isinstance(value, str):
        return head + _bytes(4, value) + _number(20, 3)
    if isinstance(value, float):
        return head + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    if isinstance(value, int):
        return head + _number(3, value) + _number(20, 2)
    return head + b"".join(_number(8, item) for item in value) + _number(20, 7)


def _tensor(name: str, value: NDArray[np.generic]) -> bytes:
    dims = b"".join(_number(1, size) for size in value.shape)
    return dims + _number(2, _TYPES[value.dtype]) + _bytes(8, name) + _bytes(9, np.ascontiguousarray(value).tobytes())


def _value_info(name: str, shape: Iterable[int | str]) -> bytes:
    dims = b"".join(_bytes(1, _bytes(2, size) if isinstance(size, str) else _number(1, size)) for size in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, 1) + _bytes(2, dims)))


@dataclass(slots=True)
class OnnxGraph:
    """A graph under construction; nodes in an order in which they can be computed. `metadata` becomes the file's
    metadata."""

    name: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    _nodes: list[bytes] = field(default_factory=list)
    _tensors: list[bytes] = field(default_factory=list)
    _inputs: list[bytes] = field(default_factory=list)
    _outputs: list[bytes] = field(default_factory=list)

    def input(self, name: str, shape: Iterable[int | str]) -> None:
        """Declare a float input; a text in `shape` names a size that the caller chooses at run time."""
        self._inputs.append(_value_info(name, shape))

    def output(self, name: str, shape: Iterable[int | str]) -> None:
        """Declare a float output."""
        self._outputs.append(_value_info(name, shape))

    def tensor(self, name: str, value: NDArray[np.generic]) -> str:
        """Store a constant (float32 or int64) and return its name."""
        self._tensors.append(_tensor(name, value))
        return name

    def node(
        self, op: str, inputs: Sequence[str], outputs: Sequence[str], attributes: Mapping[str, Attribute] | None = None
    ) -> str:
        """Add an operation and return its first output."""
        body = b"".join(_bytes(1, name) for name in inputs) + b"".join(_bytes(2, name) for name in outputs)
        body += _bytes(3, outputs[0]) + _bytes(4, op)
        body += b"".join(_bytes(5, _attribute(name, value)) for name, value in (attributes or {}).items())
        self._nodes.append(body)
        return outputs[0]

    def to_bytes(self) -> bytes:
        """The model file."""
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _bytes(2, self.name)
        graph += b"".join(_bytes(5, tensor) for tensor in self._tensors)
        graph += b"".join(_bytes(11, info) for info in self._inputs) + b"".join(
            _bytes(12, info) for info in self._outputs
        )
        opset = _bytes(1, "") + _number(2, OPSET)
        metadata = b"".join(_bytes(14, _bytes(1, key) + _bytes(2, value)) for key, value in self.metadata.items())
        return _number(1, IR_VERSION) + _bytes(2, "blindspot") + _bytes(7, graph) + _bytes(8, opset) + metadata
