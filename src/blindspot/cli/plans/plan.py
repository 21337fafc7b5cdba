"""`blindspot plan MISSION`: checked routes of a fleet that see the blind ground, with maps and the crew's papers."""

from __future__ import annotations

import gc
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts import completion
from blindspot.cli.parts.output import AsJson, only_json, print_json, square_metres
from blindspot.cli.plans.coverage import web_library
from blindspot.cli.plans.plan_sorties import document_of
from blindspot.core import InputError, RefusedError, plain_text, print_plain

if TYPE_CHECKING:
    from blindspot.law import Loaded
    from blindspot.mission import Mission, Plan
    from blindspot.planning import Patience
    from blindspot.planning.checker import StepView, Violation
    from blindspot.planning.papers import Outcome
    from blindspot.planning.reasons import Unseen
    from blindspot.site import Site

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
) -> None:
    """Plan a mission, check the plan independently, draw it, and write what the crew needs."""
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
        refuse_start(asked)
        if pareto:
            if any(drone.swaps for drone in file.fleet):
                problem = "do not go with --pareto, which compares single sorties"
                raise InputError(mission, "fleet.swaps", problem, "leave them out")
            from blindspot.cli.plans.plan_front import plan_front

            plan_front(out or Path("runs") / f"pareto-{mission.stem}", asked)
            return
        folder = out or Path("runs") / f"plan-{mission.stem}"
        with only_json(is_asked=as_json):
            made, violations = (
                _plan_patrol(folder, asked)
                if file.kind == "patrol" and take is None
                else plan_into(folder, asked, papers=True, take=take, seconds=seconds, pads=pads)
            )
        if as_json:
            print_json(document_of(made, folder, violations) | {"for_simulation": bool(asked.for_simulation)})
        if violations and take is not None:
            raise _not_flown(take, violations, asked.mission)
        if violations:
            raise typer.Exit(1)
        with only_json(is_asked=as_json):
            _ask_the_law(made, asked)


def _refuse_with(one: str, others: Mapping[str, object]) -> None:
    """Raise InputError if one of the other options is given, too."""
    for option, value in others.items():
        if value:
            raise InputError("blindspot plan", option, f"does not go with {one}", "leave one of the two out")


def _plan_patrol(folder: Path, asked: Loaded) -> tuple[Plan, tuple[Violation, ...]]:
    """Make the library of a patrol in the folder, with pages of ages, and the papers of the first variant."""
    from blindspot.cli.parts.screen import Screen
    from blindspot.cli.plans.library import LIBRARY_DIR, new_library, write_ages

    library = new_library(asked.mission, folder / LIBRARY_DIR, asked.site)
    made = plan_into(folder, asked, papers=True, take=folder / LIBRARY_DIR / f"{library.variants[0].id}.json")
    for file in write_ages(library, asked, folder):
        Screen().print(f"wrote {file}", soft_wrap=True)
    return made


def plan_into(
    folder: Path, asked: Loaded, *, papers: bool = False, take: Path | None = None, seconds: float | None = None,
    pads: int = 0, simulated: str = "",
) -> tuple[Plan, tuple[Violation, ...]]:  # fmt: skip
    """Make the plan of a mission or read the plan from a file (`take`), check the plan, write the plan with map and
    ground into a folder, and print the plan. Returns the plan, and every rule broken by the plan or a later sortie.

    Of several sorties this is the first. The later sorties are checked too, and their plan files lie beside the plan.
    `papers` adds the web map, the briefing, the list of unseen ground and QGroundControl's plans. `seconds` is how
    long the search may last, from this call on; a fixed number of moves by default. `pads` is the number of places
    for further pads to propose. `simulated` is the sentence about a plan made for a simulated flight alone.

    Raises InputError if `take` is a plan of another mission, or if it breaks a rule and `papers` is false. With
    `papers`, a plan that breaks a rule is drawn so that its papers show the violations.
    """
    from blindspot.acts import plan_papers
    from blindspot.cli.plans.plan_pads import propose_pads
    from blindspot.cli.plans.plan_sorties import after, others_beside, print_sorties, write_later
    from blindspot.core import moved, output_folder, progress_of
    from blindspot.mission import load_plan
    from blindspot.planning.checker import check_plan, ground_of
    from blindspot.planning.papers import outcome_of
    from blindspot.planning.reasons import shown_ground

    patience = _patience(seconds) if seconds is not None else None
    taken = load_plan(take) if take is not None else None
    with output_folder(folder) as part:
        authorisation, mission, site = asked.authorisation if papers else None, asked.mission, asked.site
        gc.freeze()  # the town stays until the end: the garbage collector need not walk it again and again
        if taken is not None and take is not None:
            made, others = taken, others_beside(taken, take)
        else:
            made, *rest = _measured(_make(mission, site, patience), mission, site)
            others = tuple(rest)
        ground = ground_of(made, site) if taken is None else None  # a plan from a file may be about anywhere
        counted: list[StepView] = []
        with progress_of("checking") as progress:
            progress(made.id, 0, None)
            violations = check_plan(made, mission, site, ground, counted)
        if take is not None:
            refuse_others(take, violations)
        if take is not None and violations and not papers:
            _print_violations(violations)
            raise _not_flown(take, violations, asked.mission)
        outcome = outcome_of(made, mission, site, others, ground, counted, asked.for_simulation or simulated)
        print_table(outcome)
        files = plan_papers.write_plan(part, outcome, violations) + write_later(part, after(made, others))
        if take is None:
            violations += _check_others(others, mission, site, outcome)
        if authorisation is not None:
            files += plan_papers.write_papers(part, outcome, authorisation, web_library("map.html"), violations)
            _print_unseen(shown_ground(outcome.unseen))
        if others:
            print_sorties((made, *others))
        if pads:
            files += propose_pads(part, outcome, pads)
    _print_verdict(outcome, violations, moved(files, folder))
    return made, violations


