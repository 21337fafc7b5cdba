"""The processes that follow the runs of a stack: one for each run that no other command follows."""

from __future__ import annotations

import io
import os
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from test.unit.law.conftest import make_plan
from typer.testing import CliRunner

from blindspot.cli.__main__ import app
from blindspot.cli.operate import follow
from blindspot.cli.operate.follow import Followers, cleared_by, flown_before, plan_of
from blindspot.cli.parts.screen import Screen
from blindspot.core import InputError
from blindspot.evidence import Journal
from blindspot.evidence.observed import EventLog
from blindspot.flight.missions import KeptMission, KeptMissions, KeptOrder, keep
from blindspot.mission.plan import Sortie


class FakeProcess:
    """A process that lives until the test ends it."""

    def __init__(self, words: list[str], **_: object) -> None:
        self.run, self.code, self.terminated, self.killed = words[-1], None, False, False

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.terminated = True

    def wait(self, limit_s: float) -> None:
        if self.code is None:
            raise subprocess.TimeoutExpired("follow", limit_s)

    def kill(self) -> None:
        self.killed = True


class Stack:
    def __init__(self, folder: Path) -> None:
        self.folder, self.now_s, self.started = folder, 100.0, list[FakeProcess]()
        self.followers = Followers(folder)

    def begin(self, words: list[str], **options: object) -> FakeProcess:
        self.started.append(FakeProcess(words, **options))
        return self.started[-1]

    def after(self, seconds: float, *runs: str) -> list[str]:
        """The runs that have got a process so far."""
        self.now_s += seconds
        self.followers.look_after(runs)
        return [process.run for process in self.started]


@pytest.fixture
def stack(tmp_path, monkeypatch):
    made = Stack(tmp_path)
    monkeypatch.setattr(follow.time, "monotonic", lambda: made.now_s)
    monkeypatch.setattr(subprocess, "Popen", made.begin)
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        (tmp_path / run / "plan.json").touch()
    return made


def test_a_run_that_nobody_follows_gets_one_process(stack):
    assert stack.after(0.0, "one") == [], "its client may be about to open the log"
    assert stack.after(3.0, "one") == ["one"]
    assert stack.after(60.0, "one", "two") == ["one"]
    assert stack.after(3.0, "one", "two") == ["one", "two"]
    assert stack.followers.busy() == ("one", "two")


def test_a_run_of_another_client_gets_one_when_that_client_has_ended(stack):
    with closing(EventLog(stack.folder / "one" / "events.jsonl")):
        assert stack.after(0.0, "one") == stack.after(60.0, "one") == []
    assert stack.after(1.0, "one") == []
    assert stack.after(2.0, "one") == ["one"]


def test_the_end_of_a_process_is_reported_once_and_a_failed_one_is_repeated_later(stack):
    stack.after(0.0, "one")
    stack.after(3.0, "one")
    assert stack.followers.concluded() == ()
    stack.started[0].code = 1
    assert stack.followers.concluded() == (("one", stack.folder / "one" / "follow.log"),)
    assert stack.followers.concluded() == ()
    assert stack.after(3.0, "one") == ["one"]
    assert stack.after(30.0, "one") == ["one", "one"]
    (stack.folder / "one" / "report.html").touch()
    stack.started[1].code = 0
    assert stack.followers.concluded() == (("one", stack.folder / "one" / "report.html"),)


def test_a_run_without_a_plan_or_a_sound_name_gets_none(stack):
    stack.after(0.0, "unplanned", "")
    assert stack.after(60.0, "unplanned", "") == []
    with pytest.raises(InputError, match="is no name of a folder"):
        stack.after(1.0, "../elsewhere")


def test_the_end_of_the_stack_ends_its_processes(stack):
    stack.after(0.0, "one", "two")
    stack.after(3.0, "one", "two")
    stack.started[0].code = 130
    stack.followers.close()
    assert [(each.terminated, each.killed) for each in stack.started] == [(True, False), (True, True)]


def kept(folder: Path, *runs: str) -> None:
    """The missions in progress, as the manager keeps them."""
    missions = (
        flying(make_plan()).model_copy(
            update={"order": KeptOrder(file="m", sha256="0" * 64, run=run, person="A", reason="b"), "drones": (run,)}
        )
        for run in runs
    )
    keep(folder, KeptMissions(missions=tuple(missions)))


