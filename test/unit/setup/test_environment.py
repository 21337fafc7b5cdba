from collections.abc import Callable
from pathlib import Path

import pytest

from blindspot.core.errors import DependencyError
from blindspot.setup import environment
from blindspot.setup.environment import (
    LOCK,
    explain,
    fix_wheels,
    forget_unfinished,
    locked_beside,
    make_environment,
)
from blindspot.setup.groups import GROUPS, USUAL, group_file
from blindspot.setup.layout import Distribution, Layout
from blindspot.setup.lock import group_of, read_lock
from blindspot.setup.shown_commands import CommandError, Progress

ROOT = Path(__file__).parents[3]

LOCKED = """\
numba==0.68.1 \\
    --hash=sha256:00 \\
    --hash=sha256:01
    # via -r requirements/ground.in
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:02
    # via
    #   -r requirements/drone.in
    #   numba
opencv-python-headless==5.0.0.93 \\
    --hash=sha256:03
    # via -r requirements/drone.in
pygments==2.19.0 \\
    --hash=sha256:04
    # via rich
rich==15.0.0 \\
    --hash=sha256:05
    # via typer
ros-jazzy-rclpy==7.1.0 \\
    --hash=sha256:06
    # via -r requirements/ros.in
typer==0.20.0 ; python_full_version >= '3.11' \\
    --hash=sha256:07
    # via
    #   -r requirements/drone.in
    #   ros-jazzy-rclpy
"""


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], list[str]]:
    """Installs beside a distribution whose Python has these packages; the command that would have installed them."""

    def install(held: dict[str, str]) -> list[str]:
        (tmp_path / LOCK).parent.mkdir(exist_ok=True)
        (tmp_path / LOCK).write_text(LOCKED)
        commands: list[list[str]] = []
        monkeypatch.setattr(environment, "held_by_system", lambda: held)
        monkeypatch.setattr(environment, "run", lambda command, **_: commands.append([str(word) for word in command]))
        environment.install_packages(Layout(tmp_path, Distribution("jazzy", ())), USUAL, Progress(1))
        return commands[-1]

    return install


def test_a_lock_is_read_without_its_hashes_and_remarks() -> None:
    pins = {one.name: one.pin for one in read_lock(LOCKED)}
    assert pins["numpy"] == "numpy==2.4.6 ; python_full_version < '3.12'" and pins["rich"] == "rich==15.0.0"


def test_beside_a_distribution_hashes_are_checked_and_nothing_is_chosen(beside: Callable[..., list[str]]) -> None:
    command = beside({"numpy": "1.26.4"})
    assert {"--require-hashes", "--no-deps"} <= set(command)
    asked = read_lock(Path(command[command.index("-r") + 1]).read_text())
    assert all(one.sha256 for one in asked)
    whole = {one.name: (one.pin, one.sha256) for one in read_lock(LOCKED)}
    assert {one.name: (one.pin, one.sha256) for one in asked} == {
        name: whole[name] for name in ("numba", "pygments", "rich", "typer")
    }


@pytest.mark.parametrize(
    ("held", "left_out"),
    [
        ({"numpy": "1.26.4"}, {"numpy", "opencv-python-headless"}),
        ({"rich": "15.0.0"}, {"numpy", "opencv-python-headless", "rich"}),  # the very version
        ({"rich": "13.7.1"}, {"numpy", "opencv-python-headless"}),  # not the pinned version
    ],
)
def test_numpy_stays_the_distributions_and_what_it_lacks_is_pinned(held: dict[str, str], left_out: set[str]) -> None:
    everything = {"numba", "numpy", "opencv-python-headless", "pygments", "rich", "typer"}  # not ROS 2's wheels
    assert {one.name for one in read_lock(locked_beside(held, LOCKED, USUAL))} == everything - left_out


def test_a_drone_installs_its_own_group_alone(beside: Callable[..., list[str]]) -> None:
    assert {one.name for one in read_lock(locked_beside({}, LOCKED, ("drone",)))} == {"pygments", "rich", "typer"}


