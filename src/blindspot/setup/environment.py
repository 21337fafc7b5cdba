"""The Python environment: made once, then filled with exactly the packages of the lock file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Collection, Mapping
from pathlib import Path

from blindspot.core import DependencyError
from blindspot.setup.groups import FOLDER, group_file
from blindspot.setup.layout import Layout
from blindspot.setup.lock import Locked, group_of, read_lock
from blindspot.setup.shown_commands import CommandError, Progress, run

LOCK = FOLDER / "lock.txt"
PIP_OPTIONS = ("--disable-pip-version-check", "--no-input", "--retries", "2")
HELD_BY_DISTRIBUTION = frozenset({"numpy", "opencv-python-headless"})

PACKAGE_REACHED = re.compile(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)")
NO_NETWORK = re.compile(
    r"NewConnectionError|name resolution|NameResolutionError|ProxyError|ConnectTimeout|ReadTimeout|Max retries|"
    r"Network is unreachable|Connection refused|Connection broken",
    re.IGNORECASE,
)
# The CMake files of the ROS 2 wheels hold these paths of the building machine.
BUILDER_NUMPY = re.compile(r"/opt/python/[^/;\"]+/lib/python[0-9.]+/site-packages/numpy/_core/include")
BUILDER_PYTHON = re.compile(r"/opt/python/[^/;\"]+/include/python[0-9.]+")
DISK_FULL = re.compile(r"No space left on device|Disk quota exceeded|Errno 28", re.IGNORECASE)


def base_python() -> Path:
    """The interpreter that makes environments, even if the current one runs inside an environment."""
    # Resolved: from outside the name is `python3`, from inside an environment perhaps `python3.12`.
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def make_environment(layout: Layout, progress: Progress) -> None:
    """Make a new, empty environment. Beside a ROS 2 distribution, it also sees the system's Python packages."""
    if layout.venv.is_symlink() or layout.venv.is_file():  # its target may hold a user's files
        raise DependencyError(f"{layout.venv} is a link or a file, and an own environment goes there: rm {layout.venv}")
    options = ["--system-site-packages"] if layout.distribution else []
    shutil.rmtree(layout.venv, ignore_errors=True)
    layout.venv.mkdir()
    try:
        run([base_python(), "-m", "venv", *options, layout.venv], log=layout.log, environ=os.environ)
    except CommandError as error:
        raise DependencyError(explain(error, layout, "python3 -m venv")) from error


def made_for(layout: Layout) -> Path | None:
    """The path for which the present environment was made, by the first line of its `activate`; None if unknown."""
    try:
        text = (layout.venv / "bin" / "activate").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(r"""^\s*(?:export )?VIRTUAL_ENV=["']?(/[^"'\n]+)["']?\s*$""", text, re.MULTILINE)
    return Path(found[1]) if found else None


def install_packages(layout: Layout, groups: Collection[str], progress: Progress) -> None:
    """The packages of requirement groups, pinned by the lock; beside a distribution only the packages missing in the
    distribution's Python.

    An interrupted installation continues where it stopped.
    """
    forget_unfinished(layout.site_packages)
    lock = _what_to_install(layout, groups)
    total = len(read_lock(lock.read_text(encoding="utf-8")))
    seen = 0

    def on_line(line: str) -> None:
        nonlocal seen
        if found := PACKAGE_REACHED.match(line):
            seen += 1
            progress.detail(f"{min(seen, total)}/{total} {found[1]}")
        elif line.startswith("Installing collected packages"):
            progress.detail("installing what was fetched")

    def on_uv_line(line: str) -> None:
        if line.startswith(("Downloading", "Prepared", "Installed")):
            progress.detail(line)

    # The lock is complete, so that nothing is resolved. A file with another hash is refused.
    checked: list[str | Path] = ["--no-deps", "--require-hashes", "-r", lock]
    uv: list[str | Path] = ["uv", "pip", "install", "--python", layout.python, "--no-cache", "--compile-bytecode"]
    pip: list[str | Path] = [layout.python, "-m", "pip", "install", *PIP_OPTIONS]
    environ = with_tools(layout, os.environ)
    try:
        try:
            run([*uv, *checked], log=layout.log, environ=environ, on_line=on_uv_line)
        except CommandError:  # pip knows the machine's own proxies, indexes and certificates
            forget_unfinished(layout.site_packages)
            run([*pip, *checked], log=layout.log, environ=layout.environ(os.environ), on_line=on_line)
    except CommandError as error:
        raise DependencyError(explain(error, layout, "pip")) from error
    layout.groups.write_text("\n".join(groups), encoding="utf-8")
    if layout.distribution is None:
        numpy_include = layout.site_packages / "numpy" / "_core" / "include"
        fix_wheels(layout.venv, Path(sysconfig.get_path("include")), numpy_include)


