"""Every request to the planner gives a plan that its checker passes, or an error. The length of flights is ignored."""

import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings, strategies as st

from blindspot.core.errors import PlanningError
from blindspot.planning.checker.check import check_plan
from blindspot.planning.fleet import teams
from blindspot.planning.planner import make_plan, make_sorties
from blindspot.planning.tours.view_chooser import ENOUGH_AT_LAST_M2

pytestmark = pytest.mark.usefixtures("searched_little")


def test_one_drone_does_it_alone(mission, site, with_file):
    alone = with_file(mission, fleet=[mission.file.fleet[0].model_dump()])
    made = make_plan(alone)
    assert [route.drone for route in made.routes] == ["drone1"]
    assert check_plan(made, alone, site) == ()


def test_a_weak_battery_leaves_ground_unseen_and_says_so(mission, site):
    tired = with_energy(mission, capacity_wh=10.5)
    made = make_plan(tired)
    assert check_plan(made, tired, site) == ()
    assert "beyond battery" in {rest.cause for rest in made.coverage.unseen}
    assert all(route.expected.battery_left_fraction >= 0.25 for route in made.routes)


@pytest.mark.slow
@pytest.mark.thorough
def test_a_drone_with_swaps_whose_battery_is_too_small_after_all_flies_sorties(monkeypatch, mission, site, with_file):
    """The estimate says one battery, the tour needs more. It was shortened, and the other batteries stayed unused."""
    monkeypatch.setattr(teams, "ONE_TOUR", 99.0)
    alone = [mission.file.fleet[0].model_dump() | {"swaps": 2}]
    tired = with_energy(with_file(mission, fleet=alone, limits={"return": "mission"}), capacity_wh=15.0)
    sorties = make_sorties(tired)
    assert len(sorties) > 1
    assert [v for plan in sorties for v in check_plan(plan, tired, site)] == []


def test_a_drone_with_swaps_whose_battery_is_large_enough_after_all_flies_a_whole_tour(monkeypatch, mission, with_file):
    """The estimate says several batteries, the tour needs one. It saw only the share that a sortie of a town sees."""
    alone = [mission.file.fleet[0].model_dump() | {"swaps": 2}]
    asked = with_file(mission, fleet=alone)
    whole = make_sorties(asked)
    monkeypatch.setattr(teams, "ONE_TOUR", 0.0)
    estimated = make_sorties(asked)
    assert [len(whole), len(estimated)] == [1, 1]
    assert estimated[0].coverage.planned_area_m2 >= whole[0].coverage.planned_area_m2


def test_a_flat_battery_is_no_plan(mission):
    with pytest.raises(PlanningError, match="battery"):
        make_plan(with_energy(mission, capacity_wh=2.0))


THOROUGH = bool(os.environ.get("BLINDSPOT_THOROUGH"))
RANDOM_MISSIONS = int(os.environ.get("BLINDSPOT_RANDOM_MISSIONS", "8" if THOROUGH else "3"))
FOCAL_PX = 3045
"""Of the reference camera."""


@pytest.mark.timeout(300 + 60 * RANDOM_MISSIONS)
@settings(
    max_examples=RANDOM_MISSIONS, deadline=None, derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    speed_mps=st.floats(2.0, 8.0),
    lower_m=st.floats(2.0, 30.0),
    higher_m=st.floats(0.0, 40.0),
    clearance_m=st.floats(5.0, 12.0),
    separation_m=st.floats(15.0, 60.0),
    max_px_per_m=st.floats(30.0, 90.0),
    max_pitch_deg=st.sampled_from([-40.0, -50.0, -65.0, -90.0]),
    capacity_wh=st.floats(4.0, 90.0),
    drones=st.sampled_from([(0,), (1,), (0, 1)]),
)
@example(  # the way of a tour was left over of which every view held too much over the cap
    speed_mps=7.0, lower_m=22.5, higher_m=0.0, clearance_m=12.0, separation_m=40.0, max_px_per_m=38.74,
    max_pitch_deg=-65.0, capacity_wh=23.0, drones=(1,),
)  # fmt: skip
def test_every_mission_gives_a_sound_plan_or_a_refusal(
    mission, site, with_file, speed_mps, lower_m, higher_m, clearance_m, separation_m, max_px_per_m, max_pitch_deg,
    capacity_wh, drones,
):  # fmt: skip
    least_up_m = FOCAL_PX / max_px_per_m  # from lower, a view straight down breaks the cap
    asked = with_file(
        with_energy(mission, capacity_wh=capacity_wh),
        fleet=[mission.file.fleet[k].model_dump() for k in drones],
        band={"max_px_per_m": max_px_per_m},
        limits={
            "min_up_m": least_up_m - lower_m, "max_up_m": min(120.0, least_up_m + higher_m),
            "building_clearance_m": clearance_m, "separation_m": separation_m,
            "max_speed_mps": speed_mps, "max_pitch_deg": max_pitch_deg,
        },
    )  # fmt: skip
    try:
        made = make_plan(asked)
    except PlanningError:
        return
    assert check_plan(made, asked, site) == ()
    assert made.coverage.planned_area_m2 >= ENOUGH_AT_LAST_M2


def with_energy(mission, **changes):
    models = {
        name: model.model_copy(update={"energy": model.energy.model_copy(update=changes)})
        for name, model in mission.models.items()
    }
    return replace(mission, models=models)
