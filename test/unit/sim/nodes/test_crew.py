"""The crew of a simulation carries drones to the pads of the next sortie."""

from types import SimpleNamespace

import pytest

from blindspot.mission.plan_figures import Sortie
from blindspot_sim.nodes.crew import Crew


@pytest.fixture
def folder(plan, tmp_path):
    """Two sorties in the folder of a run; in the second the first drone starts 60 m east of its pad."""
    (tmp_path / "run").mkdir()
    for number, name in enumerate(("plan.json", "sortie-2.json")):
        sortie = Sortie(number=number + 1, of=2, begins_s=600.0 * number, flown_s=300.0 * number)
        route = plan.routes[0]
        home = route.home.model_copy(update={"east_m": route.home.east_m + 60.0 * number})
        part = plan.model_copy(
            update={"id": f"p{number + 1}", "sortie": sortie, "routes": (route.model_copy(update={"home": home}),)}
        )
        (tmp_path / "run" / name).write_text(part.to_json())
    return tmp_path


def crew_of(folder):
    carried, warnings = [], []
    return Crew(folder, lambda drone, pad: carried.append((drone, pad.east_m)), warnings.append), carried, warnings


def mission(phase, plan="p1", run="run"):
    return SimpleNamespace(run=run, plan=plan, phase=phase)


def test_a_mission_that_is_cleared_flies_its_own_plan_and_one_between_sorties_the_next(folder):
    crew, carried, warnings = crew_of(folder)
    crew.missions_are([mission("authorising")])
    crew.missions_are([mission("flying")])
    crew.missions_are([mission("swapping")])
    crew.missions_are([mission("swapping")])
    assert carried == [("drone1", 0.0), ("drone1", 60.0)] and warnings == []


def test_after_the_last_sortie_and_for_an_unknown_plan_nobody_is_carried(folder):
    crew, carried, _ = crew_of(folder)
    (folder / "run" / "sortie-2.json").unlink()
    crew.missions_are([mission("swapping"), mission("authorising", plan="other"), mission("authorising", run="none")])
    assert carried == []


def test_a_plan_that_is_no_plan_is_warned_of(folder):
    (folder / "run" / "plan.json").write_text("{}")
    crew, carried, warnings = crew_of(folder)
    crew.missions_are([mission("authorising")])
    assert carried == [] and len(warnings) == 1 and "run 'run'" in warnings[0]


def test_a_plan_that_comes_a_moment_later_is_served_then(folder):
    crew, carried, _ = crew_of(folder)
    late = folder / "run" / "plan.json"
    text = late.read_text()
    late.unlink()
    crew.missions_are([mission("authorising")])
    late.write_text(text)
    crew.missions_are([mission("authorising")])
    assert carried == [("drone1", 0.0)]