def _check_others(others: Sequence[Plan], mission: Mission, site: Site, outcome: Outcome) -> tuple[Violation, ...]:
    """All violations of the sorties after the first."""
    from blindspot.core import progress_of
    from blindspot.planning.checker import check_plan

    found: list[Violation] = []
    with progress_of("checking") as progress:
        for number, plan in enumerate(others):
            progress("sorties", number, len(others))
            found += check_plan(plan, mission, site, outcome.spots)
    return tuple(found)


def _not_flown(taken: Path, violations: Sequence[Violation], mission: Mission) -> InputError:
    problem = f"breaks {len(violations)} rules and is not flown; the first: {violations[0]}"
    return InputError(taken, "", problem, f"plan again with: blindspot plan {shlex.quote(str(mission.path))}")


def refuse_start(asked: Loaded) -> None:
    """Raise RefusedError if the authorisation is invalid at the mission's start. This needs no plan."""
    from blindspot.law import judge_start

    if verdicts := judge_start(asked.authorisation, asked.mission.file.start):
        raise RefusedError(tuple(map(str, verdicts)))


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


def refuse_foreign(taken: Path, asked: Loaded) -> None:
    """Raise InputError for a plan file of another mission."""
    from blindspot.mission import load_plan
    from blindspot.planning.checker import of_another_mission

    refuse_others(taken, tuple(of_another_mission(load_plan(taken), asked.mission, asked.site)))


def refuse_others(taken: Path, violations: Sequence[Violation]) -> None:
    """Raise InputError for a plan of another mission: this mission's rules can't judge it."""
    other = next((violation for violation in violations if violation.rule == "mission"), None)
    if other is not None:
        raise InputError(taken, "", f"is no plan of this mission: {other}", "take one that this mission gave")


def _make(mission: Mission, site: Site, patience: Patience | None) -> tuple[Plan, ...]:
    from blindspot.core import progress_of
    from blindspot.planning import make_sorties

    with progress_of("planning") as progress:
        made = make_sorties(
            mission, site=site, progress=lambda phase, done: progress(phase, done, 1.0), patience=patience
        )
    if patience is not None:
        several = "the search of several sorties is as long as without --seconds"
        print_plain(several if len(made) > 1 else "time ended this search: the same command may give another plan")
    return made


def _patience(seconds: float) -> Patience:
    """The time for a search, which prints each better plan."""
    import time

    from blindspot.planning import Patience

    begun_s = time.monotonic()

    def better(flown_s: float, share: float) -> None:
        after_s, seen = time.monotonic() - begun_s, plain_text.percent(share, 1)
        print_plain(f"after {after_s:.1f} s: {flown_s / 60.0:.1f} min of flight see {seen}")

    return Patience(lambda: seconds - (time.monotonic() - begun_s), better)


def _measured(sorties: Sequence[Plan], mission: Mission, site: Site) -> list[Plan]:
    """The plans with their intrusion figures."""
    from shapely.geometry import Polygon

    from blindspot.planning.reasons import intrusion_of, surroundings_of

    around = surroundings_of(Polygon(sorties[0].perimeter), mission, site)
    return [made.model_copy(update={"intrusion": intrusion_of(made, mission, around)}) for made in sorties]


def print_table(it: Outcome) -> None:
    from rich.table import Table

    from blindspot.cli.parts.screen import Screen
    from blindspot.planning.reasons import intrusion_text, shown_ground

    plan, over_roofs = it.plan, it.mission.file.limits.over_roofs
    table = Table(title=plan.id)
    headings = ("drone", "pad", "views and legs", "min", "km", "Wh", "battery left")
    for heading in (*headings, *["s over roofs"] * over_roofs):
        table.add_column(heading, justify="left" if heading in ("drone", "pad") else "right")
    for route in plan.routes:
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
    for line in it.remarks:
        console.print(line, style="yellow", soft_wrap=True)
    share = _share(seen.planned_area_m2, seen.blind_area_m2)
    console.print(f"blind ground {square_metres(seen.blind_area_m2)}: {share} will be seen")
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
        console.print(f"  {square_metres(rest.area_m2)} unseen: {rest.cause}")


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


def _print_verdict(it: Outcome, violations: tuple[Violation, ...], files: tuple[Path, ...]) -> None:
    from blindspot.cli.parts.screen import Screen
    from blindspot.planning.papers import proof_of

    console = Screen()
    for file in files:
        console.print(f"wrote {file}", soft_wrap=True)
    if not violations:
        console.print(f"checked: no violation; {': '.join(proof_of(it, violations))}", soft_wrap=True)
        return
    _print_violations(violations)


def _print_violations(violations: Sequence[Violation]) -> None:
    from blindspot.cli.parts.screen import Screen

    complaint = Screen(stderr=True)
    for violation in violations[:SHOWN]:
        complaint.print(str(violation), style="red", soft_wrap=True, markup=False)
    complaint.print(f"checked: {len(violations)} violations, not to be flown", style="red")


def _share(part: float, whole: float) -> str:
    return plain_text.percent(part / whole, 1) if whole else "100 %"
