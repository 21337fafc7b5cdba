"""`blindspot plan MISSION`: checked routes of a fleet that see the blind ground, with maps and the crew's papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts import completion
from blindspot.cli.parts.output import AsJson, only_json, print_json
from blindspot.cli.plans.coverage import web_library
from blindspot.cli.plans.plan_sorties import document_of
from blindspot.core import InputError, RefusedError, plain_text, print_plain

if TYPE_CHECKING:
    from blindspot.acts.plans import PlannedMission
    from blindspot.law import Loaded
    from blindspot.mission import Plan
    from blindspot.planning import Patience
    from blindspot.planning.checker import Violation
    from blindspot.planning.papers import Outcome
    from blindspot.planning.reasons import Unseen

SHOWN = 10
"""Violations and unseen spots that are printed. The rest is only counted."""


def plan(
    mission: Annotated[
        Path | None,
        typer.Argument(
            help="The mission file, e.g. config/missions/nantes_evening.yaml.", autocompletion=completion.missions
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the plan, its maps and papers; runs/plan-MISSION by default.")
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="BEFORE AFTER", help="Instead of MISSION: two plan files of one perimeter, side by side."),
    ] = None,
    as_json: AsJson = False,
    pareto: Annotated[
        bool,
        typer.Option("--pareto", help="Several plans to choose from, which trade flight time against intrusion."),
    ] = False,
    take: Annotated[
        Path | None, typer.Option(metavar="PLAN", help="Take this plan file of the mission instead of making a plan.")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=1.0, max=86400.0, help="Search for so long instead of a fixed number of moves, and print better plans."
        ),
    ] = None,
    pads: Annotated[
        int, typer.Option(min=0, max=100, help="Also propose so many places for further pads.", show_default=False)
    ] = 0,
    fleet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="For an overwatch: the fleet file whose packs its turns must make do with."),
    ] = None,
) -> None:
    """Plan a mission, check the plan independently, draw it, and write what the crew needs.

    Exit code 2 for an overwatch whose minutes, slot, drones or packs are too few.
    """
    from blindspot.acts.plans import NotFlownError, plan_folder, refuse_start
    from blindspot.law import Loaded

    searched: dict[str, object] = {"--seconds": seconds, "--pads": pads}
    if (mission is None) == (compare is None):
        raise InputError("blindspot plan", "", "needs either MISSION or --compare BEFORE AFTER")
    if compare is not None:
        _refuse_with("--compare", {"--out": out, "--pareto": pareto, "--take": take, **searched})
        from blindspot.cli.plans.plan_compare import compare_files

        compare_files(*compare, as_json=as_json)
    elif mission is not None:
        if pareto and as_json:
            raise InputError("blindspot plan", "--json", "does not go with --pareto", "its files are JSON")
        if pareto:
            _refuse_with("--pareto", {"--take": take, **searched})
        if take is not None:
            _refuse_with("--take", {"--seconds": seconds})
        asked = Loaded.of(mission)
        file = asked.mission.file
        if file.kind == "patrol" and (given := [name for name, value in searched.items() if value]):
            problem = "does not go with a patrol, whose library flies from its own pads and comes out the same again"
            raise InputError("blindspot plan", given[0], problem, "leave it out")
        if file.kind == "overwatch" and (
            given := [n for n, value in ({"--pareto": pareto} | searched).items() if value]
        ):
            raise InputError("blindspot plan", given[0], "does not go with an overwatch", "leave it out")
        if fleet is not None and file.kind != "overwatch":
            raise InputError("blindspot plan", "--fleet", f"does not go with a {file.kind}", "leave it out")
        refuse_start(asked)
        if file.kind == "dispatch":
            _refuse_with("a dispatch", {"--pareto": pareto, **searched})
        if file.kind == "dispatch" and take is None:
            from blindspot.cli.plans.plan_atlas import print_atlas

            raise typer.Exit(print_atlas(out or plan_folder(mission), asked, as_json=as_json))
        if pareto:
            if any(drone.swaps for drone in file.fleet):
                problem = "do not go with --pareto, which compares single sorties"
                raise InputError(mission, "fleet.swaps", problem, "leave them out")
            from blindspot.cli.plans.plan_front import plan_front

            plan_front(out or Path("runs") / f"pareto-{mission.stem}", asked)
            return
        folder = out or plan_folder(mission)
        if file.kind == "overwatch":
            from blindspot.cli.plans.plan_watch import finish_watch

            with only_json(is_asked=as_json):
                planned = _planned(folder, asked, papers=True, take=take)
            finish_watch(planned, asked, folder, fleet, as_json=as_json)
            return
        with only_json(is_asked=as_json):
            made, violations = (
                _plan_patrol(folder, asked)
                if file.kind == "patrol" and take is None
                else plan_into(folder, asked, papers=True, take=take, seconds=seconds, pads=pads)
            )
        if as_json:
            print_json(document_of(made, folder, violations) | {"for_simulation": bool(asked.for_simulation)})
        if violations and take is not None:
            raise NotFlownError(take, violations, asked.mission)
        if violations:
            raise typer.Exit(1)
        with only_json(is_asked=as_json):
            _ask_the_law(made, asked)


def _refuse_with(one: str, others: Mapping[str, object]) -> None:
    """Raise InputError if one of the other options is given, too."""
    for option, value in others.items():
        if value:
            raise InputError("blindspot plan", option, f"does not go with {one}", "leave one out")


def _plan_patrol(folder: Path, asked: Loaded) -> tuple[Plan, tuple[Violation, ...]]:
    """Make the library of a patrol in the folder, with pages of ages, and the papers of the first variant."""
    from blindspot.acts.plans import LIBRARY_DIR, new_library, write_ages
    from blindspot.cli.parts.screen import say

    library = new_library(asked.mission, folder / LIBRARY_DIR, say, asked.site)
    made = plan_into(folder, asked, papers=True, take=folder / LIBRARY_DIR / f"{library.variants[0].id}.json")
    for file in write_ages(library, asked, folder):
        say(f"wrote {file}")
    return made


def plan_into(
    folder: Path, asked: Loaded, *, papers: bool = False, take: Path | None = None, seconds: float | None = None,
    pads: int = 0, simulated: str = "",
) -> tuple[Plan, tuple[Violation, ...]]:  # fmt: skip
    """Make or take the plan of a mission as `plan_mission` does, print the plan, and return the plan with every
    violation. `seconds` is how long the search may last, from this call on."""
    made = _planned(folder, asked, papers=papers, take=take, seconds=seconds, pads=pads, simulated=simulated)
    return made.plan, made.violations


def _planned(
    folder: Path, asked: Loaded, *, papers: bool = False, take: Path | None = None, seconds: float | None = None,
    pads: int = 0, simulated: str = "",
) -> PlannedMission:  # fmt: skip
    """`plan_into`, with all sorties."""
    from blindspot.acts.plans import NotFlownError, plan_mission

    patience = _patience(seconds) if seconds is not None else None
    try:
        made = plan_mission(
            folder, asked, papers=papers, take=take, library=web_library("map.html") if papers else None,
            patience=patience, pads=pads, simulated=simulated,
        )  # fmt: skip
    except NotFlownError as error:
        _print_violations(error.violations)
        raise
    if patience is not None:
        several = "the search of several sorties is as long as without --seconds"
        print_plain(several if made.others else "time ended this search: the same command may give another plan")
    print_planned(made, papers=papers)
    return made


def print_planned(made: PlannedMission, *, papers: bool) -> None:
    """Print a plan, with its unseen ground as on its `papers`, its files, and the verdict of the checker."""
    from blindspot.cli.plans.plan_sorties import print_long_missions, print_pads, print_sorties
    from blindspot.planning.reasons import shown_ground

    print_table(made.outcome)
    if papers:
        _print_unseen(shown_ground(made.outcome.unseen))
    if made.others and made.plan.watch is None:
        print_sorties((made.plan, *made.others))
    if made.pads is not None:
        print_pads(made.pads)
    print_long_missions((made.plan, *made.others))
    _print_verdict(made)


def _ask_the_law(made: Plan, asked: Loaded) -> None:
    """Raise RefusedError unless the authorisation covers the plan at the time when it begins."""
    from datetime import timedelta

    from blindspot.law import judge_plan, recording_notice

    mission, authorisation = asked.mission, asked.authorisation
    begins = mission.file.start + timedelta(seconds=made.begins_s)
    verdicts = judge_plan(authorisation, made, begins, simulated=True, mission=mission)
    if verdicts:
        raise RefusedError(tuple(map(str, verdicts)))
    print_plain(
        f"authorisation {authorisation.id} covers a simulated flight of it; a real flight is judged by the gate"
    )
    if notice := recording_notice(mission.file.record, authorisation):
        print_plain(notice)


def _patience(seconds: float) -> Patience:
    """The time for a search, which prints each better plan."""
    import time

    from blindspot.planning import Patience

    begun_s = time.monotonic()

    def better(flown_s: float, share: float) -> None:
        after_s, seen = time.monotonic() - begun_s, plain_text.percent(share, 1)
        print_plain(f"after {after_s:.1f} s: {flown_s / 60.0:.1f} min of flight see {seen}")

    return Patience(lambda: seconds - (time.monotonic() - begun_s), better)


def print_table(it: Outcome) -> None:
    from rich.table import Table

    from blindspot.cli.parts.screen import Screen
    from blindspot.planning.reasons import intrusion_text, shown_ground

    plan, over_roofs = it.plan, it.mission.file.limits.over_roofs
    table = Table(title=plan.id)
    headings = ("drone", "pad", "views and legs", "min", "km", "Wh", "battery left")
    for heading in (*headings, *["s over roofs"] * over_roofs):
        table.add_column(heading, justify="left" if heading in ("drone", "pad") else "right")
    for route in it.routes:
        expected = route.expected
        table.add_row(
            route.drone, route.pad, str(route.view_count),
            f"{expected.flight_time_s / 60:.1f}", f"{expected.distance_m / 1000:.2f}", f"{expected.energy_wh:.1f}",
            f"{100 * expected.battery_left_fraction:.0f} %", *[f"{it.over_roofs_s[route.drone]:.0f}"] * over_roofs,
        )  # fmt: skip
    console, seen = Screen(), plan.coverage
    if it.for_simulation:
        console.print(f"SIMULATED: {it.for_simulation}", style="bold magenta", soft_wrap=True)
    console.print(table)
    if plan.watch is not None:
        return
    for line in it.remarks:
        console.print(line, style="yellow", soft_wrap=True)
    share = _share(seen.planned_area_m2, seen.blind_area_m2)
    console.print(f"blind ground {plain_text.square_metres(seen.blind_area_m2)}: {share} will be seen")
    console.print(f"of what legal views 5 m apart can see: {_share(seen.planned_area_m2, seen.reachable_area_m2)}")
    if plan.looks is not None:
        least = plan.looks.least
        count = f"views and legs {plan.looks.planned}, a long leg counted as several"
        console.print(f"{count}: the same ground takes at least {least} of the search's candidates")
    if plan.minutes is not None:
        planned_min, least_min = plan.minutes.planned_s / 60.0, plan.minutes.least_s / 60.0
        console.print(f"flight time {planned_min:.1f} min: with these candidates it takes at least {least_min:.1f} min")
    if plan.intrusion is not None:
        console.print(f"in view: {intrusion_text(plan.intrusion)}", soft_wrap=True)
    for rest in shown_ground(seen.unseen):
        console.print(f"  {plain_text.square_metres(rest.area_m2)} unseen: {rest.cause}")


def _print_unseen(unseen: Sequence[Unseen]) -> None:
    """Print the largest places that stay unseen."""
    from rich.table import Table

    from blindspot.cli.parts.screen import Screen

    if not unseen:
        return
    table = Table(title="ground that stays unseen: the largest places", show_lines=True)
    for column in ("m2", "street", "why", "what would help"):
        table.add_column(column, justify="right" if column == "m2" else "left", overflow="fold")
    for spot in unseen[:SHOWN]:
        table.add_row(f"{spot.area_m2:,.0f}".replace(",", " "), spot.street, spot.cause, spot.way_out)
    Screen().print(table)


def _print_verdict(made: PlannedMission) -> None:
    from blindspot.cli.parts.screen import Screen
    from blindspot.planning.papers import proof_of

    console, violations = Screen(), made.violations
    for file in made.files:
        console.print(f"wrote {file}", soft_wrap=True)
    if violations:
        _print_violations(violations)
        return
    console.print(f"checked: no violation; {': '.join(proof_of(made.outcome, violations))}", soft_wrap=True)


def _print_violations(violations: Sequence[Violation]) -> None:
    from blindspot.cli.parts.screen import Screen

    complaint = Screen(stderr=True)
    for violation in violations[:SHOWN]:
        complaint.print(str(violation), style="red", soft_wrap=True, markup=False)
    complaint.print(f"checked, not to be flown: violations: {len(violations)}", style="red")


def _share(part: float, whole: float) -> str:
    return plain_text.percent(part / whole, 1) if whole else "100 %"
