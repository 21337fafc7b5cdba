"""Missions in progress that keep another one from its start, and the folder of a flight that ends by an error."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from blindspot import mission
from blindspot.cli.operate.fly import gone_if_unplanned, why_busy_now
from blindspot.core import BlindspotError

ASKED = SimpleNamespace(file=SimpleNamespace(fleet=[SimpleNamespace(name="drone1"), SimpleNamespace(name="drone2")]))


def in_progress(*drones: str, phase: str = "flying") -> list[SimpleNamespace]:
    return [SimpleNamespace(run="evening", mission="Roofs", phase=phase, drones=drones)]


@pytest.mark.parametrize(
    ("drones", "sortie", "taken", "is_busy"),
    [
        (("drone1",), None, ("drone1",), True),
        (("drone1",), None, ("drone2",), False),
        (("drone1", "drone2"), None, ("drone2",), True),
        (("drone1",), object(), ("drone2",), True),
    ],
)
def test_with_a_plan_file_its_drones_have_to_be_free_and_the_whole_fleet_if_sorties_follow(
    monkeypatch, drones, sortie, taken, is_busy
):
    plan = SimpleNamespace(routes=[SimpleNamespace(drone=drone) for drone in drones], sortie=sortie)
    monkeypatch.setattr(mission, "load_plan", lambda path: plan, raising=False)
    why = why_busy_now(in_progress(*taken), ASKED, Path("plan.json"))
    assert why.startswith(f"{taken[0]} flies mission Roofs (run evening)") if is_busy else why == ""
    assert why_busy_now(in_progress(*taken, phase="done"), ASKED, Path("plan.json")) == ""


def test_without_a_plan_one_free_drone_may_do():
    assert why_busy_now(in_progress("drone1"), ASKED, None) == ""
    assert "drone1 flies mission Roofs" in why_busy_now(in_progress("drone1", "drone2"), ASKED, None)


@pytest.mark.parametrize("is_planned", [True, False])
def test_an_error_of_a_command_leaves_the_evidence_of_a_planned_flight(tmp_path, is_planned):
    """The flight may go on without its command: its record is gone for good otherwise."""
    folder = tmp_path / "evening-1"
    folder.mkdir()
    if is_planned:
        for name in ("events.jsonl", "track.csv", "plan.json"):
            (folder / name).write_text("x")
    with pytest.raises(BlindspotError, match="a reason"), gone_if_unplanned(folder):
        raise BlindspotError("a reason")
    assert folder.exists() == is_planned and len(list(folder.glob("*"))) == 3 * is_planned
