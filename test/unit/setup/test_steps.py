"""The set-up's steps with their work taken out: what is done, what is done again, what an interruption leaves."""

import errno
import os
import shutil
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from blindspot.core.errors import DependencyError
from blindspot.setup import downloads, environment, interfaces, kernels, machine, steps
from blindspot.setup.groups import GROUPS, USUAL, group_file
from blindspot.setup.layout import Distribution, Layout
from blindspot.setup.shown_commands import CommandError, Progress, run
from blindspot.setup.steps import set_up, steps_of

ROOT = Path(__file__).parents[3]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A copy of what the steps are made from."""
    for folder in ("requirements", "sim/interfaces", "src/blindspot_msgs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for file in downloads.MADE_FROM:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return Layout(tmp_path)


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the steps whose work was asked for, in that order."""
    names: list[str] = []

    def make_environment(layout: Layout, progress: Progress) -> None:
        shutil.rmtree(layout.venv, ignore_errors=True)
        layout.python.parent.mkdir(parents=True)
        layout.python.touch()
        names.append("environment")

    def install_packages(layout: Layout, groups: Sequence[str], progress: Progress) -> None:
        layout.site_packages.mkdir(parents=True, exist_ok=True)
        names.append("packages")

    def build_interfaces(layout: Layout, package: Path, progress: Progress) -> None:
        (layout.site_packages / package.name).mkdir(exist_ok=True)
        names.append(package.name)

    def prepare_downloads(layout: Layout, progress: Progress) -> None:
        for folder in (layout.models, layout.web):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "file").write_bytes(b"as it was checked")
        downloads.note_sums(layout)
        names.append("downloads")

    def compile_kernels(layout: Layout, progress: Progress) -> None:
        names.append("kernels")

    monkeypatch.setattr(machine, "require_machine", lambda layout: None)
    monkeypatch.setattr(kernels, "compile_kernels", compile_kernels)
    monkeypatch.setattr(environment, "make_environment", make_environment)
    monkeypatch.setattr(environment, "install_packages", install_packages)
    monkeypatch.setattr(interfaces, "build_interfaces", build_interfaces)
    monkeypatch.setattr(downloads, "prepare_downloads", prepare_downloads)
    return names


STAND_INS = ["geographic_msgs", "mavros_msgs", "tf2_msgs", "vision_msgs"]
EVERYTHING = ["environment", "packages", *STAND_INS, "blindspot_msgs", "downloads", "kernels"]
CHAINS = (["environment", "packages", "geographic_msgs", "mavros_msgs"], ["packages", "tf2_msgs"],
          ["packages", "vision_msgs"], ["packages", "blindspot_msgs"], ["packages", "kernels"])  # fmt: skip


def in_order(worked: list[str]) -> list[str]:
    """The names in one order: some are done beside others. None was done before what it needs."""
    for chain in CHAINS:
        assert [name for name in worked if name in chain] == [name for name in chain if name in worked]
    return sorted(worked, key=EVERYTHING.index)


def test_everything_is_done_once(layout: Layout, worked: list[str]) -> None:
    set_up(layout, USUAL)
    assert in_order(worked) == EVERYTHING
    set_up(layout, USUAL)
    assert in_order(worked) == EVERYTHING


@pytest.mark.parametrize("left", [b"\xff\xfe", b"0  /a\0b"])
def test_records_that_a_power_cut_has_spoilt_are_made_again(layout: Layout, worked: list[str], left: bytes) -> None:
    set_up(layout, USUAL)
    worked.clear()
    for stamp in layout.stamps.iterdir():
        stamp.write_bytes(left)
    set_up(layout, USUAL)
    assert in_order(worked) == EVERYTHING
    worked.clear()
    (layout.stamps / "downloads.sha256").write_bytes(left)
    set_up(layout, USUAL)
    assert worked == ["downloads"]


def test_a_drone_compiles_no_kernels_and_another_group_installs_packages_alone(
    layout: Layout, worked: list[str]
) -> None:
    set_up(layout, ("drone",))
    assert in_order(worked) == EVERYTHING[:-1]
    worked.clear()
    set_up(layout, ("drone", "developer"))
    assert worked == ["packages"]


