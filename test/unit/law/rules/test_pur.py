"""PUR: the purpose, and how much is flown."""

import pytest

from blindspot.mission.plan import Begin
from blindspot.mission.plan_figures import Sortie

FACT = {"date": "2026-10-12", "kind": "assault", "count": 1, "source": "record"}
NO_PLACES = {"window.max_min_per_place_per_week": None}


def in_the_air(flown_s):
    return lambda route: [
        route.model_copy(update={"begin": Begin(at=route.start, battery_fraction=1, flown_s=flown_s)})
    ]


def lasting(flight_s):
    return lambda route: [
        route.model_copy(update={"expected": route.expected.model_copy(update={"flight_time_s": flight_s})})
    ]


SORTIE = {"sortie": Sortie(number=2, of=2, begins_s=600.0, flown_s=3420.0)}

CASES = [
    ("PUR-01", "PL", "", {}),
    ("PUR-01", "PF", "", {}),
    ("PUR-01", "PL", "BLIND-SPOT is no lawful purpose", {"doc": {"purpose.code": "BLIND-SPOT"}}),
    ("PUR-01", "PF", "names no purpose", {"doc": {"purpose": None}}),
    ("PUR-01", "PL", "names no purpose", {"doc": {"purpose": None}}),
    ("PUR-01", "PL", "is for DOUANES alone", {"doc": {"purpose.code": "L242-5-II"}}),
    ("PUR-01", "PL", "is for DOUANES alone", {"doc": {"purpose.code": "L242-5-II", "service": None}}),
    ("PUR-01", "PL", "", {"why": "customs", "doc": {"purpose.code": "L242-5-II", "service.type": "DOUANES"}}),
    ("PUR-02", "PL", "", {"why": "one fact on the day of the act",
                          "doc": {"purpose.facts": [FACT | {"date": "2026-11-02"}]}}),
    ("PUR-02", "PL", "", {"why": "without an act", "doc": {"act": None}}),
    ("PUR-02", "PL", "2026-11-03 is later than the act", {"doc": {"purpose.facts.1.date": "2026-11-03"}}),
    ("PUR-02", "PL", "no dated fact", {"doc": {"purpose.facts": []}}),
    ("PUR-02", "PL", "no dated fact", {"doc": {"purpose.facts": [FACT | {"count": 0}]}}),
    ("PUR-02", "PL", "no dated fact", {"doc": {"purpose.facts": [FACT | {"source": " "}]}}),
    ("PUR-02", "PL", "no dated fact", {"doc": {"purpose": None}}),
    ("PUR-02", "PL", "no other means", {"doc": {"necessity.alternatives": []}}),
    ("PUR-02", "PL", "no other means", {"doc": {"necessity": None}}),
    ("PUR-02", "PL", "no other means", {"doc": {"necessity.alternatives": [{"means": "x", "why_insufficient": " "}]}}),
    ("PUR-02", "PL", "no other means", {"doc": {"necessity.alternatives": [{"means": "", "why_insufficient": "y"}]}}),
    ("PUR-02", "PL", "no other means", {"doc": {"necessity.alternatives": [{"means": " ", "why_insufficient": "y"}]}}),
    ("PUR-03", "PL", "", {}),
    ("PUR-03", "PL", "", {"why": "a reason", "doc": {"necessity.renewal_index": 1,
                                                     "necessity.only_means_statement": "no other"}}),
    ("PUR-03", "PL", "renewal 1 gives no reason", {"doc": {"necessity.renewal_index": 1}}),
    ("PUR-03", "PL", "renewal 1 gives no reason", {"doc": {"necessity.renewal_index": 1,
                                                           "necessity.only_means_statement": " "}}),
    ("PUR-03", "PL", "renewal 1 gives no reason",
     {"doc": {"necessity.renewal_index": 1, "necessity.only_means_statement": "\u200b\u2062"}}),
    ("PUR-02", "PL", "no dated fact", {"doc": {"purpose.facts": [{"date": "2026-10-12", "kind": "theft", "count": 4,
                                                               "source": "\u200b"}]}}),
    ("PUR-02", "PL", "no other means", {"doc": {"necessity.alternatives": [{"means": "foot patrol",
                                                                         "why_insufficient": "\u200b"}]}}),
    ("PUR-02", "PL", "no other means", {"doc": {"necessity.alternatives": [{"means": "\u200b",
                                                                         "why_insufficient": "too slow"}]}}),
    ("PUR-03", "PL", "states no necessity", {"doc": {"necessity": None}}),
    # 180 s are planned, 60 min a day are allowed
    ("PUR-04", "PL", "", {"why": "the last second of the day", "ctx": {"flown_s": 3420.0}}),
    ("PUR-04", "PF", "", {"why": "the last second of the day", "ctx": {"flown_s": 3420.0}}),
    ("PUR-04", "PF", "3 min of flight are planned, all drones together, and 57 min", {"ctx": {"flown_s": 3420.5}}),
    ("PUR-04", "PL", "61 min of flight are planned, all drones together", {"route": lasting(3660.0)}),
    ("PUR-04", "PL", "", {"why": "the flight before", "route": in_the_air(3420.0)}),
    ("PUR-04", "PL", "and 57 min were flown", {"route": in_the_air(3421.0)}),
    ("PUR-04", "PL", "", {"why": "the sorties before", "plan": SORTIE}),
    ("PUR-04", "PL", "and 57 min were flown",
     {"plan": {"sortie": SORTIE["sortie"].model_copy(update={"flown_s": 3421.0})}}),
    ("PUR-04", "PL", "", {"why": "without a plan", "ctx": {"plan": None, "flown_s": 3600.0}}),
    ("PUR-04", "IF", "", {"why": "the last second, in flight", "ctx": {"flown_s": 3600.0}}),
    ("PUR-04", "IF", "60 min were flown that day", {"ctx": {"flown_s": 3600.5}}),
    *[("PUR-04", phase, "unknown how long the drones flew", {"ctx": {"flown_s": None}})
      for phase in ("PL", "PF", "IF")],
    ("PUR-04", "PL", "", {"why": "unknown in simulation", "ctx": {"flown_s": None, "simulated": True}}),
    # 30 min a week at one place
    ("PUR-04", "PL", "", {"why": "30 min at one place", "ctx": {"place_s": 1800.0}}),
    ("PUR-04", "IF", "in pictures for 30.01 min this week", {"ctx": {"place_s": 1800.5}}),
    ("PUR-04", "PL", "unknown how long each place", {"ctx": {"place_s": None}}),
    ("PUR-04", "PL", "no limit is set for a place", {"doc": NO_PLACES}),
    ("PUR-04", "PL", "", {"why": "no limit is needed", "doc": NO_PLACES, "profile": {"modules": ()}}),
    ("PUR-04", "PL", "in pictures for 31.0 min", {"profile": {"modules": ()}, "ctx": {"place_s": 1860.0}}),
]  # fmt: skip


