"""The journal of a flight: no entry, no act."""

from __future__ import annotations

import pytest


def test_a_flight_leaves_its_arming_its_release_and_its_landing(world, plan):
    outcome, _, _ = world.fly(plan, world.play)
    assert outcome == "completed"
    world.graph.spin_until(lambda: len(world.entries) == 4)
    of_run = {"drone": "drone1", "run": "evening"}
    assert world.entries[0] == ("arming", {**of_run, "plan": plan.sha256, "person": "A. Tester"})
    assert world.entries[1] == ("sensor_release", {**of_run, "reason": "on its route"})
    act, facts = world.entries[2]
    assert act == "sensor_inhibit" and facts.items() >= of_run.items() and facts["reason"]
    assert world.entries[3] == ("landing", {**of_run, "outcome": "completed"})


@pytest.fixture
def no_journal(tmp_path):
    """A folder in its place: nothing can be appended, also by root."""
    (tmp_path / "no_journal").mkdir()
    return str(tmp_path / "no_journal")


def test_without_a_journal_nothing_arms(new_world, plan, no_journal):
    world = new_world(journal=no_journal)
    outcome, reason, armed = world.fly(plan, world.play)
    assert outcome == "refused" and "no entry can be written" in reason and not armed


def test_a_journal_that_is_lost_in_the_air_leaves_the_sensor_inhibited_and_the_drone_flies_on(world, plan):
    def lose_it() -> None:
        world.play()
        file = world.folder / "journal.jsonl"
        if "takeoff" in world.phases and file.is_file():
            file.unlink()
            file.mkdir()

    outcome, reason, _ = world.fly(plan, lose_it)
    assert (outcome, reason) == ("completed", "")
    assert all(status.sensor_inhibited for status in world.statuses)
    assert any("no pictures: " in status.reason for status in world.statuses)
