"""Building interface packages (messages, services, actions) into the environment."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from blindspot.core import DependencyError
from blindspot.setup.environment import explain, with_tools
from blindspot.setup.layout import Layout
from blindspot.setup.shown_commands import CommandError, Progress, run

OWN = Path("src/blindspot_msgs")
STAND_INS = Path("sim/interfaces")
UNITY = Path(__file__).with_name("unity.cmake")
STAND_IN_NAMES = ("geographic_msgs", "mavros_msgs", "tf2_msgs", "vision_msgs")
CHAIN = ("geographic_msgs", "mavros_msgs")
"""The second needs the first. Each other package needs only packages of the wheels, and may be built at the same
time."""


def packages_to_build(layout: Layout) -> tuple[Path, ...]:
    """The folders of our own interfaces, and of the standard interfaces that this machine's ROS 2 lacks."""
    distribution = layout.distribution
    lacking = [name for name in STAND_IN_NAMES if distribution is None or not distribution.has(name)]
    return (*(layout.root / STAND_INS / name for name in lacking), layout.root / OWN)


def build_interfaces(layout: Layout, package: Path, progress: Progress) -> None:
    """Generate, compile and install one package. An interrupted build continues where it stopped."""
    name = package.name
    build = layout.venv / "build" / name
    # ninja's counter: "[12/80] Building C object ..."
    count = re.compile(r"^\[(\d+/\d+)\]")

    def on_line(line: str) -> None:
        if found := count.match(line):
            progress.detail(found[1])

    configure: list[str | Path] = [
        "cmake", "-S", package, "-B", build, "-G", "Ninja",
        f"-DCMAKE_INSTALL_PREFIX={layout.venv}",
        f"-DPYTHON_INSTALL_DIR={layout.site_packages.relative_to(layout.venv)}",
        f"-DPython3_EXECUTABLE={layout.python}",
        "-DBUILD_TESTING=OFF",
        "-DPYTHON_ONLY=ON",
        f"-DCMAKE_PROJECT_INCLUDE={UNITY}",
    ]  # fmt: skip
    environ = with_tools(layout, os.environ)
    try:
        run(configure, log=layout.log, environ=environ)
        run(["cmake", "--build", build], log=layout.log, environ=environ, on_line=on_line)
        _remove_installed(layout, name)
        run(["cmake", "--install", build], log=layout.log, environ=environ)
    except CommandError as error:
        raise DependencyError(explain(error, layout, f"building {name}")) from error
    shutil.rmtree(build)


def _remove_installed(layout: Layout, name: str) -> None:
    """Remove the installed package first, so that a renamed or removed message can't be imported any longer."""
    for folder in (layout.site_packages / name, layout.venv / "share" / name, layout.venv / "include" / name):
        shutil.rmtree(folder, ignore_errors=True)
    for library in (layout.venv / "lib").glob(f"lib{name}__*"):
        library.unlink()
