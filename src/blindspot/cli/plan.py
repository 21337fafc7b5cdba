"""`blindspot plan MISSION`: routes for a fleet that see the blind ground, checked, as a file, a map and GeoJSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from blindspot.coverage.blind_spots import BlindSpots
    from blindspot.planning.check import Violation
    from blindspot.planning.mission import Mission
    from blindspot.planning.plan import Plan
    from blindspot.site.model import Site

SHOWN = 10
"""Violations printed before the rest is only counted."""


def plan(
    mission: Annotated[Path, typer.Argument(help="The mission file, e.g. config/missions/nantes_evening.yaml.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the plan, the map and the GeoJSON; runs/plan-MISSION unless given.")
    ] = None,
) -> None:
    """Plan a mission, check the plan independently, and draw it."""
    from blindspot.planning.mission import load_mission

    folder = out or Path("runs") / f"plan-{mission.stem}"
    _, violations = plan_into(folder, load_mission(mission))
    if violations:
        raise typer.Exit(1)


def plan_into(folder: Path, mission: Mission) -> tuple[Plan, tuple[Violation, ...]]:
    """Make the plan of a mission, write it with its map and ground into a folder, check it, and tell all of it."""
    from blindspot.outputs import moved, output_folder
    from blindspot.planning.check import check_plan
    from blindspot.planning.check_seen import ground_of, seen_cells
    from blindspot.site.load import load_site

    with output_folder(folder) as part:
        made = _make(mission)
        _print_table(made)
        site = load_site(mission.site_dir, mission.file.start)
        spots = ground_of(made, site)
        files = _write(part, made, site, spots, seen_cells(made, mission, spots))
        violations = check_plan(made, mission, site)
    _print_verdict(violations, moved(files, folder))
    return made, violations


def _make(mission: Mission) -> Plan:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from blindspot.planning.planner import make_plan

    with Progress(TextColumn("{task.description:<16}"), BarColumn(), TimeElapsedColumn(), transient=True) as progress:
        task = progress.add_task("planning", total=1.0)
        return make_plan(mission, progress=lambda stage, done: progress.update(task, description=stage, completed=done))


def _write(folder: Path, plan: Plan, site: Site, spots: BlindSpots, seen: object) -> tuple[Path, ...]:
    import json

    import numpy as np

    from blindspot.coverage.ground_masks import save_ground_masks
    from blindspot.coverage.town_maps import seen_map
    from blindspot.outputs import told_if_unwritable
    from blindspot.planning.export import plan_geojson

    plan_path, ground_path = folder / "plan.json", folder / "ground.npz"
    picture, outlines = folder / "plan.png", folder / "plan.geojson"
    with told_if_unwritable(folder):
        save_ground_masks(ground_path, spots.masks)
        title = f"{site.name}: the plan {plan.id}"
        subtitle = "What the fixed cameras see, what the drones will see, and what stays blind"
        seen_map(
            site, spots.masks, spots.perimeter, np.asarray(seen), plan.routes, title=title, subtitle=subtitle
        ).save(picture)
        outlines.write_text(json.dumps(plan_geojson(plan), ensure_ascii=False), encoding="utf-8")
        plan_path.write_text(plan.to_json(), encoding="utf-8")
    return plan_path, picture, outlines, ground_path


def _print_table(plan: Plan) -> None:
    from rich.console import Console
    from rich.table import Table

    from blindspot.planning.plan import View

    table = Table(title=plan.id)
    for heading in ("drone", "pad", "views", "min", "km", "Wh", "battery left"):
        table.add_column(heading, justify="left" if heading in ("drone", "pad") else "right")
    for route in plan.routes:
        expected = route.expected
        table.add_row(
            route.drone, route.pad, str(sum(isinstance(step, View) for step in route.steps)),
            f"{expected.flight_time_s / 60:.1f}", f"{expected.distance_m / 1000:.2f}", f"{expected.energy_wh:.1f}",
            f"{100 * expected.battery_left_fraction:.0f} %",
        )  # fmt: skip
    console, seen = Console(), plan.coverage
    console.print(table)
    console.print(
        f"blind ground {_m2(seen.blind_area_m2)}: {_share(seen.planned_area_m2, seen.blind_area_m2)} will be seen"
    )
    console.print(f"of what any legal view could see: {_share(seen.planned_area_m2, seen.reachable_area_m2)}")
    for rest in seen.unseen:
        console.print(f"  {_m2(rest.area_m2)} unseen: {rest.cause}")


def _print_verdict(violations: tuple[Violation, ...], files: tuple[Path, ...]) -> None:
    from rich.console import Console

    console, complaint = Console(), Console(stderr=True)
    for file in files:
        console.print(f"wrote {file}", soft_wrap=True)
    if not violations:
        console.print("checked: no violation")
        return
    for violation in violations[:SHOWN]:
        complaint.print(str(violation), style="red", soft_wrap=True, markup=False)
    complaint.print(f"checked: {len(violations)} violations, not to be flown", style="red")


def _m2(area_m2: float) -> str:
    return f"{area_m2:,.0f} m2".replace(",", " ")


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "100 %"
