"""The report of a run: one self-contained HTML page in plain words, with the outcome first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.camera import RECOGNISE_PX_PER_M
from blindspot.core import plain_text, write_whole
from blindspot.coverage.maps import NO_BREAK, area_text, map_figure, seen_map, templates
from blindspot.evidence.about_run import SIMULATED
from blindspot.evidence.miss_rate import NOT_MEASURED, MissFigure
from blindspot.evidence.observed.limits import CLEARANCE, SEPARATION, State
from blindspot.evidence.observed.track import Track
from blindspot.evidence.story import NO_STORY, Story
from blindspot.evidence.summary import planned_m2
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
    "completed": ("Completed", "Every route was flown to its end."),
    "degraded": ("Completed with losses", "Every route was flown to its end; a part of the system was lost."),
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
    identity: tuple[Row, ...]
    attribution: str
    story: Story
    caption: str
    simulated: bool


def write_report(
    run_dir: Path,
    plan: Plan,
    summary: Mapping[str, Any],
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

    Of several sorties, `plan` is the first and `later` those after it that were flown. A figure that is missing in the
    `summary` is shown as "unknown". `seen` is the really seen ground, bool, shaped as the grid of `masks`; None if
    unknown. `story` is the text beside the figures.
    """
    routes = [route for part in (plan, *later) for route in part.routes]
    flown = {
        route.drone: track.flights_m()[:, :2] for route in routes
        if (track := tracks.get(route.drone)) is not None and track.in_air.any()
    }  # fmt: skip
    untracked = [name for drone in summary.get("drones") or () if (name := _untracked(drone)) and name not in flown]
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
        it=contents, map=drawn, drone_heading=DRONE_HEADING, simulated=SIMULATED if contents.simulated else ""
    )


def contents_of(
    plan: Plan, summary: Mapping[str, Any], site_name: str, attribution: str, authorisation_id: str,
    story: Story = NO_STORY, *, caption: str = "", seen_m2: float | None = None,
) -> Contents:  # fmt: skip
    """The text of the page for a run; `caption` stands under the map. `seen_m2` is the blind ground that was seen; by
    default it follows from the rounded share."""
    outcome = str(summary.get("outcome") or UNKNOWN)
    heading, sentence = OUTCOMES.get(outcome, (outcome.capitalize(), "The recorded outcome of the run is unknown."))
    cover = summary.get("coverage") or {}
    violations = tuple(_violation(item) for item in summary.get("violations") or ())
    drones, reason = summary.get("drones") or (), str(summary.get("reason") or "")
    simulated = summary.get("simulated") is True  # unknown counts as real
    sentences = (
        sentence + _sorties_sentence(summary) + (f" Reason: {reason}." if reason else ""),
        f"{_flown(drones)} saw {_part(cover.get('seen_blind_fraction'))} of the public ground that "
        f"the fixed cameras leave blind ({area(cover.get('blind_area_m2'))}); the plan predicted "
        f"{percent(cover.get('planned_blind_fraction'))}.",
        _safety_sentence(summary, violations),
    )
    return Contents(
        title=f"{'Simulated' if simulated else 'Real'} flight over blind spots, {site_name}",
        outcome=heading,
        is_good=outcome == "completed" and summary.get("violations") == [],
        sentences=sentences,
        figures=_figures(summary, cover),
        coverage=_coverage(plan, cover, seen_m2),
        drones=tuple(_drone(drone, summary) for drone in drones),
        safety=_safety(plan, summary, drones, story),
        violations=violations,
        limits=tuple(_limit(limit) for limit in summary.get("limits") or ()),
        unseen=_unseen(plan, story),
        unseen_title="Unseen ground by cause" if story.causes is not None else "Ground unseen by the plan, by cause",
        identity=_identity(plan, summary, authorisation_id, story),
        attribution=attribution,
        story=story,
        caption=caption,
        simulated=simulated,
    )


def _flown(drones: Sequence[Mapping[str, Any]]) -> str:
    """The number of drones that left the ground. One of unknown flight time may have flown."""
    number = sum(is_number(time_s := drone.get("flight_time_s")) and time_s > 0 for drone in drones)
    if any(map(_untracked, drones)):
        return f"At least {_count(number, 'drone')}" if number else "An unknown number of drones"
    return _count(number, "drone")


def _untracked(drone: Mapping[str, Any]) -> str:
    """The name of a drone whose flight is unknown; empty for any other one."""
    return str(drone.get("name")) if "flight_time_s" in drone and drone["flight_time_s"] is None else ""


