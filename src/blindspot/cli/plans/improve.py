"""`blindspot coverage SITE --improve`: the few camera changes that close most blind ground, and the saved flight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blindspot.core import InputError, PlanningError, escape_codes, plain_text

if TYPE_CHECKING:
    from blindspot.coverage.ground import BlindSpots
    from blindspot.coverage.improve import Improvement
    from blindspot.coverage.records import Provenance
    from blindspot.mission import Mission
    from blindspot.site import Site

TITLES = {
    "turned": "cameras turned, tilted or parked",
    "built": "higher masts and new cameras on poles, too",
}
PICTURES = {"turned": "improve.png", "built": "improve_built.png"}
NO_FLIGHT = "no flight needed"
ENOUGH = 0.8
"""Share of the closed ground of all changes. The recommended set is the smallest set that reaches this share."""

Figures = dict[str, Any]
Progress = Callable[[str, int, int], None]


def improve_into(
    folder: Path, *, site_dir: Path, at: datetime | None, perimeter: Path | None, min_px_per_m: float, most: int,
    mission: Path | None, as_json: bool,
) -> tuple[Path, ...]:  # fmt: skip
    """Find the best sets of changes to the fixed cameras, and the flight time that each saves. Write and print them,
    and return the files."""
    from blindspot.core import progress_of
    from blindspot.coverage import as_text
    from blindspot.coverage.improve import as_document, improve, spots_today
    from blindspot.coverage.records import provenance_of
    from blindspot.site import load_area, load_site

    asked = _mission(mission, site_dir, perimeter) if mission else None
    site = load_site(site_dir, at or (asked.file.start if asked else None))
    if asked:
        _refuse_other_density(asked, min_px_per_m)
        perimeter, min_px_per_m = asked.perimeter_path, asked.file.band.min_px_per_m
    area = load_area(perimeter, site.frame) if perimeter else site.area_of_interest
    provenance = provenance_of(site, [path for path in (perimeter, mission) if path])
    with progress_of("improving") as progress:
        if not (site.cameras or site.poles):
            fix = "draw where new cameras may stand into poles.geojson and name it under places in site.yaml"
            raise InputError(site_dir, "--improve", "the town has no camera and no pole", fix)
        spots = spots_today(site, area, min_px_per_m)
        found = improve(site, spots, most, progress)
        document = as_document(site, spots, found, provenance)
        if asked:
            today, *after = _flights(site, spots, found, asked, progress)
            document["flight_today"] = today
            for improvement, flight in zip(document["sets"], after, strict=True):
                improvement["flight"] = flight
        files = _write(folder, site, spots, found, document, provenance)
    if as_json:
        print(escape_codes(as_text(document)))
    else:
        print_improvements(document)
    return files


def _mission(path: Path, site_dir: Path, perimeter: Path | None) -> Mission:
    from blindspot.mission import load_mission

    mission = load_mission(path)
    if mission.site_dir.resolve() != site_dir.resolve():
        raise InputError(path, "site", f"is {mission.site_dir.resolve()}", f"give a mission over {site_dir}")
    if perimeter:
        raise InputError(path, "perimeter", "is given twice", "leave --perimeter out: the mission has one")
    return mission


def _refuse_other_density(mission: Mission, asked_px_per_m: float) -> None:
    """Raise InputError for a density that the user gave beside the mission's own."""
    from blindspot.coverage.ground import DETECT

    own_px_per_m = mission.file.band.min_px_per_m
    if asked_px_per_m not in (DETECT.min_px_per_m, own_px_per_m):
        problem = f"is {asked_px_per_m:g}, and the mission has {own_px_per_m:g}"
        raise InputError("blindspot coverage", "--min-px-per-m", problem, "leave one out")