def test_rule(check, case):
    check(case)


def test_earlier_sorties_count_for_every_drone_of_the_mission(question):
    """PUR-04: the fleet of the mission, not the drones of this sortie alone."""
    from dataclasses import replace
    from types import SimpleNamespace

    from blindspot.law.judgement import judge

    ctx = question(plan={"sortie": SORTIE["sortie"].model_copy(update={"flown_s": 1710.0})})
    for drones, ok in ((1, True), (2, True), (3, False)):
        mission = SimpleNamespace(file=SimpleNamespace(fleet=range(drones)), models={})
        assert judge(replace(ctx, mission=mission), ["PL"], only=["PUR-04"]).go == ok


def test_pur_04_says_in_flight_only_what_was_flown(ruling):
    found = ruling("PUR-04", "IF", {"ctx": {"flown_s": 3600.5}})
    assert found.evidence == "60 min were flown that day"
    alone = ruling("PUR-04", "PL", {"route": lasting(3660.0)})
    assert alone.evidence == "61 min of flight are planned, all drones together"


@pytest.mark.parametrize(
    ("rule", "changes", "evidence"),
    [
        ("PUR-03", {}, "first authorisation"),
        ("PUR-03", {"doc": {"necessity.renewal_index": 1, "necessity.only_means_statement": "still needed"}},
         "the renewal gives its reason"),
        ("PUR-04", {"ctx": {"place_s": 600.0, "flown_s": 600.0}},
         "13 of 60 min of the day; 10.0 of 30 min of the week at one place"),
    ],
)  # fmt: skip
def test_a_rule_that_holds_states_its_figures(ruling, rule, changes, evidence):
    assert ruling(rule, "PL", changes).evidence == evidence