def _sorties_sentence(summary: Mapping[str, Any]) -> str:
    sorties = summary.get("sorties")
    if not isinstance(sorties, Mapping):
        return ""
    packs = ", each with fresh battery packs" if sorties.get("flown") else ""
    return f" {sorties.get('flown')} of {sorties.get('of')} sorties were flown{packs}."


def _safety_sentence(summary: Mapping[str, Any], violations: Sequence[str]) -> str:
    judged = summary.get("limits")
    if summary.get("violations") is None or judged is None:
        return "It is unknown whether a limit was broken."
    unobserved = [str(limit.get("limit")) for limit in judged if limit.get("state") == State.not_observed]
    aside = f" Not observed: {', '.join(unobserved)}." if unobserved else ""
    if violations:
        return f"{_count(_number_in(judged, State.broken), 'limit')} broken: see below.{aside}"
    return f"{_count(len(judged) - len(unobserved), 'limit')} observed, none broken.{aside}"


def _number_in(judged: Sequence[Mapping[str, Any]], state: State) -> int:
    return sum(limit.get("state") == state for limit in judged)


def _limit(limit: Mapping[str, Any]) -> tuple[str, ...]:
    """Name, allowed value, worst value and state of a limit."""
    return tuple(str(limit.get(name) or "") for name in ("limit", "allowed", "worst", "state"))


def _unseen(plan: Plan, story: Story) -> tuple[Row, ...]:
    """Unseen ground by cause: of the run if its story has causes, else of the plan."""
    if story.causes is None:
        return tuple(Row(part.cause, area(part.area_m2)) for part in shown_ground(plan.coverage.unseen))
    rows = tuple(Row(part.cause, area(part.area_m2), part.note) for part in shown_ground(story.causes))
    return (*rows, Row("in all", area(sum(part.area_m2 for part in story.causes)))) if len(rows) > 1 else rows


def _figures(summary: Mapping[str, Any], cover: Mapping[str, Any]) -> tuple[Row, ...]:
    return (
        Row("of the blind ground seen", percent(cover.get("seen_blind_fraction"))),
        Row("of the public ground seen by fixed cameras", percent(cover.get("fixed_fraction"))),
        Row("least distance between drones", separation(summary, 0)),
        Row("limits broken", _limits_broken(summary)),
    )


def _limits_broken(summary: Mapping[str, Any]) -> str:
    judged = summary.get("limits")
    if not judged:
        return UNKNOWN
    return f"{_number_in(judged, State.broken)} of {len(judged) - _number_in(judged, State.not_observed)}"


def _coverage(plan: Plan, cover: Mapping[str, Any], seen_m2: float | None) -> tuple[Row, ...]:
    planned = plan.coverage
    blind_m2, share = cover.get("blind_area_m2"), cover.get("seen_blind_fraction")
    if seen_m2 is None and is_number(blind_m2) and is_number(share):
        seen_m2 = float(blind_m2) * float(share)
    return (
        Row("Public ground in the perimeter", area(planned.public_area_m2)),
        Row("Seen by fixed cameras", f"{area(planned.fixed_area_m2)} ({percent(cover.get('fixed_fraction'))})"),
        Row("Blind ground", area(blind_m2)),
        Row("Visible from lawful viewpoints, estimated", area(planned.reachable_area_m2)),
        Row("Planned coverage", f"{area(planned_m2(plan))} ({percent(cover.get('planned_blind_fraction'))})"),
        Row("Flown coverage", f"{area(seen_m2)} ({percent(share)})", "from the flown positions and camera angles"),
    )


def _drone(drone: Mapping[str, Any], summary: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        str(drone.get("name") or UNKNOWN),
        minutes(drone.get("flight_time_s")),
        metres(drone.get("distance_m")),
        metres(drone.get("max_route_deviation_m"), 1),
        _least_gap([drone], summary),
        percent(drone.get("battery_left_fraction")),
    )