def test_the_tools_go_at_the_end(layout: Layout, worked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    prepare = downloads.prepare_downloads

    def with_tools_left(layout: Layout, progress: Progress) -> None:
        (layout.tools / "bin").mkdir(parents=True)
        prepare(layout, progress)

    monkeypatch.setattr(downloads, "prepare_downloads", with_tools_left)
    set_up(layout, USUAL)
    assert not layout.tools.exists()


def test_only_the_package_that_changed_is_built_again(layout: Layout, worked: list[str]) -> None:
    set_up(layout, USUAL)
    worked.clear()
    (layout.root / "src/blindspot_msgs/msg/Heartbeat.msg").write_text("string node\nbool more\n")
    set_up(layout, USUAL)
    assert worked == ["blindspot_msgs"]


def test_a_pin_that_interfaces_do_not_depend_on_leaves_them_alone(layout: Layout, worked: list[str]) -> None:
    set_up(layout, USUAL)
    worked.clear()
    lock = layout.root / environment.LOCK
    lock.write_text(lock.read_text().replace("\nruff==", "\nruff==9"))
    set_up(layout, USUAL)
    assert in_order(worked) == ["packages", "kernels"]


def test_another_ros_builds_them_again(layout: Layout, worked: list[str]) -> None:
    set_up(layout, USUAL)
    worked.clear()
    lock = layout.root / environment.LOCK
    lock.write_text(lock.read_text().replace("ros-rclpy==", "ros-rclpy==9"))
    set_up(layout, USUAL)
    assert in_order(worked) == ["packages", *STAND_INS, "blindspot_msgs", "kernels"]


def test_an_interrupted_set_up_goes_on_where_it_stopped(
    layout: Layout, worked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(layout: Layout, package: Path, progress: Progress) -> None:
        if package.name == "mavros_msgs":
            raise KeyboardInterrupt
        build(layout, package, progress)

    build = interfaces.build_interfaces

    with monkeypatch.context() as patch:
        patch.setattr(interfaces, "build_interfaces", interrupted)
        with pytest.raises(KeyboardInterrupt):
            set_up(layout, USUAL)
    assert {"environment", "packages", "geographic_msgs"} <= set(worked) and "mavros_msgs" not in worked
    set_up(layout, USUAL)
    assert in_order(worked) == EVERYTHING, "each step once"


def test_a_deleted_environment_is_made_anew(layout: Layout, worked: list[str]) -> None:
    set_up(layout, USUAL)
    worked.clear()
    shutil.rmtree(layout.venv)
    set_up(layout, USUAL)
    assert in_order(worked) == EVERYTHING


def test_a_deleted_download_is_brought_again(layout: Layout, worked: list[str]) -> None:
    set_up(layout, USUAL)
    for folder in (layout.models, layout.web):
        worked.clear()
        shutil.rmtree(folder)
        set_up(layout, USUAL)
        assert worked == ["downloads"]


@pytest.mark.parametrize("damage", [b"x", b""])
def test_a_damaged_download_is_brought_again(layout: Layout, worked: list[str], damage: bytes) -> None:
    """A model that was cut off or altered on the disk, not only one that is gone."""
    set_up(layout, USUAL)
    worked.clear()
    for folder in (layout.models, layout.web):
        (folder / "file").write_bytes(damage)
        set_up(layout, USUAL)
        assert worked == ["downloads"]
        worked.clear()


def test_a_power_cut_that_empties_the_model_and_its_sum_is_noticed(layout: Layout, worked: list[str]) -> None:
    set_up(layout, USUAL)
    worked.clear()
    (layout.models / "file").write_bytes(b"")
    (layout.stamps / "downloads.sha256").write_bytes(b"")
    set_up(layout, USUAL)
    assert worked == ["downloads"]


def test_a_distributions_own_packages_are_not_built(layout: Layout, worked: list[str], tmp_path: Path) -> None:
    for name in ("mavros_msgs", "geographic_msgs", "tf2_msgs"):
        (tmp_path / "ros" / "share" / name).mkdir(parents=True)
        (tmp_path / "ros" / "share" / name / "package.xml").touch()
    set_up(replace(layout, distribution=Distribution("jazzy", (tmp_path / "ros",))), USUAL)
    assert in_order(worked) == ["environment", "packages", "vision_msgs", "blindspot_msgs", "downloads", "kernels"]


@pytest.mark.parametrize(
    ("number", "reported"),
    [
        (errno.ENOSPC, "No space left on device: make room, see: df -h"),
        (errno.EACCES, "Permission denied: see that you may write there: ls -ld"),
    ],
)
def test_a_disk_that_takes_nothing_is_reported(
    layout: Layout, worked: list[str], monkeypatch: pytest.MonkeyPatch, number: int, reported: str
) -> None:
    def full(layout: Layout, groups: Sequence[str], progress: Progress) -> None:
        raise OSError(number, os.strerror(number), "/repo/.venv/x")

    monkeypatch.setattr(environment, "install_packages", full)
    with pytest.raises(DependencyError, match=reported):
        set_up(layout, USUAL)


def test_a_set_up_of_another_user_that_can_not_be_looked_into_is_not_done(
    layout: Layout, worked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link to a Python in another's home: whether this user may fix it is for the machine's check to say."""
    set_up(layout, USUAL)
    exists = Path.exists

    def barred(path: Path, **keywords: bool) -> bool:
        if path == layout.python:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return exists(path, **keywords)

    def refuse(layout: Layout) -> None:
        raise DependencyError("can't be written")

    monkeypatch.setattr(Path, "exists", barred)
    monkeypatch.setattr(machine, "require_machine", refuse)
    with pytest.raises(DependencyError, match="can't be written"):
        set_up(layout, USUAL)


def test_the_steps_of_this_repository_name_existing_files() -> None:
    assert [step.name for step in steps_of(Layout(ROOT), USUAL)][2] == "interfaces-geographic_msgs"
    assert all((ROOT / file).exists() for file in (environment.LOCK, *map(group_file, GROUPS), *downloads.MADE_FROM))
    assert (ROOT / kernels.MISSION).exists()
    assert steps.TOOLCHAIN.match("ros-rclpy==7.1.6")


def test_a_package_that_needs_no_other_is_built_beside_them(
    layout: Layout, worked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    others, build = threading.Event(), interfaces.build_interfaces

    def building(layout: Layout, package: Path, progress: Progress) -> None:
        if package.name == "mavros_msgs":
            assert others.wait(30.0)
        build(layout, package, progress)
        if package.name == "tf2_msgs":
            others.set()

    monkeypatch.setattr(interfaces, "build_interfaces", building)
    set_up(layout, USUAL)
    assert in_order(worked) == EVERYTHING and worked.index("tf2_msgs") < worked.index("mavros_msgs")


def test_a_failed_step_ends_the_compiler_beside_it(
    layout: Layout, worked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def endless(layout: Layout, progress: Progress) -> None:
        program = ["sh", "-c", "echo begun; exec tail -f /dev/null"]
        with pytest.raises(CommandError):
            run(program, log=layout.log, environ=os.environ, on_line=lambda line: begun.set())
        worked.append("kernels ended")

    def failing(layout: Layout, package: Path, progress: Progress) -> None:
        assert begun.wait(30.0)
        raise DependencyError("no compiler")

    monkeypatch.setattr(kernels, "compile_kernels", endless)
    monkeypatch.setattr(interfaces, "build_interfaces", failing)
    with pytest.raises(DependencyError, match="no compiler"):
        set_up(layout, USUAL)
    assert worked == ["environment", "packages", "kernels ended"]


@pytest.mark.parametrize(("made_for", "says"), [("/home/somebody/blindspot/.venv", True), ("", False)])
def test_a_copied_folder_says_that_its_environment_is_made_anew(
    layout: Layout, worked: list[str], capsys: pytest.CaptureFixture[str], made_for: str, says: bool
) -> None:
    activate = layout.venv / "bin" / "activate"
    activate.parent.mkdir(parents=True)
    activate.write_text(f'VIRTUAL_ENV="{made_for or layout.venv}"\nexport VIRTUAL_ENV\n')
    set_up(layout, USUAL)
    assert ("This folder is a copy: its environment was made for" in capsys.readouterr().err) is says
    assert "environment" in worked
