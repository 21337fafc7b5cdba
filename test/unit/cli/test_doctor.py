"""The options of the command, and its exit codes."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from blindspot.cli.doctor import doctor
from blindspot.core.errors import InputError
from blindspot.doctor import checks
from blindspot.doctor.checks import MODES
from blindspot.doctor.findings import Check, Finding


@pytest.fixture
def run(monkeypatch):
    """The command on a machine where `wrong` is wrong; one check a group of modes."""

    def run(*words: str, wrong: tuple[str, ...] = ()):
        def check(name: str, needed_by: tuple[str, ...]) -> Check:
            finding = Finding("broken", "it is", f"fix {name}") if name in wrong else Finding("ok", "well")
            return Check(name, "it works", lambda _: finding, needed_by)

        made = (check("ROS 2", MODES), check("MAVROS", MODES[1:]), check("serial", MODES[3:]), check("GPU", ()))
        monkeypatch.setattr(checks, "CHECKS", made)
        app = typer.Typer()
        app.command()(doctor)
        return CliRunner().invoke(app, words, catch_exceptions=False)

    return run


@pytest.mark.parametrize(
    ("words", "wrong", "code"),
    [
        ([], (), 0), ([], ("GPU",), 0), ([], ("MAVROS",), 0), ([], ("ROS 2",), 1),
        (["--mode", "embedded"], ("GPU",), 0), (["--mode", "sitl"], ("serial",), 0),
        (["--mode", "sitl"], ("MAVROS",), 1), (["--mode", "hardware"], ("serial",), 1),
        (["--mode", "gazebo"], ("ROS 2",), 1),
    ],
)  # fmt: skip
def test_it_fails_where_the_asked_mode_can_not_run(run, words, wrong, code):
    assert run(*words, wrong=wrong).exit_code == code


def test_a_mode_shows_what_it_needs_and_no_more(run):
    shown = run("--mode", "sitl", wrong=("MAVROS", "serial")).output
    assert "fix MAVROS" in shown
    assert "serial" not in shown
    assert "GPU" not in shown
    assert "sitl      can't run: MAVROS" in shown
    assert "embedded  can run" in run(wrong=("MAVROS",)).output


def test_json_is_printed_instead_of_the_table(run):
    done = run("--json", wrong=("MAVROS",))
    assert done.exit_code == 0
    document = json.loads(done.stdout)
    assert document["modes"]["gazebo"] == {"runs": False, "lacks": ["MAVROS"]}
    assert [check["state"] for check in document["checks"]] == ["ok", "broken", "ok", "ok"]


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        (["--mode", "flying"], "--mode: flying is unknown; there are embedded, sitl, gazebo, hardware"),
        (["--fcu-url", "usb"], "usb is no link that MAVROS knows"),
        (["--mode", "sitl", "--fcu-url", "tcp://:1"], "--fcu-url: is not looked at for sitl"),
    ],
)
def test_a_mistake_is_refused_before_the_first_check(run, words, reported):
    with pytest.raises(InputError, match=reported):
        run(*words)
