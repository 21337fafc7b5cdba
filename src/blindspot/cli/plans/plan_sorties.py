"""The printed tables of all sorties of a mission and of places for further pads, and the figures of a plan as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blindspot.core import plain_text

if TYPE_CHECKING:
    from blindspot.acts.plans import FurtherPads
    from blindspot.mission import Plan


def print_sorties(sorties: Sequence[Plan]) -> None:
    """Print every sortie of every drone, and the ground that they see together."""
    from rich.table import Table

    from blindspot.acts.plans import file_name
    from blindspot.cli.parts.screen import Screen

    sorties = sorted(sorties, key=lambda plan: plan.begins_s)
    table = Table(title=f"{len(sorties)} sorties, a battery each")
    for heading in ("sortie", "file", "begins, min", "drone", "pad", "min", "km", "battery left"):
        is_name = heading in ("file", "drone", "pad")
        table.add_column(heading, justify="left" if is_name else "right", no_wrap=is_name)
    for plan in sorties:
        for number, route in enumerate(plan.routes):
            expected = route.expected
            begins = f"{plan.begins_s / 60:.0f}"
            sortie = [] if plan.sortie is None else [str(plan.sortie.number), file_name(plan), begins]
            table.add_row(
                *(sortie if number == 0 else [""] * 3), route.drone, route.pad, f"{expected.flight_time_s / 60:.1f}",
                f"{expected.distance_m / 1000:.2f}", f"{100 * expected.battery_left_fraction:.0f} %",
            )  # fmt: skip
    Screen().print(table)
    Screen().print(_together(sorties), soft_wrap=True)


def _together(sorties: Sequence[Plan]) -> str:
    from blindspot.core import plain_text
    from blindspot.evidence import planned_m2

    ground, routes = sorties[0].coverage, [route for plan in sorties for route in plan.routes]
    seen_m2 = planned_m2(sorties[0])
    flown_h = sum(route.expected.flight_time_s for route in routes) / 3600
    lasts_s = sorties[-1].begins_s + max(route.expected.flight_time_s for route in sorties[-1].routes)
    blind, reachable = (
        plain_text.percent(seen_m2 / whole_m2, 1) for whole_m2 in (ground.blind_area_m2, ground.reachable_area_m2)
    )
    return (
        f"together: {len(routes)} flights, {flown_h:.1f} h in the air, {lasts_s / 60:.0f} min from the first take-off"
        f" to the last landing; {blind} of the blind ground will be seen,"
        f" {reachable} of what legal views 5 m apart can see"
    )


def print_long_missions(plans: Sequence[Plan]) -> None:
    """Print a warning for each route whose mission hardly fits on the autopilot."""
    from blindspot.cli.parts.screen import Screen
    from blindspot.flight.route import MOST_ITEMS, route_items

    for plan in plans:
        for route in plan.routes:
            if (count := len(route_items(route))) >= MOST_ITEMS:
                fits = f"{route.drone}: {count} mission items, and a drone refuses more than {MOST_ITEMS}"
                Screen().print(f"{fits}: plan shorter sorties (fleet[].swaps)", style="yellow", soft_wrap=True)


def next_sortie(plan: Plan, mission: Path, folder: Path) -> str | None:
    """For a run that flies one sortie: a line with the sortie's number and the command for the next sortie. None if the
    folder has no next one."""
    sortie = plan.sortie
    if sortie is None or not (following := folder / f"sortie-{sortie.number + 1}.json").is_file():
        return None
    return (
        f"this was sortie {sortie.number} of {sortie.of}; with fresh batteries the next is flown with:"
        f" blindspot sim {shlex.quote(str(mission))} --plan {shlex.quote(str(following))}"
    )


def print_pads(further: FurtherPads) -> None:
    """Print the places, and the way to use their file."""
    from rich.table import Table

    from blindspot.cli.parts.screen import Screen

    if not further.places:
        Screen().print("no further pad would open enough ground for a flight")
        return
    table = Table(title="places for further pads, each beside the places before")
    for column in ("name", "latitude, longitude", "street", "a drone there can see"):
        table.add_column(column, justify="right" if column.startswith("a drone") else "left")
    for name, place in further.places.items():
        lon_deg, lat_deg = further.degrees(name)
        area = plain_text.square_metres(place.opens_m2)
        table.add_row(name, f"{lat_deg:.7f}, {lon_deg:.7f}", further.streets[name], area)
    Screen().print(table)
    Screen().print(
        "copy the wanted features into the file of places.launch_pads in the site.yaml, and name them in "
        "further_pads of the mission, which needs swaps and limits.return: straight"
    )


def document_of(made: Plan, folder: Path, violations: Sequence[object]) -> dict[str, Any]:
    """The figures of a plan in the plan's folder, with all sorties, as JSON: m2, s, m, Wh, shares from 0 to 1."""
    from blindspot.acts.plans import after, file_name, others_beside
    from blindspot.core import plain_text
    from blindspot.evidence import planned_m2

    blind_m2 = made.coverage.blind_area_m2
    sorties = (made, *after(made, others_beside(made, folder / "plan.json")))
    return {
        "plan": made.id,
        "folder": str(folder),
        "violations": [str(violation) for violation in violations],
        "blind_area_m2": round(blind_m2, 1),
        "planned_blind_fraction": plain_text.rounded_down(planned_m2(made) / blind_m2, 3) if blind_m2 else 1.0,
        "sorties": [
            {
                "id": plan.id,
                "sha256": plan.sha256,
                "file": str(folder / file_name(plan)),
                "begins_s": round(plan.begins_s, 1),
                "drones": [
                    {"name": route.drone, "pad": route.pad, **route.expected.model_dump()} for route in plan.routes
                ],
            }
            for plan in sorties
        ],
    }
