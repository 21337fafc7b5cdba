"""What npm's registry brings, once: the detector's model, and the library that draws maps in a browser."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from blindspot.errors import DependencyError
from blindspot.setup.console import CommandError, Progress, run
from blindspot.setup.environment import explain
from blindspot.setup.layout import Layout

NPM_LOCK = Path("requirements/npm.lock.txt")
VISION = Path("src/blindspot/vision")
MADE_FROM = (
    Path("config/models.yaml"),
    Path("config/web.yaml"),
    Path("src/blindspot/npm.py"),
    Path("src/blindspot/coverage/map_library.py"),
    VISION / "model_setup.py",
    VISION / "tfjs.py",
    VISION / "onnx_file.py",
)


def prepare_downloads(layout: Layout, progress: Progress) -> None:
    """Let each room bring what it needs into `layout.models` and `layout.web`; npm's registry must be in reach."""
    environ = layout.environ(os.environ)
    npm = layout.venv / "npm"
    module: list[str | Path] = [layout.python, "-m"]
    try:
        if shutil.which("npm", path=environ["PATH"]) is None:
            progress.detail("fetching npm")
            lock = layout.root / NPM_LOCK
            pip: list[str | Path] = [*module, "pip", "install", "--disable-pip-version-check", "--no-input"]
            run([*pip, "--require-hashes", "--target", npm, "-r", lock], log=layout.log, environ=environ)
            environ["PATH"] = f"{npm / 'bin'}{os.pathsep}{environ['PATH']}"
            environ["PYTHONPATH"] = f"{npm}{os.pathsep}{environ['PYTHONPATH']}"
        for brings, folder in (
            ("blindspot.vision.model_setup", layout.models),
            ("blindspot.coverage.map_library", layout.web),
        ):
            run([*module, brings, "--into", folder], log=layout.log, environ=environ, on_line=progress.detail)
    except CommandError as error:
        raise DependencyError(explain(error, layout, "fetching with npm")) from error
    finally:
        # 200 MB that nothing needs any more.
        shutil.rmtree(npm, ignore_errors=True)
