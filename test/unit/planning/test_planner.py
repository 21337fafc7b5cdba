"""The planner: nearly all that can be seen or an error that says what to relax, the same plan every time."""

import os
from dataclasses import replace

import pytest

from blindspot.core.errors import InputError, PlanningError
from blindspot.mission.plan import View
from blindspot.planning.checker.check import check_plan
from blindspot.planning.checker.check_seen import ground_of, seen_cells
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


def test_the_same_mission_gives_the_same_plan_on_any_number_of_cores(mission, monkeypatch, searched_little):
    """Each is made here: `plan` may have been searched less, whoever asked for it first. One core reports progress."""
    made, reported = [], []
    for cores, progress in ((1, lambda stage, fraction: reported.append((stage, fraction))), (3, None)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid, cores=cores: set(range(cores)))
        made.append(make_plan(mission, progress=progress))
    assert len({plan.id for plan in made}) == len({plan.to_json() for plan in made}) == 1
    assert {"fixed cameras", "tours", "finishing views", "unseen ground"} <= {stage for stage, _ in reported}
    assert all(0.0 <= fraction <= 1.0 for _, fraction in reported)


def test_the_pictures_of_a_plan_keep_the_cap_up_to_the_ridges(plan, mission, site, searched_little):
    """Gabled roofs, of which only the ridges exceed the cap: a plan for the eaves breaks it, one for the town keeps
    it."""
    gabled = replace(site, buildings=tuple(replace(building, ridge_m=40.0) for building in site.buildings))
    assert "density" in {violation.rule for violation in check_plan(plan, mission, gabled)}
    made = make_plan(mission, site=gabled)
    assert check_plan(made, mission, gabled) == ()
    assert made.coverage.planned_blind_fraction > 0.5


def test_an_empty_density_band_names_the_lens_that_would_do(mission):
    with pytest.raises(PlanningError, match=r"up to 57 m.*min_up_m 60.*lens of at most 30.9 deg"):
        make_plan(with_camera(mission, width_px=900))


def test_too_close_a_ceiling_names_the_altitude_that_would_do(mission, with_file):
    with pytest.raises(PlanningError, match=r"beyond 51 m.*max_up_m 40"):
        make_plan(with_file(mission, limits={"min_up_m": 20.0, "max_up_m": 40.0}))


def test_an_unknown_pad_is_the_users_mistake(mission, with_file):
    fleet = [mission.file.fleet[0].model_dump() | {"pad": "roof"}]
    with pytest.raises(InputError, match=r"no pad 'roof'.*north, south"):
        make_plan(with_file(mission, fleet=fleet))


@pytest.mark.parametrize("speed_mps", [0.8, 16.0])
def test_a_speed_at_which_no_way_home_can_be_set_is_the_users_mistake(mission, with_file, speed_mps):
    model = mission.models["reference"]
    fast = model.model_copy(update={"performance": model.performance.model_copy(update={"cruise_mps": 20.0})})
    asked = replace(with_file(mission, limits={"max_speed_mps": speed_mps}), models={"reference": fast})
    with pytest.raises(InputError, match=rf"limits.max_speed_mps.*{speed_mps:g} m/s.*1 to 15 m/s"):
        make_plan(asked)


def test_strong_wind_is_refused(mission, with_file):
    with pytest.raises(PlanningError, match="wind"):
        make_plan(with_file(mission, wind={"speed_mps": 12.0}))


def test_pads_that_are_too_close_are_refused(mission, with_file):
    with pytest.raises(PlanningError, match=r"pad south is 80.0 m from pad north: move it to at least 94 m"):
        make_plan(with_file(mission, limits={"separation_m": 90.0}))


def test_a_gimbal_that_cannot_look_down_is_refused(mission):
    with pytest.raises(PlanningError, match="gimbal"):
        make_plan(with_camera(mission, gimbal_min_pitch_deg=-30.0))


def test_the_plan_does_not_depend_on_where_the_repository_lies(plan):
    assert plan.mission == "config/missions/crossroads.yaml"
    assert plan.site == "config/sites/crossroads"


def with_camera(mission, **changes):
    models = {
        name: model.model_copy(update={"camera": model.camera.model_copy(update=changes)})
        for name, model in mission.models.items()
    }
    return replace(mission, models=models)
