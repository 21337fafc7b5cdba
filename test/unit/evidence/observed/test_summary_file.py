"""Summaries of finished runs stay readable, and an entry that is no fact is unknown."""

import json
import math
from pathlib import Path

import pytest

from blindspot.evidence.observed.limits import State
from blindspot.evidence.observed.summary_file import CoverageFacts, DroneFacts, Summary

KEPT = Path(__file__).parents[3] / "data" / "summaries"


@pytest.mark.parametrize("name", ["two_sorties", "in_process"])
def test_the_summary_of_an_older_run_is_written_again_byte_for_byte(name):
    text = (KEPT / f"{name}.json").read_text()
    assert Summary.of(json.loads(text)).to_json() == text


def test_the_facts_of_an_older_run_are_typed():
    summary = Summary.of(json.loads((KEPT / "two_sorties.json").read_text()))
    assert (summary.outcome, summary.simulated, summary.violations, summary.chain) == ("aborted", True, (), ())
    assert (summary.sorties.flown, summary.sorties.of, summary.sorties.plans) == (1, 2, (summary.plan,))
    assert summary.drones[0].flight_time_s == 153.2 and summary.drones[0].has_flown
    assert summary.limits[0].state is State.kept and summary.order.person == "A. Pilot"
    assert summary.coverage.seen_blind_fraction == 0.996 and summary.more["pictures_counted"] == 145


@pytest.mark.parametrize("wrong", [None, 3, "x", {"a": 1}, [[]], True, math.nan, math.inf, 10**400])
def test_an_entry_of_another_type_is_unknown(wrong):
    names = ("outcome", "reason", "simulated", "coverage", "min_separation_m", "limits", "detections", "order")
    summary = Summary.of(dict.fromkeys(names, wrong) | {"drones": [wrong, {"name": "a", "flight_time_s": wrong}]})
    assert summary.coverage == CoverageFacts() and summary.outcome in ("", "x") and summary.simulated in (None, True)
    assert summary.min_separation_m == (3 if wrong == 3 else None)
    assert summary.drones[-1] == DroneFacts("a", 3 if wrong == 3 else None)
    assert all(one.state is State.not_observed for one in summary.limits or ())


def test_a_broken_limit_without_a_sentence_stays_one():
    assert len(Summary.of({"violations": [{"rule": "fence"}, None]}).violations) == 2
    assert Summary.of({"violations": "none"}).violations is None
