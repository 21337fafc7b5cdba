"""The plan that a drone flies, from the folder of its run."""

from __future__ import annotations

from pathlib import Path

from blindspot.core import InputError
from blindspot.mission import Mission, Plan, load_mission, load_plan, run_folder


def flown_plan(stack_dir: Path, run: str, drone: str, fleet_file: Path, plan_id: str = "") -> tuple[Plan, Mission]:
    """The plan of a run with the rests planned in flight, and the run's mission. `plan_id` is the plan of the sortie
    in progress; without `plan_id` the first sortie counts. Raises InputError if a file is missing or broken."""
    folder = run_folder(stack_dir, run)
    plan = load_plan(folder / "plan.json")
    if plan.sortie is not None and plan.id != plan_id:
        sorties = map(load_plan, sorted(folder.glob("sortie-*.json")))
        plan = next((sortie for sortie in sorties if sortie.id == plan_id), plan)
    rests = sorted(folder.glob("rest-*.json"), key=lambda path: (len(path.name), path.name))
    for rest in map(load_plan, rests):
        plan = plan.with_routes(rest.routes)
    if plan.route_of(drone) is None:
        raise InputError(folder / "plan.json", "routes", f"has no route for {drone}", "name a drone of this run")
    named = Path(plan.mission)
    found = [path for path in (*(folder / named for folder in fleet_file.parents), named) if path.is_file()]
    if not found:
        raise InputError(folder / "plan.json", "mission", f"{plan.mission} is not here", "run this where it lies")
    return plan, load_mission(found[0])