def test_the_real_lock_gives_each_package_hashes_and_a_reason() -> None:
    locked = read_lock((ROOT / LOCK).read_text())
    assert all(one.sha256 and one.wanted_by for one in locked)
    assert group_of(locked, {f"-r {group_file(group)}" for group in (*GROUPS, "ros", "tools")}) == locked


def test_the_tools_are_installed_once_in_their_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout, commands = Layout(tmp_path), []
    layout.venv.mkdir()
    (tmp_path / LOCK).parent.mkdir()
    (tmp_path / LOCK).write_text((ROOT / LOCK).read_text())

    def run(command: list[object], **_: object) -> None:
        commands.append([str(word) for word in command])
        (layout.tools / "bin").mkdir(parents=True)

    monkeypatch.setattr(environment, "run", run)
    for _ in range(2):
        environ = environment.with_tools(layout, {"PATH": "/usr/bin"})
        assert environ["PATH"].split(":")[:2] == [str(layout.tools / "bin"), str(layout.venv / "bin")]
    [command] = commands
    assert command[command.index("--target") + 1] == str(layout.tools) and "--require-hashes" in command
    assert {one.name for one in read_lock(Path(command[-1]).read_text())} == {"cmake", "ninja", "uv"}


def test_where_uv_fails_pip_installs_the_same_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a company's proxy, pip may know an index and certificates that uv does not."""
    layout, commands = Layout(tmp_path), []
    layout.groups.parent.mkdir(parents=True)
    (tmp_path / LOCK).parent.mkdir()
    (tmp_path / LOCK).write_text(LOCKED)

    def run(command: list[object], **_: object) -> None:
        commands.append([str(word) for word in command])
        if command[0] == "uv":
            raise CommandError(["uv"], 2, ["invalid peer certificate"])

    monkeypatch.setattr(environment, "run", run)
    environment.install_packages(layout, USUAL, Progress(1))
    _, uv, pip = commands
    assert uv[0] == "uv" and pip[:3] == [str(layout.python), "-m", "pip"] and uv[-1] == pip[-1]
    assert "--require-hashes" in uv and "--require-hashes" in pip


def test_a_link_in_the_environments_place_is_kept_and_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    layout = Layout(tmp_path)
    layout.venv.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DependencyError, match=rf"\.venv is a link or a file.*: rm {layout.venv}$"):
        make_environment(layout, Progress(1))
    assert layout.venv.is_symlink()


def test_a_package_that_pip_did_not_finish_is_forgotten(tmp_path: Path) -> None:
    for name in ("done-1.dist-info", "half-1.dist-info"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "METADATA").touch()
    (tmp_path / "done-1.dist-info" / "INSTALLER").write_text("pip\n")
    forget_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["done-1.dist-info"]


def test_the_builders_header_folders_are_replaced(tmp_path: Path) -> None:
    file = tmp_path / "share" / "std_msgs" / "cmake" / "export.cmake"
    file.parent.mkdir(parents=True)
    numpy = "/opt/python/cp312-cp312/lib/python3.12/site-packages/numpy/_core/include"
    file.write_text(f'INCLUDE "/opt/python/cp312-cp312/include/python3.12;{numpy};${{prefix}}/include"\n')
    fix_wheels(tmp_path, Path("/usr/include/python3.12"), Path("/venv/numpy"))
    assert file.read_text() == 'INCLUDE "/usr/include/python3.12;/venv/numpy;${prefix}/include"\n'


@pytest.mark.parametrize(
    ("said", "reported"),
    [
        ("WARNING: Retrying after connection broken by 'NewConnectionError(...)'", "export https_proxy="),
        ("ERROR: [Errno 28] No space left on device", "df -h"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "HASHES"),
    ],
)
def test_pips_output_becomes_one_line_with_the_fix(said: str, reported: str) -> None:
    line = explain(CommandError(["pip"], 1, ["Collecting numpy", said, ""]), Layout(Path("/repo")), "pip")
    assert reported in line
    assert "\n" not in line
