"""What `./blindspot test` runs."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

import pytest
import yaml

from blindspot.setup import checks
from blindspot.setup.layout import Layout

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def run(monkeypatch):
    """Runs the checks with pytest's arguments; the commands without their folders, and the exit code."""

    def run(
        *arguments: str, fails: str = "", interrupted: bool = False, environ: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[list[list[str]], int]:
        asked, waits = [], iter([interrupted])

        def wait(returncode):
            if next(waits, False):
                raise KeyboardInterrupt
            return returncode

        def fake(command, env, **_):
            assert command[1:3] != ["-m", "pytest"] or "PYTHONDONTWRITEBYTECODE" not in env
            asked.append([word if str(word).startswith("-") else Path(word).name for word in command])
            code = int(asked[-1][0] == fails)
            return SimpleNamespace(
                returncode=code, communicate=lambda: ("", None), wait=lambda: wait(code),
                terminate=lambda: asked.append(["stop"]),
            )  # fmt: skip

        monkeypatch.setattr(checks, "tracked", lambda _: [])
        monkeypatch.setattr(checks.subprocess, "Popen", fake)
        return asked, checks.run_checks(Layout(Path("/nowhere")), arguments, environ)

    return run


def test_a_whole_run_takes_all_cores_and_a_part_is_pytests_own(run):
    whole, part = run()[0][-1], run("test/unit", "-x")[0][-1]
    assert whole[:4] == ["python", "-m", "pytest", "-q"] and whole[-3:-1] == ["--dist", "loadgroup"]
    assert part == ["python", "-m", "pytest", "-q", "unit", "-x"]


def test_the_lab_is_tested_by_its_own_command_which_the_workflow_runs_once_a_day(run):
    whole, lab, part = (run(*words)[0][-1] for words in ((), ("lab",), ("lab", "-x")))
    assert whole[4:7] == [f"--ignore={folder}" for folder in checks.LAB]
    names = ["bench", "gazebo", "training"]
    assert lab[4:7] == names and "loadgroup" in lab
    assert part[4:] == [*names, "-x"]
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "ci.yaml").read_text())
    assert (
        all((REPOSITORY / folder).is_dir() for folder in checks.LAB) and workflow[True]["schedule"]
    )  # YAML reads the key `on` as true
    assert workflow["jobs"]["lab"]["steps"][-1]["run"] == "./blindspot test lab"


def test_tests_keep_their_bytecode_although_the_shell_keeps_none(run):
    assert run(environ={"PYTHONDONTWRITEBYTECODE": "1"})[1] == 0


@pytest.mark.parametrize(("cores", "processes"), [(1, 4), (2, 4), (3, 5), (64, 5)])
def test_there_are_two_processes_more_than_cores(cores, processes):
    assert checks.workers(cores) == processes


@pytest.mark.parametrize(("fails", "code"), [("", 0), ("ruff", 1), ("mypy", 1), ("codespell", 1), ("python", 1)])
def test_any_check_that_fails_is_the_whole_runs_failure_and_the_others_run_all_the_same(run, fails, code):
    asked, returned = run(fails=fails)
    assert [command[0] for command in asked] == ["ruff", "ruff", "mypy", "codespell", "python"]
    assert returned == code


def test_ctrl_c_stops_the_other_checks_and_waits_for_pytests_own_last_words(run):
    asked, returned = run(interrupted=True)
    assert returned == 130
    assert asked[5:] == [["stop"]] * 4


def test_a_users_own_files_are_not_judged(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for name in ("ours.py", "results/theirs.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    subprocess.run(["git", "-C", tmp_path, "add", "ours.py"], check=True)
    assert checks.tracked(tmp_path) == ["ours.py"]


def test_without_git_the_tools_take_the_whole_folder(tmp_path):
    assert checks.tracked(tmp_path) == []
