"""The report of a run: one self-contained HTML page in plain words, with the outcome first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.camera import RECOGNISE_PX_PER_M
from blindspot.core import plain_text, write_whole
from blindspot.coverage.maps import NO_BREAK, area_text, map_figure, seen_map, templates
from blindspot.evidence.about_run import SIMULATED
from blindspot.evidence.masks.miss_rate import NOT_MEASURED, MissFigure
from blindspot.evidence.observed.limits import CLEARANCE, SEPARATION, Judged, State
from blindspot.evidence.observed.summary_file import CoverageFacts, DroneFacts, Summary
from blindspot.evidence.observed.track import Track
from blindspot.evidence.proportion.section import HEADING as PROPORTION_HEADING, Section, section_of
from blindspot.evidence.story import NO_STORY, Story
from blindspot.evidence.summary import planned_m2
from blindspot.evidence.watches.watch_section import HEADING as WATCH_HEADING, WatchBar, bars_of
from blindspot.mission import GroundMasks, Plan
from blindspot.planning.reasons import shown_ground
from blindspot.site import Site

FILE_NAME = "report.html"
UNKNOWN = "unknown"
NO_BUILDING = "none within 50 m"
BOXES = "boxes in all pictures: one person counts once in each; without identity"
MAP_PX = 960
DRONE_HEADING = (
    "Drone", "Flight time", "Distance", "Greatest route deviation", "Least distance to a building", "Battery left",
)  # fmt: skip

OUTCOMES: Mapping[str, tuple[str, str]] = {
    "completed": ("Completed", "Every route was flown to the end."),
    "degraded": ("Completed with losses", "Every route was flown to the end; a part of the system was lost."),
    "returned": ("Returned early", "The drones returned before their routes were finished."),
    "aborted": ("Aborted", "The flight was aborted."),
    "refused": ("Refused", "The mission was not allowed to fly."),
    "failed": ("Failed", "The mission did not end as planned."),
    "unaccounted": ("Drone unaccounted for", "A drone may still be airborne or lie somewhere: search for it at once."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A figure with its name and an optional explanation."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that the page says, as text ready to be laid out."""

    title: str
    outcome: str
    is_good: bool
    sentences: tuple[str, ...]
    figures: tuple[Row, ...]
    coverage: tuple[Row, ...]
    drones: tuple[tuple[str, ...], ...]
    safety: tuple[Row, ...]
    violations: tuple[str, ...]
    limits: tuple[tuple[str, ...], ...]
    unseen: tuple[Row, ...]
    unseen_title: str
    proportion: Section | None
    watch: tuple[WatchBar, ...]
    identity: tuple[Row, ...]
    attribution: str
    story: Story
    caption: str
    simulated: bool


def write_report(
    run_dir: Path,
    plan: Plan,
    summary: Summary,
    *,
    site: Site,
    masks: GroundMasks,
    seen: NDArray[np.bool_] | None,
    tracks: Mapping[str, Track],
    authorisation_id: str,
    story: Story = NO_STORY,
    later: Sequence[Plan] = (),
) -> Path:
    """Write `report.html` into `run_dir`.

    Of several sorties, `plan` is the first and `later` those after it that were flown. An unknown figure of the
    `summary` is shown as such. `seen` is the really seen ground, bool, shaped as the grid of `masks`; None if
    unknown. `story` is the text beside the figures.
    """
    routes = [route for part in (plan, *later) for route in part.routes]
    flown = {
        route.drone: track.flights_m()[:, :2] for route in routes
        if (track := tracks.get(route.drone)) is not None and track.in_air.any()
    }  # fmt: skip
    untracked = [each.name for each in summary.drones if each.flight_time_s is None and each.name not in flown]
    contents = contents_of(
        plan, summary, site.name, site.attribution, authorisation_id, story,
        caption=_caption(flown, untracked, masks, seen),
        seen_m2=None if seen is None else float((masks.blind & seen).sum()) * masks.grid.cell_area_m2,
    )  # fmt: skip
    nowhere = np.zeros_like(masks.blind)
    drawn, green = (masks, seen) if seen is not None else (replace(masks, blind=nowhere), nowhere)
    picture = seen_map(
        site, drawn, Polygon(plan.perimeter), green, routes,
        title=f"{'SIMULATED: ' * contents.simulated}{site.name}: ground seen in flight{' is unknown' * (seen is None)}",
        size_px=MAP_PX,
        subtitle="Public ground inside the perimeter, planned routes and flown tracks",
        flown=flown,
    )  # fmt: skip
    path = run_dir / FILE_NAME
    write_whole(path, page(contents, map_figure.of(picture)))
    return path


