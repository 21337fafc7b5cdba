"""Requirements on the machine: a compiler, Python's headers and venv module, free space on the disk."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from blindspot.core import DependencyError
from blindspot.setup.environment import base_python
from blindspot.setup.layout import Layout

NEEDED_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class SystemPackage:
    """A package that only the system's package manager can install."""

    name: str  # for messages
    debian: str  # its package on Debian and Ubuntu
    present: Callable[[], bool]


def needed_packages(layout: Layout) -> tuple[SystemPackage, ...]:
    everywhere = (
        SystemPackage("a C++ compiler", "g++", lambda: bool(shutil.which("c++") and shutil.which("cc"))),
        SystemPackage("Python's headers", "python3-dev", _has_headers),
        SystemPackage("Python's venv module", "python3-venv", _has_ensurepip),
    )
    # Beside a distribution, OpenCV and NumPy must be the versions with which its cv_bridge was built.
    beside = (
        SystemPackage("OpenCV for Python", "python3-opencv", lambda: _system_imports("cv2")),
        SystemPackage("NumPy", "python3-numpy", lambda: _system_imports("numpy")),
    )
    return everywhere + (beside if layout.distribution else ())


def require_machine(layout: Layout) -> None:
    """Raise DependencyError for missing packages, with the command for the installation. As root, install them."""
    _require_platform(layout)
    _require_folder(layout.venv)
    missing = [package for package in needed_packages(layout) if not package.present()]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        _install([package.debian for package in missing])
        importlib.invalidate_caches()
        missing = [package for package in missing if not package.present()]
    if missing:
        names = " and ".join(package.name for package in missing)
        packages = " ".join(package.debian for package in missing)
        raise DependencyError(f"{names} missing: sudo apt-get install {packages}")


def _require_platform(layout: Layout) -> None:
    if layout.distribution is None and (sys.platform != "linux" or platform.machine() != "x86_64"):
        raise DependencyError(
            f"ROS 2 wheels exist for Linux on x86_64, not for {sys.platform} on {platform.machine()}: "
            "install ROS 2 Jazzy, then: source /opt/ros/jazzy/setup.bash"
        )


def _require_folder(venv: Path) -> None:
    try:
        venv.mkdir(exist_ok=True)
        probe = venv / ".writable"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise DependencyError(
            f"{venv} can't be written ({error.strerror}): copy the repository to a folder of yours and start it "
            f"there: cp -r {venv.parent} ~/blindspot"
        ) from error
    free_bytes = shutil.disk_usage(venv).free
    if free_bytes < NEEDED_BYTES and not (venv / "setup.log").exists():
        raise DependencyError(
            f"{venv.parent} has {free_bytes / 1024**3:.1f} GB free and the set-up needs "
            f"{NEEDED_BYTES / 1024**3:.0f} GB: make room, see: df -h {venv.parent}"
        )


def _install(packages: list[str]) -> None:
    print(f"installing with apt-get: {' '.join(packages)}", file=sys.stderr)
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", *command], env=environ, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
            raise DependencyError(f"apt-get {command[0]} failed ({said}): apt-get install {' '.join(packages)}")


def _has_headers() -> bool:
    return (Path(sysconfig.get_path("include")) / "Python.h").exists()


def _has_ensurepip() -> bool:
    # Debian ships ensurepip as a separate package, and venv needs ensurepip for pip.
    return importlib.util.find_spec("ensurepip") is not None


def _system_imports(name: str) -> bool:
    command: list[str | Path] = [base_python(), "-c", f"import {name}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
