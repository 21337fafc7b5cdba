"""The converter, on a hand-made network small enough to compute in numpy."""

import base64
import json

import numpy as np
import pytest

from blindspot.core.errors import InputError
from blindspot.core.silent_onnxruntime import onnxruntime
from blindspot.vision.models.tfjs import read_weights, to_onnx

VALID = {"s": base64.b64encode(b"VALID").decode()}
FLOAT = {"type": "DT_FLOAT"}
KERNEL = np.arange(2 * 2 * 1 * 3, dtype=np.float32).reshape(2, 2, 1, 3) / 10  # rows, columns, in, out


def node(name, op, *inputs, **attributes):
    return {"name": name, "op": op, "input": list(inputs), "attr": attributes}


def model(*nodes, output, shape, **weights):
    """A graph with its constants as one float32/int32 shard."""
    arrays = {name: np.asarray(value) for name, value in weights.items()}
    entries = [{"name": n, "shape": list(a.shape), "dtype": str(a.dtype)} for n, a in arrays.items()]
    size = {"shape": {"dim": [{"size": str(s)} for s in (1, 1, 8, 8)]}}
    graph = {
        "modelTopology": {"node": [
            node("x", "Placeholder", shape=size), *nodes, *(node(name, "Const") for name in arrays),
        ]},
        "signature": {"outputs": {output: {"tensorShape": {"dim": [{"size": str(s)} for s in shape]}}}},
        "weightsManifest": [{"paths": ["shard"], "weights": entries}],
    }  # fmt: skip
    return json.dumps(graph), b"".join(a.tobytes() for a in arrays.values())


def run(text, shard, picture):
    session = onnxruntime().InferenceSession(to_onnx(text, shard, name="t"), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": picture})[0]


def network():
    """Pad, convolve with stride 2, leaky ReLU, double in size, flatten to (1, cells, 3)."""
    return model(
        node("pad", "Pad", "x", "pads"),
        node("nhwc", "Transpose", "pad", "to_nhwc"),
        node("conv", "Conv2D", "nhwc", "kernel", padding=VALID, strides={"list": {"i": ["1", "2", "2", "1"]}}),
        node("bias", "Add", "conv", "b"),
        node("relu", "LeakyRelu", "bias", alpha={"f": 0.1}),
        node("up", "ResizeBilinear", "relu", "size"),
        node("nchw", "Transpose", "up", "to_nchw"),
        node("zeros", "SparseToDense", "none", "three", "none", "zero"),
        node("target", "AddV2", "flat", "zeros"),
        node("rows", "Reshape", "nchw", "target"),
        node("out", "Transpose", "rows", "swap"),
        output="out", shape=(1, 64, 3),
        pads=np.array([[0, 0], [0, 0], [0, 1], [0, 1]], np.int32), to_nhwc=np.int32([0, 2, 3, 1]), kernel=KERNEL,
        b=np.float32([1, -20, 3]), size=np.int32([8, 8]), to_nchw=np.int32([0, 3, 1, 2]), swap=np.int32([0, 2, 1]),
        none=np.zeros((0, 1), np.int32), three=np.int32([3]), zero=np.int32(0), flat=np.int32([1, 3, -1]),
    )  # fmt: skip


def expected(picture):
    """The same network in numpy; the resizing by OpenCV, whose bilinear is the half-pixel one too."""
    import cv2

    padded = np.pad(picture[0, 0], ((0, 1), (0, 1)))
    rows, cols = picture.shape[2] // 2, picture.shape[3] // 2
    conv = np.array([[np.tensordot(padded[2 * r : 2 * r + 2, 2 * c : 2 * c + 2], KERNEL[:, :, 0], 2)
                      for c in range(cols)] for r in range(rows)])  # fmt: skip
    biased = np.add(conv, (1, -20, 3))
    active = np.where(biased > 0, biased, 0.1 * biased).astype(np.float32)
    return cv2.resize(active, (2 * cols, 2 * rows), interpolation=cv2.INTER_LINEAR).reshape(1, -1, 3)


@pytest.mark.parametrize("size", [(8, 8), (12, 20)])
def test_the_network_computes_the_same_at_any_size(size):
    picture = np.random.default_rng(1).normal(0, 3, (1, 1, *size)).astype(np.float32)
    assert run(*network(), picture) == pytest.approx(expected(picture), abs=1e-4)


def test_an_unknown_operation_is_named():
    text, shard = model(node("out", "FancyOp", "x"), output="out", shape=(1, 8, 8))
    with pytest.raises(InputError, match="out: operation FancyOp"):
        to_onnx(text, shard, name="t")


def test_a_short_weight_file_is_reported():
    text, shard = network()
    with pytest.raises(InputError, match="too short"):
        to_onnx(text, shard[:-4], name="t")


def test_half_precision_weights_come_back_whole():
    half = np.float16([0.5, -2, 7])
    entry = {"name": "w", "shape": [3], "dtype": "float32", "quantization": {"dtype": "float16"}}
    weights = read_weights([{"weights": [entry]}], half.tobytes())
    assert weights["w"].dtype == np.float32
    assert weights["w"].tolist() == [0.5, -2, 7]


def test_conversion_is_reproducible():
    assert to_onnx(*network(), name="t") == to_onnx(*network(), name="t")
