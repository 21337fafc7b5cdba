"""The look of a dispatch from the air: the journal first, then a signed order with a view of the atlas. After a refusal
the next view or the next drone follows; after an unknown answer nothing follows."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blindspot.acts.dispatches import Answer, NamedPlace, Offer
from blindspot.cli.operate import from_the_air
from blindspot.cli.operate.from_the_air import look_from_air
from blindspot.cli.operate.orders import NO_ANSWER
from blindspot.core import InputError
from blindspot.mission import load_mission
from blindspot.mission.plan import Aim, Point

MISSION = load_mission(Path(__file__).parents[4] / "config" / "missions" / "crossroads_dispatch.yaml")
VIEWS = {f"view{k}": Point(east_m=10.0 * k, north_m=20.0, up_m=60.0) for k in (1, 2)}
ATLAS = SimpleNamespace(
    views=[SimpleNamespace(id=name, at=at, aim=Aim(heading_deg=90.0, pitch_deg=-60.0)) for name, at in VIEWS.items()]
)


def offer(drone: str, view: str) -> Offer:
    return Offer(drone, "air", "", view, None, 20.0, 30.0, 0.8, "")


OFFERS = [offer("drone1", "view1"), offer("drone1", "view2"), offer("drone2", "view2")]


class Stack:
    """Two drones of one run in the air. `answers` are the manager's answers and the drone's state after each order."""

    def __init__(self, folder: Path, answers, phase="en_route") -> None:
        self.folder, self.answers, self.asked, self.entries = folder, list(answers), [], []
        self.sim_s, self._at, self._next = 0.0, 0, None
        self.fleet = SimpleNamespace(simulated=True, drones=[], stack_dir=str(folder))
        self.statuses = {name: self._status(name, phase, "") for name in ("drone1", "drone2")}
        self.orders = SimpleNamespace(is_ready=True, signer=None, send=self._send)
        (folder / "run").mkdir()

    def _status(self, drone, phase, inspection):
        self._at += 1
        return SimpleNamespace(
            header=SimpleNamespace(stamp=self._at), drone=drone, run="run", phase=phase, reason="as ordered",
            inspection=inspection, hold_ends_s=90.0, autopilot="up",
        )  # fmt: skip

    def _send(self, order, drones, person, reason, **details):
        journal = self.folder / "journal.jsonl"
        self.entries = [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
        self.asked.append((order, *drones, details))
        success, message, self._next = self.answers.pop(0)
        answer = SimpleNamespace(success=success, message=message)
        return SimpleNamespace(done=lambda: True, result=lambda: answer)

    def spin(self, _):
        self.sim_s = 100.0  # the clock is heard after the stack
        if self._next is not None:
            (drone,) = self.asked[-1][1:-1]
            is_judged = self.statuses[drone].inspection == JUDGED[1]
            self.statuses = self.statuses | {drone: self._status(drone, *(self._next if is_judged else JUDGED))}


JUDGED = ("inspect", "waiting for the gate")
TAKEN = (True, "sent", ("inspect", "flying"))
BY_GATE = (True, "sent", ("hold", "refused"))
LANDS = (False, "no inspection from here (landing)", None)


@pytest.fixture
def ordered(tmp_path, monkeypatch):
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))

    def ordered(*answers, resumes=False, key=None, offers=OFFERS, phase="en_route"):
        stack = Stack(tmp_path, answers, phase)

        @contextmanager
        def here():
            yield stack

        monkeypatch.setattr(from_the_air, "operator_of_the_stack", here)
        monkeypatch.setattr(from_the_air, "meet", lambda *_: None)
        monkeypatch.setattr(from_the_air, "sign_with", lambda operator, key: setattr(operator.orders, "signer", key))
        found, code = Answer(NamedPlace(2.0, 3.0), (), tuple(offers)), None
        try:
            look_from_air(offers, found, MISSION, ATLAS, "A. Martin", "smoke", key, resumes, as_json=False)
        except typer.Exit as end:
            code = end.exit_code
        return code, stack

    return ordered


def flown(stack):
    return [(drone, details["position"].east_m) for _, drone, details in stack.asked]


@pytest.mark.parametrize(("resumes", "then"), [(False, ""), (True, "resume")])
def test_the_nearest_drone_is_ordered_to_inspect_from_a_view_of_the_atlas(ordered, capsys, resumes, then):
    key = Ed25519PrivateKey.generate()
    code, stack = ordered(TAKEN, resumes=resumes, key=key)
    [(order, drone, details)] = stack.asked
    assert (code, order, drone) == (0, "inspect", "drone1")
    assert details == {
        "position": VIEWS["view1"], "aim": Aim(heading_deg=90.0, pitch_deg=-60.0), "seconds": 60.0, "then": then,
    }  # fmt: skip
    assert stack.orders.signer is key
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith("resumes its route" if resumes else "holds: then resume it, or call it home")


@pytest.mark.parametrize(
    ("phase", "comes_home", "end"),
    [("inspect", False, "flies back and holds"), ("en_route", True, "and comes home")],
)
def test_a_prolonged_look_says_that_the_drone_stays(ordered, capsys, phase, comes_home, end):
    ordered(TAKEN, offers=[replace(OFFERS[0], looking_s=0.0, comes_home=comes_home)], phase=phase)
    said = capsys.readouterr().out
    assert "drone1 stays at its viewpoint, looks for 60 s, " in said and end in said


def test_the_journal_and_the_summary_have_the_dispatch_before_the_order(ordered, tmp_path):
    _, stack = ordered(TAKEN)
    [entry] = stack.entries
    text = json.dumps(entry)
    assert all(word in text for word in ('"dispatch"', "A. Martin", "smoke", "drone1", "view1", '"air"', '"run"'))
    [kept] = json.loads((tmp_path / "run" / "dispatch.json").read_text())
    assert (kept["from"], kept["asked"], kept["planned_looking_s"]) == ("air", 100.0, 20.0)


def test_a_drone_that_begins_to_land_in_the_same_second_leaves_the_look_to_another(ordered):
    code, stack = ordered(LANDS, LANDS, TAKEN)
    assert (code, flown(stack)[-1]) == (0, ("drone2", 20.0))


def test_a_view_that_the_gate_refuses_is_followed_by_the_next_one(ordered, tmp_path):
    code, stack = ordered(BY_GATE, TAKEN)
    assert (code, flown(stack)) == (0, [("drone1", 10.0), ("drone1", 20.0)])
    assert len(json.loads((tmp_path / "run" / "dispatch.json").read_text())) == 2


def test_after_the_last_refusal_the_caller_goes_on(ordered, capsys):
    code, stack = ordered(BY_GATE, BY_GATE, LANDS)
    assert code is None and len(stack.asked) == 3
    assert "drone2 does not look from view2: no inspection from here (landing)" in capsys.readouterr().err


def test_without_an_answer_no_second_drone_is_sent(ordered):
    code, stack = ordered((False, NO_ANSWER, None), TAKEN)
    assert code == 3 and len(stack.asked) == 1


def test_a_disk_that_takes_no_entry_stops_the_order(ordered, tmp_path):
    (tmp_path / "journal.jsonl").mkdir()
    with pytest.raises(InputError, match="no entry can be written"):
        ordered(TAKEN)
