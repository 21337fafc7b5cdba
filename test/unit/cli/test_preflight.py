"""The output and exit codes of the command. The test plays the graph."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from blindspot.cli import preflight
from blindspot.cli.sessions.sim_session import StartError, only_stack
from blindspot.core.errors import InputError
from blindspot.flight.preflight.checklist import Line

MISSION = Path(__file__).parents[3] / "config" / "missions" / "crossroads.yaml"


class Reader:
    """Reads the same list for every drone."""

    def __init__(self) -> None:
        self.cleared, self.lines = Line("authority", "GO"), [Line("battery", "90%"), Line("NAV_DLL_ACT", "2")]
        self.simulated = {"drone1": True, "drone2": True}
        self.read_with: list[tuple[str, bool]] = []
        self.given_back = False

    def meet(self):
        return self.cleared

    def read(self, drone, *, fix, report):
        self.read_with.append((drone, fix))
        for line in self.lines:
            report(line)
        return tuple(self.lines)

    def give_clearance_back(self):
        self.given_back = True


@pytest.fixture
def reader(monkeypatch, tmp_path):
    made = Reader()

    @contextmanager
    def instead(*_, **__):
        yield made

    plan = SimpleNamespace(routes=[SimpleNamespace(drone="drone1"), SimpleNamespace(drone="drone2")])
    monkeypatch.setattr("blindspot.nodes.clients.PreflightReader", instead)
    monkeypatch.setattr("blindspot.cli.plans.plan.plan_into", lambda *_, **__: (plan, []))
    monkeypatch.chdir(tmp_path)
    return made


def run(*options: str):
    app = typer.Typer()
    app.command()(preflight.preflight)
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(MISSION), *options], catch_exceptions=False)


def test_all_well_is_exit_code_0_and_printed_for_every_drone(reader):
    result = run()
    assert result.exit_code == 0
    assert reader.read_with == [("drone1", False), ("drone2", False)]
    assert "all 6 are well" in result.output
    assert "Not reported through MAVROS" in result.output
    assert reader.given_back


def test_a_failed_check_is_exit_code_1_with_its_fix(reader):
    reader.lines[1] = Line("NAV_DLL_ACT", "0", "type: param set NAV_DLL_ACT 2")
    result = run("--drone", "drone2")
    assert result.exit_code == 1
    assert reader.read_with == [("drone2", False)]
    assert "type: param set NAV_DLL_ACT 2" in result.output
    assert "1 of 4 are not well: do not fly" in result.output


def test_a_refused_clearance_is_not_well(reader):
    reader.cleared = Line("authority", "refused", "TIM-03 outside the window")
    result = run()
    assert result.exit_code == 1
    assert "TIM-03" in result.output


def test_set_is_passed_on(reader):
    run("--set", "--drone", "drone1")
    assert reader.read_with == [("drone1", True)]


def test_an_unknown_drone_is_refused(reader):
    with pytest.raises(InputError, match="no route for drone9; it has drone1, drone2"):
        run("--drone", "drone9")


@pytest.mark.parametrize("part", ["meet", "read"])
def test_the_clearance_is_given_back_when_the_list_breaks_off(reader, monkeypatch, part):
    """The authority may still judge the plan, and grant it after the end of this command."""

    def breaks_off(*_, **__):
        raise InputError("x", "", "broken")

    monkeypatch.setattr(reader, part, breaks_off)
    with pytest.raises(InputError):
        run()
    assert reader.given_back


def test_a_plan_of_another_version_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "plan.json").write_text("{}")
    with pytest.raises(InputError, match=f"make it again with: blindspot plan {MISSION}"):
        run("--plan", str(tmp_path / "plan.json"))


def test_a_plan_that_breaks_its_rules_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("blindspot.mission.load_plan", lambda _: SimpleNamespace(id="p"))
    monkeypatch.setattr("blindspot.planning.checker.check_plan", lambda *_: ("too low at v1",))
    with pytest.raises(InputError, match="breaks 1 rules, the first: too low at v1; make it again"):
        run("--plan", str(tmp_path / "plan.json"))


@pytest.fixture
def own_domain(monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", "96")
    monkeypatch.setattr("blindspot.stack.Supervisor", lambda *_: pytest.fail("a second stack was started"))


def test_a_practice_starts_no_second_stack_beside_one_of_this_computer(reader, own_domain, tmp_path):
    with only_stack(os.environ), pytest.raises(StartError, match="starts or runs on ROS_DOMAIN_ID 96"):
        run("--embedded")
    assert not (tmp_path / "runs").exists()


def test_a_practice_starts_no_second_stack_beside_a_launched_one(reader, own_domain, monkeypatch, tmp_path):
    """Only its heartbeats show it: ros2 launch holds no right to the domain."""

    class Operator:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def watch(self, nodes, _):
            assert "/drone1/flight_control" in nodes

        def others(self):
            return ("/drone1/flight_control",)

    monkeypatch.setattr("blindspot.nodes.clients.Operator", Operator)
    with pytest.raises(StartError, match="drone1/flight_control is up already"):
        run("--embedded")
    assert list((tmp_path / "runs").iterdir()) == []
