"""Downloads from npm's registry, made once: the detector's model, and the library that draws maps in a browser."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from blindspot.core import DependencyError
from blindspot.setup.environment import explain
from blindspot.setup.layout import Layout
from blindspot.setup.shown_commands import CommandError, Progress, run

NPM_LOCK = Path("requirements/npm.lock.txt")
VISION_MODELS = Path("src/blindspot/vision/models")
MADE_FROM = (
    Path("config/models.yaml"),
    Path("config/web.yaml"),
    Path("src/blindspot/core/npm.py"),
    Path("src/blindspot/coverage/maps/map_library.py"),
    VISION_MODELS / "models.py",
    VISION_MODELS / "model_setup.py",
    VISION_MODELS / "tfjs.py",
    VISION_MODELS / "onnx_file.py",
)


def prepare_downloads(layout: Layout, progress: Progress) -> None:
    """Let each package fetch its files into `layout.models` and `layout.web`. This needs access to npm's registry."""
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
            ("blindspot.vision.models.model_setup", layout.models),
            ("blindspot.coverage.maps.map_library", layout.web),
        ):
            run([*module, brings, "--into", folder], log=layout.log, environ=environ, on_line=progress.detail)
        note_sums(layout)
    except CommandError as error:
        raise DependencyError(explain(error, layout, "fetching with npm")) from error
    finally:
        # This frees 200 MB.
        shutil.rmtree(npm, ignore_errors=True)


def are_whole(layout: Layout) -> bool:
    """Whether the fetched files still have their noted sums. A damaged file is fetched again at the next start, and all
    of them without their sums: a power cut leaves an empty file."""
    try:
        lines = _sums(layout).read_text(encoding="utf-8", errors="replace").splitlines()
        are_same = (_sum(Path(path)) == noted for noted, _, path in (line.partition("  ") for line in lines))
        return bool(lines) and all(are_same)
    except (OSError, ValueError):  # a path of null characters
        return False


def note_sums(layout: Layout) -> None:
    """Note the sums of the fetched and checked files, in the format of `sha256sum`."""
    files = [file for folder in (layout.models, layout.web) for file in sorted(folder.iterdir()) if file.is_file()]
    _sums(layout).parent.mkdir(parents=True, exist_ok=True)
    _sums(layout).write_text("".join(f"{_sum(file)}  {file}\n" for file in files), encoding="utf-8")


def _sums(layout: Layout) -> Path:
    return layout.stamps / "downloads.sha256"


def _sum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
