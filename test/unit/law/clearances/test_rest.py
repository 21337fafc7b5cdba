"""The rest of a plan goes on by itself only inside what was cleared."""

from __future__ import annotations

from datetime import timedelta

import pytest

from blindspot.law.clearances.clearance import Gate
from blindspot.mission.plan import Begin, Plan


def rest_of(plan: Plan, **changes) -> Plan:
    """The plan's route begun in the air after five minutes, with changes of the route."""
    [route] = plan.routes
    begin = Begin(at=route.steps[0].to, battery_fraction=0.7, flown_s=300.0)
    return plan.model_copy(update={"id": "rest", "routes": (route.model_copy(update={"begin": begin, **changes}),)})


@pytest.fixture
def gate(load, document, good_plan, now):
    gate = Gate(load(document), simulated=True)
    assert gate.authorise(good_plan, now) == ()
    return gate


def test_a_rest_inside_the_cleared_plan_is_granted_and_leased(gate, good_plan, now):
    assert gate.authorise(rest_of(good_plan), now + timedelta(minutes=5)) == ()
    assert gate.lease("drone1", now + timedelta(minutes=5)).granted


def test_without_a_cleared_plan_there_is_no_rest(load, document, good_plan, now):
    gate = Gate(load(document), simulated=True)
    [verdict] = gate.authorise(rest_of(good_plan), now)
    assert verdict.rule == "AUT-08" and "no plan is cleared" in verdict.reason


def faster(plan):
    [route] = plan.routes
    return rest_of(plan, steps=tuple(s.model_copy(update={"speed_mps": s.speed_mps + 0.1}) for s in route.steps))


def higher(plan):
    [route] = plan.routes
    up = [s.model_copy(update={"to": s.to.model_copy(update={"up_m": s.to.up_m + 0.5})}) for s in route.steps]
    return rest_of(plan, steps=tuple(up))


@pytest.mark.parametrize(
    ("wider", "reported"),
    [
        (lambda plan: rest_of(plan, drone="drone9"), "drone9 is not in the cleared plan"),
        (lambda plan: rest_of(plan, home=plan.routes[0].steps[0].to), "home, fence or return"),
        (lambda plan: rest_of(plan, failsafe=plan.routes[0].failsafe.model_copy(update={"rtl_type": 3})), "return"),
        (faster, "faster"),
        (higher, "another height"),
        (lambda plan: rest_of(plan, steps=()), "no route in the air"),
        (lambda plan: rest_of(plan).model_copy(update={"perimeter": plan.perimeter[1:]}), "another perimeter"),
        (lambda plan: rest_of(plan).model_copy(
            update={"band": plan.band.model_copy(update={"max_px_per_m": 50.0})}), "density band"),
    ],
)  # fmt: skip
def test_a_wider_rest_needs_a_person_and_a_plan_of_its_own(gate, good_plan, now, wider, reported):
    verdicts = [verdict for verdict in gate.authorise(wider(good_plan), now) if verdict.rule == "AUT-08"]
    assert any(reported in verdict.reason for verdict in verdicts), verdicts
    assert not gate.lease("drone1", now).granted, "a refusal ends the leases of what was cleared before"


def test_the_day_of_flight_counts_earlier_flights(load, document, good_plan, now):
    document["window"]["max_flight_min_per_day"] = 14
    gate = Gate(load(document), simulated=True)
    assert gate.authorise(good_plan, now) == (), "ten minutes are planned"
    assert [verdict.rule for verdict in gate.authorise(rest_of(good_plan), now)] == ["PUR-04"], "five were flown"
