"""Two plans side by side, by hand."""

from pathlib import Path

import pytest

from blindspot.core.errors import InputError
from blindspot.mission.plan_figures import Intrusion
from blindspot.planning.reasons.compare import LABELS, compare_plans, costs_of, figures_of

LATER = Path("later.json")
INTRUSION = ("private_m2s", "facade_m2s", "highest_px_per_m")


def test_costs_are_sums_but_for_the_longest_flight_and_the_emptiest_battery(plan):
    costs, (one, two) = costs_of(plan), (route.expected for route in plan.routes)
    assert costs.flight_min == pytest.approx((one.flight_time_s + two.flight_time_s) / 60, abs=0.006)
    assert costs.longest_flight_min == pytest.approx(max(one.flight_time_s, two.flight_time_s) / 60, abs=0.006)
    assert costs.energy_wh == pytest.approx(one.energy_wh + two.energy_wh)
    assert costs.least_battery_left == min(one.battery_left_fraction, two.battery_left_fraction)
    assert costs.seen_share == plan.coverage.planned_blind_fraction


def test_a_plan_differs_from_itself_by_nothing(plan):
    change = compare_plans(plan, plan, LATER)
    assert set(change["change"]) == set(LABELS)
    assert {value for name, value in change["change"].items() if name not in INTRUSION} == {0.0}
    assert [change["change"][name] for name in INTRUSION] == [None] * 3, "a plan as it is made is not measured"
    assert change["before"] == change["after"] == {"id": plan.id, "sha256": plan.sha256, **figures_of(costs_of(plan))}


def test_the_change_is_later_less_earlier(plan):
    fewer = plan.model_copy(update={"routes": plan.routes[:1]})
    change = compare_plans(plan, fewer, LATER)["change"]
    assert change["drones"] == -1
    assert change["energy_wh"] == pytest.approx(-plan.routes[1].expected.energy_wh)


def test_intrusion_is_compared_if_both_plans_have_it(plan):
    less = plan.model_copy(update={"intrusion": Intrusion(private_m2s=70.0, facade_m2s=9.5, highest_px_per_m=41.0)})
    more = plan.model_copy(update={"intrusion": Intrusion(private_m2s=90.0, facade_m2s=9.5, highest_px_per_m=40.0)})
    change = compare_plans(more, less, LATER)["change"]
    assert [change[name] for name in INTRUSION] == [-20.0, 0.0, 1.0]
    assert [compare_plans(plan, less, LATER)["change"][name] for name in INTRUSION] == [None] * 3


@pytest.mark.parametrize(
    ("other", "reported"),
    [
        ({"perimeter": ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0))}, "later.json: perimeter: differs from the other plan"),
        ({"band": {"min_px_per_m": 40.0}}, "band.min_px_per_m: is 40 px/m, the other plan's 25; plan both"),
        ({"origin": {"lat_deg": 1.0}}, "later.json: origin: is that of another site"),
    ],
)
def test_plans_about_other_ground_are_refused(plan, other, reported):
    ((name, value),) = other.items()
    part = getattr(plan, name)
    changed = part.model_copy(update=value) if isinstance(value, dict) else value
    with pytest.raises(InputError, match=reported):
        compare_plans(plan, plan.model_copy(update={name: changed}), LATER)