def _caption(
    flown: Mapping[str, Any], untracked: Sequence[str], masks: GroundMasks, seen: NDArray[np.bool_] | None
) -> str:
    """The caption of the map. It names only the kinds of ground that the map shows."""
    unknown = (("whether the drones saw the other public ground is unknown", masks.blind),)
    known = (
        ("green ground was seen by the drones", masks.blind & seen),
        ("red ground is still blind", masks.blind & ~seen),
    ) if seen is not None else unknown  # fmt: skip
    grounds = (("blue ground is covered by the fixed cameras", masks.fixed_seen), *known)
    shown = ", ".join(text for text, cells in grounds if cells.any())
    lines = (
        f"Coloured lines are the flown tracks of {_count(len(flown), 'drone')}, grey lines the planned routes"
        if flown else f"Lines are the planned routes{'' if untracked else '; no drone flew'}"
    )  # fmt: skip
    lines += f"; the track of {', '.join(untracked)} is unknown." if untracked else "."
    return f"{shown[:1].upper()}{shown[1:]}. {lines}" if shown else lines


def page(contents: Contents, drawn: map_figure.Figure) -> str:
    """The page as HTML with the map embedded."""
    template = templates(Path(__file__).parent).get_template("report.html.j2")
    return template.render(
        it=contents,
        map=drawn,
        drone_heading=DRONE_HEADING,
        proportion_heading=PROPORTION_HEADING,
        watch_heading=WATCH_HEADING,
        simulated=SIMULATED if contents.simulated else "",
    )


def contents_of(
    plan: Plan, summary: Summary, site_name: str, attribution: str, authorisation_id: str,
    story: Story = NO_STORY, *, caption: str = "", seen_m2: float | None = None,
) -> Contents:  # fmt: skip
    """The text of the page for a run; `caption` stands under the map. `seen_m2` is the blind ground that was seen; by
    default it follows from the rounded share."""
    outcome = summary.outcome or UNKNOWN
    heading, sentence = OUTCOMES.get(outcome, (outcome.capitalize(), "The recorded outcome of the run is unknown."))
    cover, violations = summary.coverage, summary.violations or ()
    simulated = summary.simulated is True  # unknown counts as real
    sentences = (
        sentence + _sorties_sentence(summary) + (f" Reason: {summary.reason}." if summary.reason else ""),
        f"{_flown(summary.drones)} saw {plain_text.percent(cover.seen_blind_fraction, 1, 'an unknown part')} "
        f"of the public ground that the fixed cameras leave blind ({area(cover.blind_area_m2)}); the plan predicted "
        f"{plain_text.percent(cover.planned_blind_fraction, 1)}.",
        _safety_sentence(summary),
    )
    return Contents(
        title=f"{'Simulated' if simulated else 'Real'} flight over blind spots, {site_name}",
        outcome=heading,
        is_good=outcome == "completed" and summary.violations == (),
        sentences=sentences,
        figures=_figures(summary),
        coverage=_coverage(plan, cover, seen_m2),
        drones=tuple(_drone(drone, summary) for drone in summary.drones),
        safety=_safety(plan, summary, story),
        violations=violations,
        limits=tuple((one.limit, one.allowed, one.worst, str(one.state)) for one in summary.limits or ()),
        unseen=_unseen(plan, story),
        unseen_title="Unseen ground by cause" if story.causes is not None else "Ground unseen by the plan, by cause",
        proportion=None if summary.proportion is None else section_of(summary.proportion),
        watch=bars_of(summary.watch or {}),
        identity=_identity(plan, summary, authorisation_id, story),
        attribution=attribution,
        story=story,
        caption=caption,
        simulated=simulated,
    )


