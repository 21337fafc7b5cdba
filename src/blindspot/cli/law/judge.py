"""`blindspot authority judge`: ask the gate about a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.law.language import InLanguage, Language
from blindspot.cli.parts.output import AsJson, print_json
from blindspot.core import RefusedError, print_plain

UNKNOWN_HERE = (
    "the flight time of that day (PUR-04) and the cameras of other plans (SEN-02), which the running gate knows"
)
"""Facts that a command can't know about a real flight."""


def judge(
    mission: Annotated[Path, typer.Argument(help="Mission file.")],
    plan_file: Annotated[Path, typer.Argument(help="Plan file, made by: blindspot plan MISSION.")],
    hardware: Annotated[bool, typer.Option("--hardware", help="Judge a flight of real drones, now.")] = False,
    model: Annotated[
        str | None, typer.Option("--model", help="Detector's model; the default of the camera's sensor without it.")
    ] = None,
    language: InLanguage = Language.en,
    as_json: AsJson = False,
) -> None:
    """Ask the gate whether a plan may be flown in simulation at the mission's start. Exit code 3 if not.

    For real drones the flight time of the day and the cameras of other plans are unknown here: it is never a GO.
    """
    from datetime import UTC, datetime

    from blindspot.acts.papers import published_lines
    from blindspot.acts.plans import refuse_others
    from blindspot.law import Loaded, french, judge_plan, recording_notice
    from blindspot.law.airspace import not_judged
    from blindspot.law.drafts import needed_by
    from blindspot.mission import load_plan
    from blindspot.planning.checker import check_plan, of_another_mission

    asked, plan = Loaded.of(mission), load_plan(plan_file)
    of, site = asked.mission, asked.site
    refuse_others(plan_file, tuple(of_another_mission(plan, of, site)))
    now, authorisation = datetime.now(UTC) if hardware else of.file.start, asked.authorisation
    found = judge_plan(authorisation, plan, now, simulated=not hardware, mission=of, flown_s=0.0, cameras_beside=0)
    unproven = [f"the checker refuses the plan: {violation}" for violation in check_plan(plan, of, site)]
    verdicts = [verdict.text(language) for verdict in found]
    verdicts += [f"PLN-04: {french.said(problem, language)}" for problem in unproven]
    recording = recording_notice(of.file.record, authorisation, simulated=not hardware, language=language)
    notices = (french.said(not_judged(authorisation, plan), language), recording)
    remarks = [notice for notice in notices if notice]
    remarks += published_lines(of, authorisation, plan, now, model, simulated=not hardware)
    remarks += needed_by(found, language)
    if as_json:
        go = None if hardware and not verdicts else not verdicts
        unknown = [french.said(UNKNOWN_HERE, language)] if hardware else []
        print_json({"go": go, "plan": plan.sha256, "verdicts": verdicts, "unknown": unknown, "notices": remarks})
    if verdicts:
        if not as_json:
            for line in remarks:
                print_plain(line)
        raise RefusedError(tuple(verdicts), french.said("refused: ", language))
    if not as_json:
        outcome = f"not refused; unknown here: {UNKNOWN_HERE}" if hardware else "GO"
        for line in (french.said(outcome, language), *remarks):
            print_plain(line)
