"""Paths of the repository and its environment, and the ROS 2 distribution of the machine."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from blindspot.core import DependencyError

SUPPORTED = ("jazzy", "kilted")


@dataclass(frozen=True, slots=True)
class Distribution:
    """The ROS 2 distribution of the shell, with overlays."""

    name: str
    prefixes: tuple[Path, ...]

    def has(self, package: str) -> bool:
        return any((prefix / "share" / package / "package.xml").exists() for prefix in self.prefixes)


@dataclass(frozen=True, slots=True)
class Layout:
    """The repository and its environment. Each ROS 2 distribution has an environment of its own, side by side."""

    root: Path
    distribution: Distribution | None = None

    @property
    def venv(self) -> Path:
        return self.root / (f".venv-{self.distribution.name}" if self.distribution else ".venv")

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        return self.venv / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"

    @property
    def log(self) -> Path:
        """Output of pip and the compiler."""
        return self.venv / "setup.log"

    @property
    def stamps(self) -> Path:
        return self.venv / "share" / "blindspot" / "stamps"

    @property
    def tools(self) -> Path:
        """Programs for the set-up alone; the set-up removes these programs at the end."""
        return self.venv / "build" / "tools"

    @property
    def groups(self) -> Path:
        """The names of the requirement groups that are installed."""
        return self.venv / "share" / "blindspot" / "groups"

    @property
    def models(self) -> Path:
        """Outside the environment, so that a new environment uses the same download."""
        return self.root / ".cache" / "models"

    @property
    def web(self) -> Path:
        """The library that pages for a browser carry inside."""
        return self.root / ".cache" / "web"

    def environ(self, base: Mapping[str, str]) -> dict[str, str]:
        """`base` with the variables that a process needs inside the environment.

        The repository's root stays off `sys.path`: its folders `launch` and `test` would hide modules of that name.
        """
        front = {
            "PYTHONPATH": [self.root / "src", self.root / "sim", self.root / "lab"],
            "PATH": [self.venv / "bin"],
            "AMENT_PREFIX_PATH": [self.venv],
            "CMAKE_PREFIX_PATH": [self.venv],
            "LD_LIBRARY_PATH": [self.venv / "lib"],
        }
        merged = {name: _prepended(paths, base.get(name, "")) for name, paths in front.items()}
        environ = {**base, **merged, "PYTHONSAFEPATH": "1", "VIRTUAL_ENV": str(self.venv)}
        # The wheels' start-up hook sets this variable. A value of another environment would disable our hook.
        environ.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
        return environ


def find_layout(root: Path, environ: Mapping[str, str]) -> Layout:
    """The layout of the repository at `root` for a shell with these variables: with the sourced ROS 2 distribution.
    Without a distribution, the environment gets ROS 2 from PyPI.

    Raises DependencyError if the sourced distribution is neither Jazzy nor Kilted.
    """
    name = environ.get("ROS_DISTRO", "")
    prefixes = [Path(prefix) for prefix in environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix]
    prefixes = [prefix for prefix in prefixes if not prefix.name.startswith(".venv")]
    if not name or not prefixes:
        return Layout(root)
    if name not in SUPPORTED:
        raise DependencyError(
            f"ROS 2 {name} is sourced, but blindspot runs on jazzy and kilted: source /opt/ros/jazzy/setup.bash, "
            "or start it from a shell without ROS 2 and it brings its own"
        )
    return Layout(root, Distribution(name, tuple(prefixes)))


def content_key(paths: Iterable[Path], *extra: str) -> str:
    """A hash of words and of files, by name and content. A folder stands for all files below it."""
    digest = hashlib.sha256()
    for word in extra:
        digest.update(word.encode() + b"\0")
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _prepended(paths: Iterable[Path], old: str) -> str:
    words = [str(path) for path in paths]
    return os.pathsep.join(words + [word for word in old.split(os.pathsep) if word and word not in words])