def _flown(drones: Sequence[DroneFacts]) -> str:
    """The number of drones that left the ground. One of unknown flight time may have flown."""
    number = sum(drone.has_flown for drone in drones)
    if any(drone.flight_time_s is None for drone in drones):
        return f"At least {_count(number, 'drone')}" if number else "An unknown number of drones"
    return _count(number, "drone")


def _sorties_sentence(summary: Summary) -> str:
    if summary.sorties is None:
        return ""
    packs = ", each with fresh battery packs" if summary.sorties.flown else ""
    return f" {summary.sorties.flown} of {summary.sorties.of} sorties were flown{packs}."


def _safety_sentence(summary: Summary) -> str:
    judged = summary.limits
    if summary.violations is None or judged is None:
        return "It is unknown whether a limit was broken."
    unobserved = [one.limit for one in judged if one.state == State.not_observed]
    aside = f" Not observed: {', '.join(unobserved)}." if unobserved else ""
    if summary.violations:
        return f"{_count(_number_in(judged, State.broken), 'limit')} broken: see below.{aside}"
    return f"{_count(len(judged) - len(unobserved), 'limit')} observed, none broken.{aside}"


def _number_in(judged: Sequence[Judged], state: State) -> int:
    return sum(one.state == state for one in judged)


def _unseen(plan: Plan, story: Story) -> tuple[Row, ...]:
    """Unseen ground by cause: of the run if its story has causes, else of the plan."""
    if story.causes is None:
        return tuple(Row(part.cause, area(part.area_m2)) for part in shown_ground(plan.coverage.unseen))
    rows = tuple(Row(part.cause, area(part.area_m2), part.note) for part in shown_ground(story.causes))
    return (*rows, Row("in all", area(sum(part.area_m2 for part in story.causes)))) if len(rows) > 1 else rows


def _figures(summary: Summary) -> tuple[Row, ...]:
    return (
        Row("of the blind ground seen", plain_text.percent(summary.coverage.seen_blind_fraction, 1)),
        Row("of the public ground seen by fixed cameras", plain_text.percent(summary.coverage.fixed_fraction, 1)),
        Row("least distance between drones", separation(summary, 0)),
        Row("limits broken", _limits_broken(summary.limits)),
    )


def _limits_broken(judged: Sequence[Judged] | None) -> str:
    if not judged:
        return UNKNOWN
    return f"{_number_in(judged, State.broken)} of {len(judged) - _number_in(judged, State.not_observed)}"


def _coverage(plan: Plan, cover: CoverageFacts, seen_m2: float | None) -> tuple[Row, ...]:
    planned = plan.coverage
    blind_m2, share = cover.blind_area_m2, cover.seen_blind_fraction
    if seen_m2 is None and blind_m2 is not None and share is not None:
        seen_m2 = blind_m2 * share
    return (
        Row("Public ground in the perimeter", area(planned.public_area_m2)),
        Row("Seen by fixed cameras", f"{area(planned.fixed_area_m2)} ({plain_text.percent(cover.fixed_fraction, 1)})"),
        Row("Blind ground", area(blind_m2)),
        Row("Visible from lawful viewpoints, estimated", area(planned.reachable_area_m2)),
        Row("Planned coverage", f"{area(planned_m2(plan))} ({plain_text.percent(cover.planned_blind_fraction, 1)})"),
        Row(
            "Flown coverage",
            f"{area(seen_m2)} ({plain_text.percent(share, 1)})",
            "from the flown positions and camera angles",
        ),
    )


def _drone(drone: DroneFacts, summary: Summary) -> tuple[str, ...]:
    return (
        drone.name or UNKNOWN,
        minutes(drone.flight_time_s),
        metres(drone.distance_m),
        metres(drone.max_route_deviation_m, 1),
        _least_gap([drone], summary),
        plain_text.percent(drone.battery_left_fraction, 1),
    )


def _least_gap(drones: Sequence[DroneFacts], summary: Summary) -> str:
    """The least distance of these drones from a building. Null of a drone that flew means that it came near none, if
    the limit was observed."""
    known_m = [gap_m for drone in drones if (gap_m := drone.min_building_clearance_m) is not None]
    is_observed = _state(summary, CLEARANCE) not in (None, State.not_observed)
    if known_m and (is_observed or len(known_m) == len(drones)):
        return least_metres(min(known_m), 1)
    flew = any(drone.has_flown for drone in drones)
    return NO_BUILDING if is_observed and flew and not known_m else UNKNOWN


