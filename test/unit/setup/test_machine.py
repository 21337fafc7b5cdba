import subprocess
from pathlib import Path

import pytest

from blindspot.core.errors import DependencyError
from blindspot.setup import machine
from blindspot.setup.layout import Distribution, Layout
from blindspot.setup.machine import SystemPackage, needed_packages, require_machine


@pytest.fixture
def ordinary_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)


def lack(monkeypatch: pytest.MonkeyPatch, *packages: SystemPackage) -> None:
    monkeypatch.setattr(machine, "needed_packages", lambda layout: packages)


@pytest.mark.usefixtures("ordinary_user")
def test_missing_packages_are_named_with_the_one_command_that_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = SystemPackage("a shell", "bash", lambda: True)
    compiler = SystemPackage("a C++ compiler", "g++", lambda: False)
    venv = SystemPackage("Python's venv module", "python3-venv", lambda: False)
    lack(monkeypatch, present, compiler, venv)
    with pytest.raises(DependencyError) as caught:
        require_machine(Layout(tmp_path))
    assert str(caught.value) == (
        "a C++ compiler and Python's venv module missing: sudo apt-get install g++ python3-venv"
    )


def test_root_gets_it_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []
    lack(monkeypatch, SystemPackage("a C++ compiler", "g++", lambda: bool(installed)))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")

    def apt_get(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        installed.extend(command[-1:] if command[1] == "install" else [])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", apt_get)
    require_machine(Layout(tmp_path))
    assert installed == ["g++"]


@pytest.mark.usefixtures("ordinary_user")
def test_a_machine_that_has_everything_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lack(monkeypatch)
    require_machine(Layout(tmp_path))


def test_a_folder_that_cannot_be_written_is_named_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / ".venv").write_text("a file in the way")
    with pytest.raises(DependencyError, match=r"can't be written .*: cp -r "):
        require_machine(Layout(tmp_path))


def test_a_full_disk_is_reported_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "NEEDED_BYTES", 2**63)
    with pytest.raises(DependencyError, match="make room, see: df -h"):
        require_machine(Layout(tmp_path))


def test_another_processor_needs_a_distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    with pytest.raises(DependencyError, match=r"aarch64: install ROS 2 Jazzy, then: source"):
        require_machine(Layout(tmp_path))
    lack(monkeypatch)
    require_machine(Layout(tmp_path, Distribution("jazzy", (tmp_path,))))


def test_beside_a_distribution_opencv_must_be_the_systems() -> None:
    alone = {package.debian for package in needed_packages(Layout(Path("/repo")))}
    beside = {package.debian for package in needed_packages(Layout(Path("/repo"), Distribution("jazzy", ())))}
    assert beside - alone == {"python3-numpy", "python3-opencv"}