def _least_gap(drones: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> str:
    """The least distance of these drones from a building. Null of a drone that flew means that it came near none, if
    the limit was observed."""
    gaps_m = [drone.get("min_building_clearance_m") for drone in drones]
    known_m = [gap_m for gap_m in gaps_m if is_number(gap_m)]
    judged = {one.get("limit"): one.get("state") for one in summary.get("limits") or ()}
    is_observed = judged.get(CLEARANCE, State.not_observed) != State.not_observed
    if known_m and (is_observed or len(known_m) == len(gaps_m)):
        return least_metres(min(known_m), 1)
    flew = any(is_number(time_s := drone.get("flight_time_s")) and time_s > 0 for drone in drones)
    return NO_BUILDING if is_observed and flew and not known_m else UNKNOWN


def _safety(
    plan: Plan, summary: Mapping[str, Any], drones: Sequence[Mapping[str, Any]], story: Story
) -> tuple[Row, ...]:
    band = plan.band
    missed = story.missed or MissFigure(NOT_MEASURED, "The model that searched the pictures is unknown.")
    return (
        _distance("Least distance between drones", separation(summary, 1), summary, SEPARATION),
        _distance("Least distance to a building", _least_gap(drones, summary), summary, CLEARANCE),
        Row("Detections", whole(summary.get("detections")), BOXES),
        Row(
            "Pixel density allowed",
            f"{band.min_px_per_m:g} to {band.max_px_per_m:g} px/m",
            "enough to detect a person, not to recognise one"
            if band.max_px_per_m < RECOGNISE_PX_PER_M
            else "a person who is known can be recognised",
        ),
        Row("Miss rate of head masking", missed.value, missed.note),
    )


def _identity(plan: Plan, summary: Mapping[str, Any], authorisation_id: str, story: Story) -> tuple[Row, ...]:
    order, sorties = summary.get("order") or {}, summary.get("sorties") or {}
    run = (
        ("Run", order.get("run")), ("Mission", story.mission), ("Start", story.start), ("Wind", story.wind),
        ("Report created", story.made),
    )  # fmt: skip
    later = [
        Row(f"Plan of sortie {number}", str(part.get("id")), f"SHA-256 {part.get('sha256')}")
        for number, part in enumerate(sorties.get("plans") or (), 1)
    ]
    return (
        *(Row(label, str(value)) for label, value in run if value),
        Row("Authorisation", authorisation_id or UNKNOWN),
        Row("Plan", plan.id),
        Row("SHA-256 of the plan", plan.sha256),
        *later[1:],
        Row("Mission file", plan.mission),
        Row("Seed", str(plan.seed)),
        Row("Wall-clock time", minutes(summary.get("wall_time_s"))),
        Row(
            "Speed factor",
            f"{summary['speed_factor']:.1f} x real time" if is_number(summary.get("speed_factor")) else UNKNOWN,
        ),
    )


def _violation(item: object) -> str:
    if isinstance(item, Mapping):
        parts = [str(item[key]) for key in ("rule", "drone", "detail") if item.get(key) not in (None, "")]
        return ": ".join(parts) or str(dict(item))
    return str(item)


def is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _part(share: Any) -> str:
    return percent(share) if is_number(share) else "an unknown part"


def percent(value: Any) -> str:
    return f"{plain_text.percent_of(value, 1)}{NO_BREAK}%" if is_number(value) else UNKNOWN


def area(value: Any) -> str:
    return area_text(value) if is_number(value) else UNKNOWN


def metres(value: Any, digits: int = 0) -> str:
    return f"{value:,.{digits}f} m".replace(",", NO_BREAK).replace(" ", NO_BREAK) if is_number(value) else UNKNOWN


def least_metres(value: Any, digits: int) -> str:
    """A least distance, rounded down."""
    return metres(plain_text.rounded_down(value, digits) if is_number(value) else None, digits)


def separation(summary: Mapping[str, Any], digits: int) -> str:
    """The least distance of two drones as text; null in the summary means that they never flew at the same time, if
    the tracks are whole."""
    is_never = "min_separation_m" in summary and summary["min_separation_m"] is None
    is_never = is_never and not _is_unobserved(summary, SEPARATION)
    return "never together" if is_never else least_metres(summary.get("min_separation_m"), digits)


def _distance(label: str, value: str, summary: Mapping[str, Any], limit: str) -> Row:
    is_partly_known = value != UNKNOWN and _is_unobserved(summary, limit)
    return Row(label, value, "at the known positions alone" if is_partly_known else "")


def _is_unobserved(summary: Mapping[str, Any], limit: str) -> bool:
    judged = summary.get("limits") or ()
    return any((one.get("limit"), one.get("state")) == (limit, State.not_observed) for one in judged)


def minutes(value: Any) -> str:
    return f"{int(value) // 60} min {int(value) % 60:02d} s" if is_number(value) else UNKNOWN


def whole(value: Any) -> str:
    return f"{value:,.0f}".replace(",", NO_BREAK) if is_number(value) else UNKNOWN


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