def _safety(plan: Plan, summary: Summary, story: Story) -> tuple[Row, ...]:
    band = plan.band
    missed = story.missed or MissFigure(NOT_MEASURED, "The model that searched the pictures is unknown.")
    return (
        _distance("Least distance between drones", separation(summary, 1), summary, SEPARATION),
        _distance("Least distance to a building", _least_gap(summary.drones, summary), summary, CLEARANCE),
        Row("Detections", whole(summary.detections), BOXES),
        Row(
            "Pixel density allowed",
            f"{band.min_px_per_m:g} to {band.max_px_per_m:g} px/m",
            "enough to detect a person, not to recognise one"
            if band.max_px_per_m < RECOGNISE_PX_PER_M
            else "a person who is known can be recognised",
        ),
        _pictures(plan, story),
        Row("Miss rate of head masking", missed.value, missed.note),
    )


def _pictures(plan: Plan, story: Story) -> Row:
    """The density of the published pictures. Ground in coarser pictures was not shown as the mission asks."""
    least = plan.band.min_px_per_m
    note = "no surface is shown finer, whoever is masked"
    if any(each.is_withheld or each.px_per_m < least for each in story.published):
        note = f"the ground was not shown at the mission's {least:g} px/m"
    return Row("Masked pictures", "; ".join(map(str, story.published)) or UNKNOWN, note if story.published else "")


def _identity(plan: Plan, summary: Summary, authorisation_id: str, story: Story) -> tuple[Row, ...]:
    run = (
        ("Run", summary.order.run if summary.order else ""), ("Mission", story.mission), ("Start", story.start),
        ("Wind", story.wind), ("Report created", story.made),
    )  # fmt: skip
    later = [
        Row(f"Plan of sortie {number}", part.id, f"SHA-256 {part.sha256}")
        for number, part in enumerate(summary.sorties.plans if summary.sorties else (), 1)
    ]
    return (
        *(Row(label, value) for label, value in run if value),
        Row("Authorisation", authorisation_id or UNKNOWN),
        Row("Plan", plan.id),
        Row("SHA-256 of the plan", plan.sha256),
        *later[1:],
        Row("Mission file", plan.mission),
        Row("Seed", str(plan.seed)),
        Row("Wall-clock time", minutes(summary.wall_time_s)),
        Row("Speed factor", UNKNOWN if summary.speed_factor is None else f"{summary.speed_factor:.1f} x real time"),
    )


def area(area_m2: float | None) -> str:
    return UNKNOWN if area_m2 is None else area_text(area_m2)


def metres(value: float | None, digits: int = 0) -> str:
    return UNKNOWN if value is None else f"{value:,.{digits}f} m".replace(",", NO_BREAK).replace(" ", NO_BREAK)


def least_metres(value: float | None, digits: int) -> str:
    """A least distance, rounded down."""
    return metres(None if value is None else plain_text.rounded_down(value, digits), digits)


def separation(summary: Summary, digits: int) -> str:
    """The least distance of two drones as text. None with whole tracks: they never flew at the same time."""
    is_whole = summary.limits is not None and _state(summary, SEPARATION) != State.not_observed
    is_never = summary.min_separation_m is None and is_whole
    return "never together" if is_never else least_metres(summary.min_separation_m, digits)


def _distance(label: str, value: str, summary: Summary, limit: str) -> Row:
    is_partly_known = value != UNKNOWN and _state(summary, limit) == State.not_observed
    return Row(label, value, "at the known positions alone" if is_partly_known else "")


def _state(summary: Summary, limit: str) -> State | None:
    """The state of a limit; None if the run does not name it."""
    return next((one.state for one in summary.limits or () if one.limit == limit), None)


def minutes(time_s: float | None) -> str:
    return UNKNOWN if time_s is None else f"{int(time_s) // 60} min {int(time_s) % 60:02d} s"


def whole(number: int | None) -> str:
    return UNKNOWN if number is None else f"{number:,}".replace(",", NO_BREAK)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