@pytest.mark.parametrize("later", ["the report", "a second signal", "nothing"])
def test_every_run_in_progress_is_followed_until_a_signal_and_its_report(stack, monkeypatch, later):
    """Run two is an old one of this folder. A forged status that names it starts no process: none is heard."""
    turns, ends, screen = [], [], io.StringIO()

    def wait(seconds: float) -> None:
        """The missions' file comes after a second. The terminal and launch both send the signal; the report comes after
        a minute."""
        stack.now_s += seconds
        turns.append(seconds)
        if len(turns) == 5:
            kept(stack.folder, "one")
        if len(turns) < 25:
            return
        ends.append(stack.now_s)
        if len(ends) <= 2 or (later == "a second signal" and len(ends) == 31):
            os.kill(os.getpid(), signal.SIGINT)
        if later == "the report" and len(ends) == 600:
            (stack.folder / "one" / "report.html").touch()
            stack.started[0].code = 0

    monkeypatch.setattr(follow.time, "sleep", wait)
    follow.follow_every(stack.folder, Screen(file=screen, width=300))
    assert [process.run for process in stack.started] == ["one"]
    waited_s = ends[-1] - ends[0]
    assert waited_s == pytest.approx({"the report": 59.9, "a second signal": 3.0, "nothing": 120.0}[later], abs=0.3)
    assert stack.started[0].terminated is (later != "the report"), "the end of the command ends its processes"
    assert ("run one is concluded" in screen.getvalue()) is (later == "the report")


def test_the_missions_that_the_manager_keeps_are_in_progress_and_no_other(stack):
    assert stack.followers.in_progress() == []
    kept(stack.folder, "one", "two")
    assert stack.followers.in_progress() == ["one", "two"]
    kept(stack.folder, "two")
    assert stack.followers.in_progress() == ["two"]
    (stack.folder / "missions.json").write_text("{")
    assert stack.followers.in_progress() == []


@pytest.mark.parametrize("words", [("one", "--every", "."), ("--every", ".", "--json")])
def test_every_run_is_no_single_one(words):
    with pytest.raises(InputError, match=r"follow: (RUN|--json): is for one run"):
        CliRunner().invoke(app(), ["follow", *words], catch_exceptions=False)


def flying(plan):
    """The mission of a run whose drones fly this plan."""
    order = KeptOrder(file="m", sha256="0" * 64, run="one", person="A. Martin", reason="pass 1")
    return KeptMission(
        order=order, requester="r", name="M", drones=("drone1",), stage="flying", plans=(plan.to_json(),)
    )


def test_a_flight_is_followed_by_the_plan_that_it_was_cleared_for_alone(tmp_path):
    plan = make_plan()
    (tmp_path / "plan.json").write_text(plan.to_json())
    assert plan_of(flying(plan), tmp_path) == plan
    with pytest.raises(InputError, match=r"plan.json: is not the plan that the drones fly"):
        plan_of(flying(plan.model_copy(update={"seed": 2})), tmp_path)


def test_a_later_sortie_is_followed_by_the_first_plan_of_its_run(tmp_path):
    first, second = (
        make_plan(id=f"p{number}", sortie=Sortie(number=number, of=2, begins_s=0.0, flown_s=0.0)) for number in (1, 2)
    )
    (tmp_path / "plan.json").write_text(first.to_json())
    with pytest.raises(InputError, match="is not the plan"):
        plan_of(flying(second), tmp_path)
    (tmp_path / "sortie-2.json").write_text(second.to_json())
    assert plan_of(flying(second), tmp_path) == first


def test_the_sorties_that_ended_before_are_known_with_the_clearances_of_the_journal(tmp_path):
    parts = [
        make_plan(id=f"p{number}", sortie=Sortie(number=number, of=3, begins_s=0.0, flown_s=0.0))
        for number in (1, 2, 3)
    ]
    for part in parts[1:]:
        (tmp_path / f"sortie-{part.sortie.number}.json").write_text(part.to_json())
    third = flying(parts[2]).model_copy(update={"earlier": (("completed", ""),) * 2})
    before = flown_before(third, parts[0], tmp_path)
    assert before == tuple(parts[:2]) and flown_before(flying(parts[0]), parts[0], tmp_path) == ()
    journal = Journal(tmp_path / "journal.jsonl", "authority")
    journal.write("clearance", run="one", plan=parts[0].sha256, granted=True)
    journal.write("clearance", run="one", plan=parts[1].sha256, granted=False)
    assert cleared_by(tmp_path / "journal.jsonl", "one", before) == {parts[0].sha256}
    assert cleared_by(None, "one", before) == {part.sha256 for part in before}
