"""The script at the root: which Python it takes, and what it says when there is none."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
OLD = '#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n'
NEW = '#!/bin/sh\n[ "$2" = -c ] && exit 0\necho "$PYTHONPATH" "$@"\n'


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A copy without an environment, in a folder whose name has a space."""
    (tmp_path / "my clone").mkdir()
    return Path(shutil.copy(ROOT / "blindspot", tmp_path / "my clone" / "blindspot"))


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def start(script: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    bash = str(shutil.which("bash"))
    path = script.parent.parent / "bin"
    path.mkdir(exist_ok=True)
    for tool in ("dirname", "readlink"):
        if not (path / tool).exists():
            (path / tool).symlink_to(str(shutil.which(tool)))
    command = [bash, str(script), *arguments]
    return subprocess.run(command, env={"PATH": str(path), **environ}, capture_output=True, text=True, check=False)


def test_a_python_that_is_too_old_is_reported_in_one_line(script: Path) -> None:
    program(script.parent.parent / "bin" / "python3", OLD)
    done = start(script, "--help")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "blindspot: needs Python 3.11 or newer, found Python 3.9.2: "
        "sudo apt-get install python3 (or name one: PYTHON=python3.12 ./blindspot)"
    ]


def test_a_missing_python_is_reported_in_one_line(script: Path) -> None:
    done = start(script)
    assert done.returncode == 1
    assert done.stderr.startswith("blindspot: needs Python 3.11 or newer, found no python3: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_newer_python_beside_an_old_one_is_taken(script: Path) -> None:
    program(script.parent.parent / "bin" / "python3", OLD)
    program(script.parent.parent / "bin" / "python3.12", NEW)
    assert start(script, "plan", "a b").stdout == f"{script.parent}/src -S -P -m blindspot.setup plan a b\n"


def test_the_environments_own_python_comes_first(script: Path) -> None:
    program(script.parent.parent / "bin" / "python3", OLD)
    program(script.parent / ".venv-jazzy" / "bin" / "python", NEW)
    assert start(script, ROS_DISTRO="jazzy").returncode == 0
    assert start(script).returncode == 1


def test_a_named_python_is_the_only_one_tried(script: Path) -> None:
    program(script.parent.parent / "bin" / "python3", NEW)
    assert "found no python9" in start(script, PYTHON="python9").stderr
