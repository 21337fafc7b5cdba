"""Checks in forks of a process with the town loaded: the same verdicts, and a new process if a fork dies."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from blindspot.mission.plan import Plan
from blindspot.nodes.judging.warm_checks import COMMANDS, WarmChecks
from blindspot.planning.checker import check_plan

MISSION = Path(__file__).parents[4] / "config" / "missions" / "crossroads.yaml"
LIMIT_S = 60.0


def over_a_block(data):
    """A fault that only the town's model shows."""
    route = data["routes"][0]
    step = {"kind": "waypoint", "to": route["steps"][0]["to"] | {"east_m": 45.0, "north_m": 45.0}, "speed_mps": 5.0}
    route["steps"].insert(1, step)


def too_dense(data):
    for step in data["routes"][0]["steps"]:
        step["to"]["up_m"] -= 12.0


def claims_more(data):
    data["coverage"]["planned_area_m2"] += 500.0


def on_coarser_cells(data):
    """A stranger's plan: another cell size than the planner's, for which no ground is kept."""
    data["coverage"]["cell_m"] = 2.0


def another_perimeter(data):
    data["perimeter"] = data["perimeter"][1:]


BREAKS = (over_a_block, too_dense, claims_more, on_coarser_cells, another_perimeter)


def broken(plan, break_it):
    data = json.loads(plan.to_json())
    break_it(data)
    return Plan.model_validate(data)


@pytest.fixture(scope="module")
def warned():
    return []


@pytest.fixture(scope="module")
def warm(warned):
    checks = WarmChecks(warned.append)
    yield checks
    checks.stop()


@pytest.fixture
def on_call(warned):
    """Another warm process, which loads a town before its first check."""
    checks = WarmChecks(warned.append)
    checks.load(MISSION)
    yield checks
    checks.stop()


@pytest.fixture
def begin(warm, tmp_path):
    """Begins the check of a plan, which needs its time-out."""

    def begin(plan, within_s=LIMIT_S, checks=warm):
        file = tmp_path / "plan.json"
        file.write_text(plan.to_json())
        return checks.begin([*COMMANDS, "check", str(MISSION), str(file)], MISSION, within_s)

    return begin


def ended(check):
    while not check.has_ended():
        time.sleep(0.005)
    return check.code, check.is_late, *check.close()


def is_as_cold(plan, mission, site, begin):
    """Whether the fork prints the violations that the checker finds in this process, which keeps no town; how many."""
    found = [str(violation) for violation in check_plan(plan, mission, site)]
    code, is_late, output, errors = ended(begin(plan))
    assert not is_late and code == (1 if found else 0)
    assert errors.splitlines() == found and output == ("" if found else f"checked {plan.sha256}: no violation\n")
    return bool(found)


def test_a_fork_finds_what_a_cold_check_finds(plan, mission, site, begin, warned):
    assert not is_as_cold(plan, mission, site, begin)
    for break_it in BREAKS:
        assert is_as_cold(broken(plan, break_it), mission, site, begin), break_it.__name__
    assert not warned


@pytest.mark.thorough
def test_forks_find_what_cold_checks_find_in_200_plans_of_which_50_are_broken(plan, mission, site, begin, warned):
    chance, refused = random.Random(4), 0
    for number in range(200):
        data = json.loads(plan.to_json())
        data["id"] = f"plan-{number}"
        for route in data["routes"]:
            route["steps"][-1]["speed_mps"] = round(chance.uniform(4.0, 5.0), 2)
        if number % 4 == 0:
            chance.choice(BREAKS)(data)
        refused += is_as_cold(Plan.model_validate(data), mission, site, begin)
    assert refused >= 50 and not warned


def test_the_warm_process_is_killed_in_a_check_and_a_new_process_answers(plan, warm, begin, warned):
    ended(begin(plan))
    check = begin(plan)
    os.kill(warm.pid, signal.SIGKILL)
    assert ended(check) == (0, False, f"checked {plan.sha256}: no violation\n", "")
    assert len(warned) == 1 and "ended without an answer" in warned.pop()


def test_a_warm_process_that_hangs_is_a_refusal_and_the_next_check_gets_another_one(plan, warm, begin):
    ended(begin(plan))
    hangs = warm.pid
    os.kill(hangs, signal.SIGSTOP)
    check = begin(plan, within_s=0.1)
    assert ended(check) == (None, True, "", "")
    assert ended(begin(plan))[:2] == (0, False) and warm.pid != hangs


def test_a_check_that_is_called_off_ends_at_once(plan, warm, begin):
    ended(begin(plan))
    begin(plan).close()
    assert ended(begin(plan))[:2] == (0, False)


def test_a_town_is_loaded_before_the_first_check_and_the_same_process_forks_the_check(plan, on_call, begin, warned):
    loads = on_call.pid
    assert loads is not None, "it loads the town while no plan waits"
    assert ended(begin(plan, checks=on_call)) == (0, False, f"checked {plan.sha256}: no violation\n", "")
    assert on_call.pid == loads and not warned


def test_a_mission_that_cannot_be_loaded_leaves_the_first_check_as_it_is(plan, on_call, begin, tmp_path, warned):
    loads = on_call.pid
    on_call.load(tmp_path / "none.yaml")
    assert ended(begin(plan, checks=on_call))[:2] == (0, False)
    assert on_call.pid == loads and not warned


def test_another_program_is_no_matter_of_the_warm_process(warm, tmp_path):
    check = warm.begin([sys.executable, "-c", "print('here')"], MISSION, LIMIT_S)
    assert ended(check) == (0, False, "here\n", "")
    with pytest.raises(OSError, match="No such file"):
        warm.begin(["/nowhere/at/all"], MISSION, LIMIT_S)