def print_improvements(document: Figures) -> None:
    """Print a table for each scope, then each change of the recommended set and of the largest set."""
    from blindspot.cli.parts.screen import Screen

    console, assumed = Screen(), document["assumed"]
    today = document.get("flight_today")
    blind = plain_text.square_metres(document["blind_area_m2"])
    console.print(f"{document['site']}: {blind} blind at {document['min_px_per_m']:g} px/m")
    if today:
        console.print(f"flight today: {_flight(today)}" + (" min" if not today["why_none"] else ""))
    for scope, title in TITLES.items():
        steps = [step for step in document["sets"] if step["scope"] == scope]
        if not steps:
            console.print(f"{title}: no change closes ground")
            continue
        console.print(_table(title, steps, today))
        picked = recommended(steps)
        for step, why in ((picked, "recommended"), (steps[-1], "all")):
            if why == "recommended" or step is not picked:
                console.print(_spelled_out(step, why), soft_wrap=True, highlight=False)
    lens = assumed["new_camera"]
    for line in (
        "closed: blind ground that is seen then; outside: public ground beyond the perimeter, seen no more; "
        "private: open private ground that comes into view",
        f"{assumed['poles']}; a new camera has {lens['width_px']} x {lens['height_px']} px over {lens['hfov_deg']:g} "
        f"deg; no mast is raised above {assumed['highest_mast_m']:g} m",
    ):
        console.print(line, soft_wrap=True, highlight=False)


def recommended(steps: Sequence[Figures]) -> Figures:
    """The smallest set that makes the flight unnecessary, otherwise the smallest set that closes the share ENOUGH."""
    enough_m2 = ENOUGH * max(step["closed_m2"] for step in steps)
    spared = (step for step in steps if step.get("flight", {}).get("why_none") == NO_FLIGHT)
    return next(spared, None) or next(step for step in steps if step["closed_m2"] >= enough_m2)


def _spelled_out(step: Figures, why: str) -> str:
    number = len(step["changes"])
    lines = [f"{why}, {number} change{'s' if number > 1 else ''} for {_signed(step['closed_m2'])} m2:"]
    lines += [f"  {change['what']}: {_signed(change['adds_m2'])} m2" for change in step["changes"]]
    return "\n".join(lines)


def _table(title: str, steps: Sequence[Figures], today: Figures | None) -> object:
    from rich.table import Table

    table = Table(title=title)
    for heading in ("changes", "closed m2", "of blind", "outside m2", "private m2", "optimum"):
        table.add_column(heading, justify="right")
    if today:
        table.add_column("flight min", justify="right")
        table.add_column("saved min", justify="right")
    for step in steps:
        proof = "proven" if step["gap"] == 0 else f"within {100 * step['gap']:.1f} %"
        closed = plain_text.percent(step["closed_fraction"], 1)
        row = [
            str(len(step["changes"])), _signed(step["closed_m2"]), closed,
            _signed(step["elsewhere_m2"]), _signed(step["private_m2"]), proof,
        ]  # fmt: skip
        if today:
            row += [_flight(step["flight"]), _saved(today, step["flight"])]
        table.add_row(*row)
    return table


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
            seen, title = seen_after(site, spots, largest.changes), f"{site.name}: {TITLES[scope]}"
            picture = improvement_map(site, spots, seen, cameras, title, provenance)
            picture.fact("cameras changed or put up", str(len(cameras)))
            picture.fact("blind ground closed, net area", area_text(largest.closed_m2))
            picture.fact("of all that is blind", plain_text.percent(largest.closed_m2 / spots.blind_area_m2, 1))
            if largest.elsewhere_m2:
                picture.fact("seen no more outside the perimeter", area_text(-largest.elsewhere_m2))
            files.append(folder / PICTURES[scope])
            picture.save(files[-1], provenance.tags)
    return tuple(files)


def _flight(flight: Figures) -> str:
    return str(flight["why_none"] or f"{flight['min']:.1f}")


def _saved(today: Figures, flight: Figures) -> str:
    """Saved minutes. Empty if one of the two flights has no plan."""
    if today["why_none"] or flight["why_none"] not in (None, NO_FLIGHT):
        return ""
    return f"{round(today['min'] - flight['min'], 1) + 0.0:.1f}"  # never -0.0


def _signed(area_m2: float) -> str:
    return f"{round(area_m2):+,}".replace(",", " ")