_installing_tools = threading.Lock()


def with_tools(layout: Layout, base: Mapping[str, str]) -> dict[str, str]:
    """The environment's variables, and the set-up's tools on PATH: uv, CMake and Ninja, installed if missing.
    Raises DependencyError if pip can't install them."""
    environ = layout.environ(base)
    with _installing_tools:
        if not (layout.tools / "bin").is_dir():
            _install_tools(layout, environ)
    for name, folder in (("PATH", layout.tools / "bin"), ("PYTHONPATH", layout.tools)):
        environ[name] = f"{folder}{os.pathsep}{environ[name]}"
    return environ


def _install_tools(layout: Layout, environ: Mapping[str, str]) -> None:
    lock = layout.venv / "build" / "tools.txt"
    lock.parent.mkdir(exist_ok=True)
    lock.write_text("".join(one.lines + "\n" for one in _locked(layout, ("tools",))), encoding="utf-8")
    command: list[str | Path] = [
        layout.python, "-m", "pip", "install", *PIP_OPTIONS, "--no-deps", "--require-hashes", "--target",
        layout.tools, "-r", lock,
    ]  # fmt: skip
    try:
        run(command, log=layout.log, environ=environ)
    except CommandError as error:
        raise DependencyError(explain(error, layout, "pip")) from error


def fix_wheels(venv: Path, python_include: Path, numpy_include: Path) -> None:
    """Replace the header folders in the CMake files of the ROS 2 wheels by those of this machine."""
    for file in venv.glob("share/**/*.cmake"):
        text = file.read_text(encoding="utf-8")
        if "/opt/python/" in text:
            text = BUILDER_NUMPY.sub(str(numpy_include), text)
            file.write_text(BUILDER_PYTHON.sub(str(python_include), text), encoding="utf-8")


def forget_unfinished(site_packages: Path) -> None:
    """Remove the records of packages installed in part by an interrupted pip, so that pip installs these packages
    again.

    pip writes INSTALLER after a package's last file.
    """
    for record in site_packages.glob("*.dist-info"):
        if not (record / "INSTALLER").exists():
            shutil.rmtree(record)


def locked_beside(held: Mapping[str, str], lock: str, groups: Collection[str]) -> str:
    """The part of a lock file's text that is installed beside a ROS distribution, for these groups.

    It holds the packages of our own list with their hashes. NumPy and OpenCV come from the distribution. A package that
    the system's Python has in exactly the pinned version is left out.

    held: name -> version of the packages of the system's Python. Another version is installed again, because the pins
    were resolved together.
    """
    asked = locked_of(lock, groups)
    lacking = [one for one in asked if one.name not in HELD_BY_DISTRIBUTION and held.get(one.name) != one.version]
    return "".join(one.lines + "\n" for one in lacking)


def locked_of(lock: str, groups: Collection[str]) -> tuple[Locked, ...]:
    """The pins of requirement groups in a lock file's text, with all dependencies."""
    return group_of(read_lock(lock), {f"-r {group_file(group)}" for group in groups})


def _locked(layout: Layout, groups: Collection[str]) -> tuple[Locked, ...]:
    return locked_of((layout.root / LOCK).read_text(encoding="utf-8"), groups)


def explain(error: CommandError, layout: Layout, program: str) -> str:
    """One line for the user: the problem and the command for the repair."""
    said = "\n".join(error.tail)
    if DISK_FULL.search(said):
        return f"the disk of {layout.root} is full: make room, see: df -h {layout.root}"
    if NO_NETWORK.search(said):
        return (
            "the Python package index can't be reached: connect the machine (behind a proxy: "
            "export https_proxy=http://HOST:PORT), then start ./blindspot again; it continues where it stopped"
        )
    reason = next((line for line in reversed(error.tail) if line.strip()), str(error)).strip()
    return f"{program} failed ({reason}): see {layout.log}"


def held_by_system() -> dict[str, str]:
    """Name -> version of every package of the system's Python and the sourced ROS 2."""
    script = "import importlib.metadata as m; [print(d.name, d.version) for d in m.distributions()]"
    done = subprocess.run([base_python(), "-c", script], capture_output=True, text=True, check=True)
    rows = (line.rsplit(" ", 1) for line in done.stdout.splitlines())
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in rows}


def _what_to_install(layout: Layout, groups: Collection[str]) -> Path:
    """The part of the lock that goes into this environment, written there."""
    if layout.distribution is None:
        text = "".join(one.lines + "\n" for one in _locked(layout, (*groups, "ros")))
    else:
        text = locked_beside(held_by_system(), (layout.root / LOCK).read_text(encoding="utf-8"), groups)
    part = layout.venv / "share" / "blindspot" / "lock.txt"
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_text(text, encoding="utf-8")
    return part
