"""The planner: sound plans or an error that says what to relax, the same plan every time."""

import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from blindspot.errors import InputError, PlanningError
from blindspot.planning.check import check_plan
from blindspot.planning.check_seen import ground_of, seen_cells
from blindspot.planning.plan import View
from blindspot.planning.planner import make_plan


def test_it_sees_nearly_all_that_any_legal_view_could(plan):
    assert plan.coverage.planned_area_m2 >= 0.98 * plan.coverage.reachable_area_m2
    assert plan.coverage.reachable_area_m2 >= 0.98 * plan.coverage.blind_area_m2


def test_areas_add_up(plan):
    claimed = plan.coverage
    assert claimed.public_area_m2 == pytest.approx(claimed.fixed_area_m2 + claimed.blind_area_m2)
    assert claimed.planned_area_m2 + sum(rest.area_m2 for rest in claimed.unseen) == pytest.approx(
        claimed.blind_area_m2
    )


def test_every_view_is_worth_its_time(plan, mission, site):
    """Without any one view less is seen."""
    spots = ground_of(plan, site)
    for number, route in enumerate(plan.routes):
        for view in (step for step in route.steps if isinstance(step, View)):
            without = route.model_copy(update={"steps": tuple(step for step in route.steps if step is not view)})
            rest = plan.model_copy(update={"routes": (*plan.routes[:number], without, *plan.routes[number + 1 :])})
            assert seen_cells(rest, mission, spots).sum() < seen_cells(plan, mission, spots).sum()


def test_the_same_mission_gives_the_same_plan(plan, mission):
    assert make_plan(mission).to_json() == plan.to_json()


def test_progress_is_told(mission):
    told = []
    make_plan(mission, progress=lambda stage, fraction: told.append((stage, fraction)))
    assert {"fixed cameras", "tours", "finishing views", "what is left"} <= {stage for stage, _ in told}
    assert all(0.0 <= fraction <= 1.0 for _, fraction in told)


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


def test_a_flat_battery_is_no_plan(mission):
    with pytest.raises(PlanningError, match="battery"):
        make_plan(with_energy(mission, capacity_wh=2.0))


def test_an_empty_density_band_names_the_lens_that_would_do(mission):
    with pytest.raises(PlanningError, match=r"up to 57 m.*min_up_m 60.*lens of at most 31 deg"):
        make_plan(with_camera(mission, width_px=900))


def test_too_close_a_ceiling_names_the_altitude_that_would_do(mission, with_file):
    with pytest.raises(PlanningError, match=r"beyond 51 m.*max_up_m 40"):
        make_plan(with_file(mission, limits={"min_up_m": 20.0, "max_up_m": 40.0}))


def test_an_unknown_pad_is_the_users_mistake(mission, with_file):
    fleet = [mission.file.fleet[0].model_dump() | {"pad": "roof"}]
    with pytest.raises(InputError, match=r"no pad 'roof'.*north, south"):
        make_plan(with_file(mission, fleet=fleet))


def test_strong_wind_is_refused(mission, with_file):
    with pytest.raises(PlanningError, match="wind"):
        make_plan(with_file(mission, wind={"speed_mps": 12.0}))


def test_pads_that_are_too_close_are_refused(mission, with_file):
    with pytest.raises(PlanningError, match="pads farther apart"):
        make_plan(with_file(mission, limits={"separation_m": 90.0}))


def test_a_gimbal_that_cannot_look_down_is_refused(mission):
    with pytest.raises(PlanningError, match="gimbal"):
        make_plan(with_camera(mission, gimbal_min_pitch_deg=-30.0))


THOROUGH = bool(os.environ.get("BLINDSPOT_THOROUGH"))
RANDOM_MISSIONS = int(os.environ.get("BLINDSPOT_RANDOM_MISSIONS", "8" if THOROUGH else "5"))


@settings(
    max_examples=RANDOM_MISSIONS, deadline=None, derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    speed_mps=st.floats(2.0, 8.0),
    min_up_m=st.floats(30.0, 80.0),
    depth_m=st.floats(5.0, 40.0),
    clearance_m=st.floats(5.0, 12.0),
    separation_m=st.floats(15.0, 60.0),
    max_px_per_m=st.floats(30.0, 90.0),
    max_pitch_deg=st.sampled_from([-40.0, -50.0, -65.0, -90.0]),
    capacity_wh=st.floats(4.0, 90.0),
    drones=st.sampled_from([(0,), (1,), (0, 1)]),
)
def test_whatever_is_asked_the_plan_is_sound_or_refused(
    mission, site, with_file, speed_mps, min_up_m, depth_m, clearance_m, separation_m, max_px_per_m, max_pitch_deg,
    capacity_wh, drones,
):  # fmt: skip
    asked = with_file(
        with_energy(mission, capacity_wh=capacity_wh),
        fleet=[mission.file.fleet[k].model_dump() for k in drones],
        band={"max_px_per_m": max_px_per_m},
        limits={
            "min_up_m": min_up_m, "max_up_m": min(120.0, min_up_m + depth_m), "building_clearance_m": clearance_m,
            "separation_m": separation_m, "max_speed_mps": speed_mps, "max_pitch_deg": max_pitch_deg,
        },
    )  # fmt: skip
    try:
        made = make_plan(asked)
    except PlanningError:
        return
    assert check_plan(made, asked, site) == ()
    assert made.coverage.planned_area_m2 > 0


def test_the_plan_does_not_depend_on_where_the_repository_lies(plan):
    assert plan.mission == "config/missions/crossroads.yaml"
    assert plan.site == "config/sites/crossroads"


def with_energy(mission, **changes):
    models = {
        name: model.model_copy(update={"energy": model.energy.model_copy(update=changes)})
        for name, model in mission.models.items()
    }
    return replace(mission, models=models)


def with_camera(mission, **changes):
    models = {
        name: model.model_copy(update={"camera": model.camera.model_copy(update=changes)})
        for name, model in mission.models.items()
    }
    return replace(mission, models=models)
