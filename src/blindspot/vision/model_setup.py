"""Brings the detector's model: `python -m blindspot.vision.model_setup --into DIR`.

Fetches the published TensorFlow.js graph with npm, checks its SHA-256 against `config/models.yaml`, converts it to
ONNX (`tfjs.py`), checks the result and runs it once. A model that is there and right is left alone; an interrupted
run leaves nothing behind that would be mistaken for a model.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from pathlib import Path
from typing import Literal

from pydantic import Field

from blindspot import npm
from blindspot.config_file import Section, read_yaml
from blindspot.errors import BlindspotError, DependencyError
from blindspot.folders import CONFIG_DIR, MODELS_DIR
from blindspot.vision.tfjs import to_onnx

DEFAULT_LIST = CONFIG_DIR / "models.yaml"
DEFAULT_FOLDER = MODELS_DIR
ALLOWED_BY = "config/models.yaml"


class Model(npm.Package):
    """One allowed model: where it comes from and the SHA-256 of each of its files."""

    graph: npm.File = Field(description="The TF.js graph")
    weights: npm.File = Field(description="Its shard of weights")
    onnx_sha256: str = Field(pattern=npm.SHA256, description="The converted file, which the detector loads")


class ModelList(Section):
    schema_: Literal["blindspot.models/1"] = Field(alias="schema")
    models: dict[str, Model]


def allowed_models(path: Path = DEFAULT_LIST) -> dict[str, Model]:
    """The models that may be loaded, by name; raises InputError."""
    return read_yaml(path, ModelList).models


def set_up(name: str, model: Model, into: Path) -> Path:
    """Make sure that `into` holds the model, and return its path; raises DependencyError or InputError."""
    target = into / f"{name}.onnx"
    if target.is_file() and _sha256(target.read_bytes()) == model.onnx_sha256:
        return target
    into.mkdir(parents=True, exist_ok=True)
    files = npm.fetch(model, ALLOWED_BY)
    content = to_onnx(files["graph"].decode(), files["weights"], name=name)
    npm.expect(content, model.onnx_sha256, target.name, ALLOWED_BY)
    _try(content)
    part = target.with_suffix(f".part{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    target.with_suffix(".onnx.sha256").write_text(f"{model.onnx_sha256}  {target.name}\n")
    return target


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _try(content: bytes) -> None:
    """Run the model once on an empty picture; a model that can't run is never stored."""
    import numpy as np
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {session.get_inputs()[0].name: np.zeros((1, 3, 64, 96), np.float32)})
    if not all(np.isfinite(output).all() for output in outputs):
        raise DependencyError("the converted model gives no finite numbers on this machine")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m blindspot.vision.model_setup", description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=DEFAULT_FOLDER, help="folder of the models")
    parser.add_argument("--list", type=Path, default=DEFAULT_LIST, help="the allowed models")
    options = parser.parse_args(arguments)
    try:
        for name, model in allowed_models(options.list).items():
            print(f"{set_up(name, model, options.into)}  ({model.licence})")
    except BlindspotError as error:
        print(f"blindspot: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
