"""A machine on which everything works, for tests to break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from blindspot.doctor.machine import Clock, Package, Ran

ROOT = Path(__file__).parents[3]
LOCK = """\
alpha==1.0 \\
    --hash=sha256:00
    # via -r requirements/drone.in
beta==2.5 ; sys_platform == 'win32' \\
    --hash=sha256:01
    # via -r requirements/ground.in
numpy==2.0 \\
    --hash=sha256:02
    # via -r requirements/drone.in
"""
JAZZY = "/opt/ros/jazzy"


@dataclass
class FakeMachine:
    """`files` are path -> content or size, `answers` the start of a command line -> how it ends."""

    environ: dict[str, str] = field(default_factory=dict)
    python: str = "/venv/bin/python"
    python_version: tuple[int, int] = (3, 12)
    architecture: str = "Linux x86_64"
    user: str = "ada"
    root: Path | None = None
    config: Path = ROOT / "config"
    law: Path = ROOT / "config"
    models: Path = Path("/cache/models")
    web: Path = Path("/cache/web")
    runs: Path = Path("/home/ada/runs")
    fcu_url: str = ""
    now_s: float = 1.8e9
    kernel: Clock | None = field(default_factory=lambda: Clock(True, 0.02))
    programs: set[str] = field(default_factory=set)
    files: dict[str, bytes | int] = field(default_factory=dict)
    folders: set[str] = field(default_factory=lambda: {"/", "/home/ada", "/dev/shm"})
    closed: set[str] = field(default_factory=set)
    group: str = "dialout"
    free: int = 10**11
    installed: dict[str, Package] = field(default_factory=dict)
    answers: dict[str, Ran] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def utc_s(self) -> float:
        return self.now_s

    def clock(self) -> Clock | None:
        return self.kernel

    def which(self, program: str) -> Path | None:
        return Path("/usr/bin") / program if program in self.programs else None

    def is_file(self, path: Path) -> bool:
        return str(path) in self.files or (path.is_relative_to(ROOT) and path.is_file())

    def is_folder(self, path: Path) -> bool:
        return str(path) in self.folders

    def size(self, path: Path) -> int:
        content = self.files[str(path)]
        return content if isinstance(content, int) else len(content)

    def read(self, path: Path) -> bytes:
        content = self.files.get(str(path))
        if content is None and path.is_relative_to(ROOT) and path.is_file():
            return path.read_bytes()
        return content if isinstance(content, bytes) else b""

    def glob(self, pattern: str) -> tuple[Path, ...]:
        return tuple(path for path in map(Path, sorted(self.files)) if path.match(pattern))

    def may_use(self, path: Path) -> bool:
        return str(path) not in self.closed

    def group_of(self, path: Path) -> str:
        return self.group

    def free_bytes(self, path: Path) -> int:
        return self.free

    def packages(self) -> Mapping[str, Package]:
        return self.installed

    def run(self, command: Sequence[str], within_s: float, environ: Mapping[str, str] | None = None) -> Ran:
        line = " ".join([Path(command[0]).name, *command[1:]])
        self.asked.append((line, dict(environ or {})))
        return next((ran for start, ran in self.answers.items() if line.startswith(start)), Ran(0))


@pytest.fixture
def machine() -> FakeMachine:
    """Set up from PyPI, without a distribution."""
    return FakeMachine(
        root=Path("/clone"),
        files={"/clone/requirements/lock.txt": LOCK.encode(), "/sys/class/net/lo/flags": b"0x9\n"},
        installed={"alpha": Package("1.0"), "numpy": Package("2.0"), "ros-jazzy-rclpy": Package("7.1.6")},
    )


@pytest.fixture
def with_ros(machine: FakeMachine) -> FakeMachine:
    """The same beside a sourced Jazzy that has all that can be had."""
    machine.environ |= {"ROS_DISTRO": "jazzy", "AMENT_PREFIX_PATH": f"/clone/.venv-jazzy:{JAZZY}"}
    for package, program in (("mavros", "mavros_node"), ("ros_gz_bridge", "parameter_bridge"), ("mavros_extras", "x")):
        machine.files[f"{JAZZY}/lib/{package}/{program}"] = 1
        machine.files[f"{JAZZY}/share/{package}/package.xml"] = b"<package><version>2.12.0</version></package>"
    return machine


@pytest.fixture
def bare() -> FakeMachine:
    """A clone on a machine where nothing is set up and nothing starts."""
    return FakeMachine(root=Path("/clone"), answers={"": Ran(127, error="not found")}, folders=set(), kernel=None)
