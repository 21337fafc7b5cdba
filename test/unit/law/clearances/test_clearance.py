from __future__ import annotations

import copy
import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from blindspot.core.errors import InputError
from blindspot.law.clearances.clearance import Gate, judge_plan, judge_start


def rules(verdicts) -> list[str]:
    return [verdict.rule for verdict in verdicts]


def test_a_good_plan_is_granted(load, document, good_plan, now):
    assert judge_plan(load(document), good_plan, now, simulated=True) == ()


def test_no_authorisation_no_flight(good_plan, now):
    assert rules(judge_plan(None, good_plan, now, simulated=True)) == ["AUT-01"]


def test_each_broken_rule_is_named_alone_with_its_source_and_remedy(load, document, bad_plans, now):
    for name, plan in bad_plans.items():
        verdicts = judge_plan(load(document), plan, now, simulated=True)
        reported = set(rules(verdicts)) - ({"PUR-04"} if name == "TIM-03" else set())
        assert reported == {name.split()[0]}, name
        assert all(verdict.source and verdict.reason and verdict.remedy for verdict in verdicts)


def test_sim_only_cannot_arm_a_real_autopilot(load, document, good_plan, now, known):
    assert rules(judge_plan(load(document), good_plan, now, simulated=False, **known)) == ["AUT-02", "AUT-07"]


@pytest.mark.parametrize("profile", ["FR-CSI-L242-5", "FR-CSI-L242-6", "FR-CSI-L242-7-EXP"])
def test_a_profile_that_cannot_be_judged_is_refused(load, document, good_plan, now, profile):
    document["profile"] = profile
    assert "AUT-03" in rules(judge_plan(load(document), good_plan, now, simulated=True))


@pytest.mark.parametrize(
    ("minutes", "granted"), [(-31, False), (-30, True), (139, True), (140, True), (141, False), (150, False)]
)
def test_a_flight_starts_and_ends_inside_its_slot(load, document, good_plan, now, minutes, granted):
    """The slot is 20:00 to 23:00, it is 20:30, the flight takes ten minutes."""
    verdicts = judge_plan(load(document), good_plan, now + timedelta(minutes=minutes), simulated=True)
    assert (verdicts == ()) == granted
    assert set(rules(verdicts)) <= {"TIM-03"}


def test_a_drone_takes_off_only_if_it_still_lands_inside_its_slot(load, document, good_plan, now):
    """Its pre-flight may take minutes after the clearance: the slot ends at 23:00, the flight takes ten minutes."""
    gate, [drone] = Gate(load(document), simulated=True), [route.drone for route in good_plan.routes]
    assert gate.why_late(drone, now) == "AUT-01 no plan is cleared"
    assert gate.authorise(good_plan, now) == ()
    last = now + timedelta(minutes=140)
    assert gate.why_late(drone, last) == ""
    assert gate.why_late(drone, last + timedelta(seconds=1)).startswith(f"TIM-03 {drone} would land 1 s after")
    assert gate.lease(drone, last + timedelta(seconds=1)).granted, "of a drone in the air"
    assert gate.why_late("another", now) == "AUT-01 no plan is cleared"


@pytest.mark.parametrize(
    ("days", "minutes", "reported"),
    [
        (-6, 0, r"authorisation SIM-1 begins 2026-11-01T00:00:00\+01:00, after 2026-10-31T.*; start later"),
        (25, 0, r"authorisation SIM-1 ended 2026-12-01T00:00:00\+01:00, before 2026-12-01T.*; start earlier"),
        (0, 150, "is outside the daily slots of authorisation SIM-1; start inside one of them: FRI 20:00 to 23:00, "),
    ],
)
def test_a_start_at_the_wrong_time_is_refused_with_the_reason(load, document, now, days, minutes, reported):
    (verdict,) = judge_start(load(document), now + timedelta(days=days, minutes=minutes))
    assert re.search(reported, str(verdict))


def test_a_clock_without_a_time_zone_is_no_clock(load, document, good_plan):
    assert rules(judge_plan(load(document), good_plan, datetime(2026, 11, 6, 20, 30), simulated=True)) == ["TIM-03"]


def test_the_area_has_a_cap(load, document, good_plan, now):
    document["area"]["max_area_m2"] = 39_999
    assert rules(judge_plan(load(document), good_plan, now, simulated=True)) == ["GEO-02"]


U_SHAPED = ((-100.0, -100.0), (100.0, -100.0), (100.0, 100.0), (10.0, 100.0), (10.0, -50.0), (-10.0, -50.0),
            (-10.0, 100.0), (-100.0, 100.0))  # fmt: skip


@pytest.mark.parametrize(("east_m", "rules_that_refuse"), [(-30.0, []), (30.0, ["GEO-01"])])
def test_a_way_that_leaves_the_area_between_two_places_inside_it_is_refused(
    load, document, good_plan, now, east_m, rules_that_refuse
):
    """The pad is in one arm of a U; from there to the other one leads across what is between them."""
    route = good_plan.routes[0]
    pad = route.home.model_copy(update={"east_m": -50.0})
    view = route.steps[0].model_copy(update={"to": route.steps[0].to.model_copy(update={"east_m": east_m})})
    route = route.model_copy(update={"home": pad, "steps": (view,)})
    plan = good_plan.model_copy(update={"routes": (route,), "perimeter": U_SHAPED})
    assert rules(judge_plan(load(document, U_SHAPED), plan, now, simulated=True)) == rules_that_refuse


