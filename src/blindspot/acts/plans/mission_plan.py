"""The plan of a mission: made or taken from a file, checked, and written into a folder with its papers."""

from __future__ import annotations

import gc
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shapely.geometry import Polygon

from blindspot.acts.plans import plan_papers
from blindspot.acts.plans.further_pads import FurtherPads, propose_pads
from blindspot.acts.plans.refusals import refuse_few_posts, refuse_others
from blindspot.acts.plans.sortie_files import after, others_beside, write_later
from blindspot.core import InputError, moved, output_folder, progress_of
from blindspot.coverage.maps import Library
from blindspot.law import Loaded
from blindspot.mission import Mission, Plan, load_plan
from blindspot.planning import Patience, make_sorties
from blindspot.planning.checker import StepView, Violation, check_plan, ground_of
from blindspot.planning.papers import Outcome, outcome_of
from blindspot.planning.reasons import intrusion_of, surroundings_of
from blindspot.site import Site


@dataclass(frozen=True, slots=True)
class PlannedMission:
    """A plan in its folder. Of several sorties `plan` is the first, and `others` are the later ones.

    `violations` is every rule that the plan or a later sortie breaks, `files` are the written files, and `pads` the
    places for further pads, if the caller asked for them.
    """

    outcome: Outcome
    others: tuple[Plan, ...]
    violations: tuple[Violation, ...]
    files: tuple[Path, ...]
    pads: FurtherPads | None = None

    @property
    def plan(self) -> Plan:
        return self.outcome.plan


class NotFlownError(InputError):
    """A plan file breaks rules of its mission."""

    def __init__(self, taken: Path, violations: Sequence[Violation], mission: Mission) -> None:
        self.violations = tuple(violations)
        problem = f"breaks {len(violations)} rules and is not flown; the first: {violations[0]}"
        super().__init__(taken, "", problem, f"plan again with: blindspot plan {shlex.quote(str(mission.path))}")


def plan_mission(
    folder: Path, asked: Loaded, *, papers: bool = False, take: Path | None = None, library: Library | None = None,
    patience: Patience | None = None, pads: int = 0, simulated: str = "",
) -> PlannedMission:  # fmt: skip
    """Make the plan of a mission, or read the plan from a file, check the plan, and write it into a folder.

    Parameters
    ----------
    folder
        Gets plan, map, ground, and the plan files of the later sorties.
    asked
        The mission with town and authorisation.
    papers
        Whether to add the briefing, the list of unseen ground, QGroundControl's plans, and with a `library` the web
        map. A taken plan that breaks a rule is then drawn, so that its papers show the violations.
    take
        A plan file to take. Without one, a plan is made.
    patience
        The time for the search; a fixed number of moves by default.
    pads
        Number of places for further pads to propose.
    simulated
        The sentence about a plan made for a simulated flight alone.

    Raises
    ------
    InputError
        If `take` is a plan of another mission, or a file can't be written.
    NotFlownError
        If `take` breaks a rule and `papers` is false.
    """
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
            if made.watch is not None:
                refuse_few_posts(take, (made, *others), mission)
        if take is not None and violations and not papers:
            raise NotFlownError(take, violations, mission)
        outcome = outcome_of(made, mission, site, others, ground, counted, asked.for_simulation or simulated)
        files = plan_papers.write_plan(part, outcome, violations) + write_later(part, after(made, others))
        if take is None or made.watch is not None:  # a later sortie is taken and judged by itself
            violations += _check_others(others, mission, site, outcome)
        if authorisation is not None:
            files += plan_papers.write_papers(part, outcome, authorisation, library, violations)
        further = propose_pads(part, outcome, pads) if pads else None
        files += further.files if further else ()
    return PlannedMission(outcome, others, violations, moved(files, folder), further)


def _check_others(others: Sequence[Plan], mission: Mission, site: Site, outcome: Outcome) -> tuple[Violation, ...]:
    """All violations of the sorties after the first."""
    found: list[Violation] = []
    with progress_of("checking") as progress:
        for number, plan in enumerate(others):
            progress("sorties", number, len(others))
            found += check_plan(plan, mission, site, outcome.spots)
    return tuple(found)


def _make(mission: Mission, site: Site, patience: Patience | None) -> tuple[Plan, ...]:
    with progress_of("planning") as progress:
        return make_sorties(
            mission, site=site, progress=lambda phase, done: progress(phase, done, 1.0), patience=patience
        )


def _measured(sorties: Sequence[Plan], mission: Mission, site: Site) -> list[Plan]:
    """The plans with their intrusion figures."""
    around = surroundings_of(Polygon(sorties[0].perimeter), mission, site)
    return [made.model_copy(update={"intrusion": intrusion_of(made, mission, around)}) for made in sorties]
