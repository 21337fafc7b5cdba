"""The few camera changes that close most blind ground of a town, the saved flight, and their files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blindspot.core import InputError, PlanningError, plain_text

if TYPE_CHECKING:
    from blindspot.coverage.ground import BlindSpots
    from blindspot.coverage.improve import Improvement
    from blindspot.coverage.records import Provenance
    from blindspot.mission import Mission
    from blindspot.site import Site

SCOPES = {
    "turned": "cameras turned, tilted or parked",
    "built": "higher masts and new cameras on poles, too",
}
PICTURES = {"turned": "improve.png", "built": "improve_built.png"}
NO_FLIGHT = "no flight needed"
ENOUGH = 0.8
"""Share of the closed ground of all changes. The recommended set is the smallest set that reaches this share."""

Figures = dict[str, Any]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ImprovementRequest:
    """A question about a town: its folder, the moment of its dated obstacles, where and at which density, the largest
    number of changes, and the mission whose flight they shorten. A mission brings its own perimeter and density."""

    site_dir: Path
    at: datetime | None
    perimeter: Path | None
    min_px_per_m: float
    most: int
    mission: Path | None


def find_improvements(folder: Path, asked: ImprovementRequest, progress: Progress) -> tuple[Figures, tuple[Path, ...]]:
    """Find the best sets of changes to the fixed cameras, and the flight time that each saves.

    Returns:
        The document, as written, and the files in `folder`: `improve.json` and a picture for each scope.

    Raises:
        InputError: The mission belongs to another site, a limit is given twice, or the town has no camera and no pole.
    """
    from blindspot.coverage.improve import as_document, improve, spots_today
    from blindspot.coverage.records import provenance_of
    from blindspot.site import load_area, load_site

    mission = _mission(asked) if asked.mission else None
    site = load_site(asked.site_dir, asked.at or (mission.file.start if mission else None))
    perimeter = mission.perimeter_path if mission else asked.perimeter
    min_px_per_m = mission.file.band.min_px_per_m if mission else asked.min_px_per_m
    area = load_area(perimeter, site.frame) if perimeter else site.area_of_interest
    provenance = provenance_of(site, [path for path in (perimeter, asked.mission) if path])
    if not (site.cameras or site.poles):
        fix = "draw where new cameras may stand into poles.geojson and name it under places in site.yaml"
        raise InputError(asked.site_dir, "--improve", "the town has no camera and no pole", fix)
    spots = spots_today(site, area, min_px_per_m)
    found = improve(site, spots, asked.most, progress)
    document = as_document(site, spots, found, provenance)
    if mission:
        today, *after = _flights(site, spots, found, mission, progress)
        document["flight_today"] = today
        for improvement, flight in zip(document["sets"], after, strict=True):
            improvement["flight"] = flight
    return document, _write(folder, site, spots, found, document, provenance)


def _mission(asked: ImprovementRequest) -> Mission:
    from blindspot.coverage.ground import DETECT
    from blindspot.mission import load_mission

    assert asked.mission is not None
    mission = load_mission(asked.mission)
    if mission.site_dir.resolve() != asked.site_dir.resolve():
        raise InputError(
            asked.mission, "site", f"is {mission.site_dir.resolve()}", f"give a mission over {asked.site_dir}"
        )
    if asked.perimeter:
        raise InputError(asked.mission, "perimeter", "is given twice", "leave --perimeter out: the mission has one")
    own_px_per_m = mission.file.band.min_px_per_m
    if asked.min_px_per_m not in (DETECT.min_px_per_m, own_px_per_m):
        problem = f"is {asked.min_px_per_m:g}, and the mission has {own_px_per_m:g}"
        raise InputError("blindspot coverage", "--min-px-per-m", problem, "leave one out")
    return mission


def recommended(steps: Sequence[Figures]) -> Figures:
    """The smallest set that makes the flight unnecessary, otherwise the smallest set that closes the share ENOUGH."""
    enough_m2 = ENOUGH * max(step["closed_m2"] for step in steps)
    spared = (step for step in steps if step.get("flight", {}).get("why_none") == NO_FLIGHT)
    return next(spared, None) or next(step for step in steps if step["closed_m2"] >= enough_m2)


def _flights(
    site: Site,
    spots: BlindSpots,
    found: Sequence[Improvement],
    mission: Mission,
    progress: Progress,
) -> tuple[Figures, ...]:
    """The planner's result for today's cameras, then for each set of changes."""
    from blindspot.coverage.improve import changed

    flights = []
    for number, changes in enumerate([(), *(step.changes for step in found)]):
        progress("planning flights", number, len(found) + 1)
        closed_m2 = found[number - 1].closed_m2 if number else 0.0
        flights.append(flown(mission, changed(site, changes), is_all_seen=closed_m2 >= spots.blind_area_m2))
    return tuple(flights)


def flown(mission: Mission, site: Site, *, is_all_seen: bool) -> Figures:
    """The planner's result for a mission over a site. If there is no plan, `why_none` states the reason."""
    from blindspot.planning import make_plan

    if is_all_seen:
        return {"min": 0.0, "drones": 0, "seen_of_blind": 1.0, "why_none": NO_FLIGHT}
    try:
        plan = make_plan(mission, site=site)
    except PlanningError as error:
        return {"min": 0.0, "drones": 0, "seen_of_blind": 0.0, "why_none": str(error)}
    return {
        "min": round(sum(route.expected.flight_time_s for route in plan.routes) / 60, 2),
        "drones": len(plan.routes),
        "seen_of_blind": plain_text.rounded_down(plan.coverage.planned_blind_fraction, 4),
        "why_none": None,
    }


def _write(
    folder: Path, site: Site, spots: BlindSpots, found: Sequence[Improvement], document: Figures, provenance: Provenance
) -> tuple[Path, ...]:
    """Write the document, and a picture of the largest set of each scope."""
    from blindspot.core import writable_or_error
    from blindspot.coverage import as_text
    from blindspot.coverage.improve import seen_after
    from blindspot.coverage.maps import area_text, improvement_map

    files = [folder / "improve.json"]
    with writable_or_error(folder):
        files[0].write_text(as_text(document) + "\n", encoding="utf-8")
        for scope, largest in {improvement.scope: improvement for improvement in found}.items():
            cameras = [change.after for change in largest.changes]
            seen, title = seen_after(site, spots, largest.changes), f"{site.name}: {SCOPES[scope]}"
            picture = improvement_map(site, spots, seen, cameras, title, provenance)
            picture.fact("cameras changed or put up", str(len(cameras)))
            picture.fact("blind ground closed, net area", area_text(largest.closed_m2))
            picture.fact("of all that is blind", plain_text.percent(largest.closed_m2 / spots.blind_area_m2, 1))
            if largest.elsewhere_m2:
                picture.fact("seen no more outside the perimeter", area_text(-largest.elsewhere_m2))
            files.append(folder / PICTURES[scope])
            picture.save(files[-1], provenance.tags)
    return tuple(files)