def test_an_authorisation_with_a_revocation_source_is_refused(load, document, good_plan, now):
    document["revocation"] = {"file_or_url": "https://example.org/revoked", "max_staleness_s": 3600}
    (verdict,) = judge_plan(load(document), good_plan, now, simulated=True)
    assert verdict.rule == "AUT-05" and "revo" in verdict.reason and verdict.remedy


def test_speed_is_capped_where_aviation_says_so(load, document, good_plan, now):
    document["aviation"] = {
        "regime": "OTHER", "ref": "x", "mtom_kg": 4.0, "dim_m": 0.9, "vmax_mps": 7.9, "contingency_m": 10,
        "ground_risk_buffer_m": 100,
    }  # fmt: skip
    assert rules(judge_plan(load(document), good_plan, now, simulated=True)) == ["AVI-03"]


def test_a_changed_area_file_refuses_everything(load, document, good_plan, now):
    authorisation = load(document)
    text = authorisation.area_path.read_text(encoding="utf-8")
    try:
        authorisation.area_path.write_text(text.replace("FeatureCollection", "FeatureCollectioN"), encoding="utf-8")
        assert rules(judge_plan(authorisation, good_plan, now, simulated=True)) == ["AUT-01"]
    finally:
        authorisation.area_path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("analytics", "why"),
    [
        ({"detectors": ["nanodet"], "events": ["loitering"]}, r"events event 1: .*'zone_entered'.*'loitering'"),
        ({"detectors": [], "events": ["zone_entered"]}, "analytics: .*events need a detector"),
        ({"detectors": ["nanodet", "warm"]}, "analytics.detectors: .*warm only masks, and reports nobody"),
    ],
)
def test_an_event_that_is_unknown_or_has_no_detector_is_refused(load, document, analytics, why):
    document["analytics"] |= analytics
    with pytest.raises(InputError, match=why):
        load(document)


def test_a_list_that_allows_recognition_grants_nothing(load, document, good_plan, now):
    document["analytics"]["detectors"] = ["nanodet", "face-detector"]
    assert rules(judge_plan(load(document), good_plan, now, simulated=True)) == ["INT-01"]


def test_the_same_question_gets_the_same_answer(load, document, bad_plans, now):
    for plan in bad_plans.values():
        first, second = (judge_plan(load(document), plan, now, simulated=True) for _ in range(2))
        assert [str(verdict) for verdict in first] == [str(verdict) for verdict in second]


class TestGate:
    def test_leases_need_a_cleared_plan(self, load, document, good_plan, now):
        gate = Gate(load(document), simulated=True)
        assert not gate.lease("drone1", now).granted
        assert gate.authorise(good_plan, now) == ()
        lease = gate.lease("drone1", now)
        assert lease.granted
        assert lease.valid_until == now + timedelta(seconds=3)
        assert lease.reason == "GO until 23:00"

    def test_only_drones_of_the_plan_get_one(self, load, document, good_plan, now):
        gate = Gate(load(document), simulated=True)
        gate.authorise(good_plan, now)
        assert not gate.lease("drone2", now).granted

    def test_a_refused_plan_takes_the_leases_away(self, load, document, good_plan, bad_plans, now):
        gate = Gate(load(document), simulated=True)
        gate.authorise(good_plan, now)
        assert gate.authorise(bad_plans["AVI-01"], now) != ()
        assert not gate.lease("drone1", now).granted

    def test_no_lease_outlasts_the_slot(self, load, document, good_plan, now):
        gate = Gate(load(document), simulated=True)
        gate.authorise(good_plan, now)
        end = now.replace(hour=22, minute=0)
        assert gate.lease("drone1", end - timedelta(seconds=1)).valid_until == end
        over = gate.lease("drone1", end)
        assert (over.granted, over.rule) == (False, "TIM-03")

    def test_without_an_authorisation_there_is_nothing(self, good_plan, now):
        gate = Gate(None, simulated=True)
        assert rules(gate.authorise(good_plan, now)) == ["AUT-01"]
        assert not gate.lease("drone1", now).granted


def leaves(value, path=()):
    """Paths of every key and list entry of a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from leaves(inner, (*path, key))


DAMAGE = {
    "drop": lambda part, key: part.pop(key),
    "null": lambda part, key: part.__setitem__(key, None),
    "empty": lambda part, key: part.__setitem__(key, ""),
    "nan": lambda part, key: part.__setitem__(key, float("nan")),
    "infinite": lambda part, key: part.__setitem__(key, float("inf")),
    "list": lambda part, key: part.__setitem__(key, [part[key]]),
    "text": lambda part, key: part.__setitem__(key, "anything"),
    "unknown": lambda part, key: part.__setitem__("unknown_key" if isinstance(part, dict) else key, part[key]),
}


@given(data=st.data())
def test_no_damage_to_an_authorisation_ever_widens_it(document_once, load, bad_plans, now, data):
    """Damaged in up to three places, it is refused as a whole, or still refuses whatever it refused before."""
    damaged = copy.deepcopy(document_once)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(leaves(damaged), key=str)))
        part = damaged
        for key in path[:-1]:
            part = part[key]
        DAMAGE[data.draw(st.sampled_from(sorted(DAMAGE)))](part, path[-1])
    try:
        authorisation = load(damaged)
    except InputError:
        return
    for name, plan in bad_plans.items():
        assert judge_plan(authorisation, plan, now, simulated=True) != (), name
