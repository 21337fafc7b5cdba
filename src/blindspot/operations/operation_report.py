"""The report of an operation: what was flown, which promises were broken and why, and the ages of places by street."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from os.path import relpath
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from blindspot.core import plain_text, read_file
from blindspot.coverage.ground import GroundAges, streets_on
from blindspot.coverage.maps import FIXED, STILL_BLIND, Map, map_figure, templates
from blindspot.mission import GroundMasks, site_of
from blindspot.operations.operation_file import Operation
from blindspot.operations.patrols.library import Library
from blindspot.operations.promise import Breach, breaches, flown_variant, is_kept
from blindspot.operations.states import ENDED, FLIES, LATE, OccurrenceRow, PassRow
from blindspot.site import load_area

MOST_STREETS = 60
REPORT = "report.html"
MAP_PX = 960
HOUR_S = 3600.0
MARGIN_M = 20.0
AGES_S = (HOUR_S, 24 * HOUR_S, 7 * 24 * HOUR_S)
AGE_COLOURS = ((150, 208, 160), (202, 222, 150), (246, 232, 160), (247, 199, 104), (236, 150, 72))
"""Colours of ground that was seen, from the latest view to the oldest."""
NEVER = replace(STILL_BLIND, label="never seen")
SIMULATED = "every autopilot of this operation was a simulation, and no aircraft flew."


def figures(
    operation: Operation, library: Library, rows: Sequence[OccurrenceRow], ages: GroundAges, now_s: float, *,
    simulated: bool, unscheduled_at: datetime | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The figures of the report as a JSON document.

    Parameters
    ----------
    operation, library
        The operation and the flown variants.
    rows
        The begun evenings of the ledger.
    ages, now_s
        The ages of the town's places, and the moment of the report in their clock, s.
    simulated
        Whether its flights were simulated.
    unscheduled_at
        A moment at which no scheduler runs: an evening whose passes could all have begun before is over then. None
        while one runs.

    Returns
    -------
    dict
        Minutes and energy come from the flown plans. `private_m2s` is the flown private ground of all passes with a
        take-off whose run measured the figure, `unmeasured` the number of the other passes with a take-off.
        `planned_private_m2s` comes from the plans of all passes with a take-off. A figure of plans is None if one of
        these plans is not in the library any more. The seen share is measured, pass by pass, from the flown runs; None
        if a run's file is not there.
    """
    evenings = [_evening(operation, library, _as_left(row, unscheduled_at)) for row in rows]
    passes = [one for evening in evenings for one in evening["passes"]]
    flown = [one for one in passes if one["state"] == "done"]
    over = [evening for evening in evenings if evening["state"] != "drawn"]
    return {
        "operation": operation.file.name,
        "simulated": simulated,
        "revisit_s": library.revisit_s,
        "promised_share": operation.mission.file.share,
        "passes_asked": sum(row.passes_asked for row in rows),
        "passes_flown": len(flown),
        "evenings_kept": sum(evening["is_kept"] for evening in over),
        "evenings_broken": sum(not evening["is_kept"] for evening in over),
        **{name: _sum([one[name] for one in flown]) for name in ("minutes", "energy_wh")},
        **_private(one for one in passes if one["started"] or one in flown),
        "evenings": evenings,
        "streets": _streets(operation, library, ages, now_s) if len(ages) else [],
    }


def age_figure(operation: Operation, library: Library, ages: GroundAges, now_s: float) -> map_figure.Figure:
    """The map of the report: how long ago each place of the blind ground was last seen, at `now_s`."""
    masks, site = library.masks, site_of(operation.mission)
    perimeter = load_area(operation.mission.perimeter_path, site.frame)
    age_s, before_s = ages.on(masks, now_s), -1.0
    drawn = Map(perimeter.buffer(MARGIN_M).bounds, "", size_px=MAP_PX).ground(masks.grid, masks.fixed_seen, FIXED)
    limits_s = sorted({library.revisit_s, *AGES_S})
    for limit_s, colour in zip((*limits_s, np.inf), AGE_COLOURS, strict=False):
        cells = (age_s > before_s) & (age_s <= limit_s)
        text = f"seen in the last {_age(limit_s)}" if limit_s < np.inf else f"seen more than {_age(before_s)} ago"
        if cells.any():
            drawn.ground(masks.grid, cells, replace(NEVER, colour=colour, label=text))
        before_s = limit_s
    drawn.ground(masks.grid, masks.blind & np.isnan(age_s), NEVER)
    drawn.trees(site.trees).buildings(site.buildings).zones(site.zones).perimeter(perimeter).cameras(site.cameras)
    return map_figure.of(drawn)


def _streets(operation: Operation, library: Library, ages: GroundAges, now_s: float) -> list[dict[str, Any]]:
    """The ages of blind ground by street, the largest ground first; median and longest are of the cells ever seen."""
    grid = library.masks.grid
    names, numbers = streets_on(site_of(operation.mission), grid)
    place = (ages.centres_m() - (grid.east_min_m, grid.north_min_m)) / grid.cell_m
    last = (grid.cols - 1, grid.rows - 1)  # the centre of a cell across the edge may lie outside
    column, row = np.clip(np.floor(place).astype(int), 0, last).T
    area_m2 = ages.areas_m2(library.masks)
    own_ground = area_m2 > 0.0  # the other cells are ground of other missions
    street, age_s = numbers[row[own_ground], column[own_ground]], ages.ages_s(now_s)[own_ground]
    area_m2, is_seen = area_m2[own_ground], np.isfinite(age_s)
    found = []
    for number in np.unique(street):
        own = street == number
        blind_m2, seen_m2 = float(area_m2[own].sum()), float(area_m2[own & is_seen].sum())
        seen_s: NDArray[np.float64] = age_s[own & is_seen]
        found.append({
            "name": names[number], "blind_m2": blind_m2, "seen_fraction": seen_m2 / blind_m2,
            "median_age_s": round(float(np.median(seen_s)), 1) if len(seen_s) else None,
            "longest_age_s": round(float(seen_s.max()), 1) if len(seen_s) else None,
        })  # fmt: skip
    return sorted(found, key=lambda one: -one["blind_m2"])


def _evening(operation: Operation, library: Library, row: OccurrenceRow) -> dict[str, Any]:
    """An evening. A promise in progress is neither kept nor broken."""
    is_over = row.state != "drawn"
    broken = breaches(row, library) if is_over else ()
    share = operation.mission.file.share or 1.0
    return {
        "occurrence": row.id,
        "state": row.state,
        "is_kept": is_kept(broken, library, share) if is_over else None,
        "breaches": [
            {"pass": one.number, "late_s": one.late_s, "reason": one.reason, "missed_m2": one.missed_m2}
            for one in broken
        ],
        "passes": [_pass(operation, library, one) for one in row.passes if one.state != "drawn"],
    }


def _as_left(row: OccurrenceRow, unscheduled_at: datetime | None) -> OccurrenceRow:
    """An evening in progress that no scheduler goes on with is over."""
    starts = [one.start for one in row.passes]
    if row.state != "drawn" or unscheduled_at is None or unscheduled_at <= max(starts, default=row.slot_until) + LATE:
        return row
    passes = [
        one if one.state in ENDED
        else replace(one, state="interrupted" if one.state in FLIES else "missed", reason="no scheduler went on")
        for one in row.passes
    ]  # fmt: skip
    return replace(row, state="done", passes=tuple(passes))


def _pass(operation: Operation, library: Library, row: PassRow) -> dict[str, Any]:
    variant = flown_variant(row, library)
    plan = None if variant is None else variant.plan
    routes = None if plan is None else plan.routes
    before, seen = _seen(Path(row.runs) / row.run) if row.runs else (None, None)
    report = Path(row.runs) / row.run / REPORT if row.runs else None
    return {
        "number": row.number,
        "started": None if row.took_off is None else operation.local(row.took_off).isoformat(timespec="seconds"),
        "state": row.state,
        "person": row.person,
        "reason": row.reason,
        "minutes": None if routes is None else sum(route.expected.flight_time_s for route in routes) / 60,
        "energy_wh": None if routes is None else sum(route.expected.energy_wh for route in routes),
        "private_m2s": plan.intrusion.private_m2s if plan is not None and plan.intrusion is not None else None,
        "flown_private_m2s": _flown_private_m2s(Path(row.runs) / row.run) if row.runs else None,
        "report": str(report) if report is not None and report.is_file() else None,
        "covered_before": before,
        "covered_after": seen,
    }


def _private(passes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Private ground of passes with a take-off, flown and planned, m2 s; and the number of passes without a flown
    figure."""
    begun = list(passes)
    flown = [one["flown_private_m2s"] for one in begun if one["flown_private_m2s"] is not None]
    return {
        "private_m2s": sum(flown) if flown or not begun else None,
        "unmeasured": len(begun) - len(flown),
        "planned_private_m2s": _sum([one["private_m2s"] for one in begun]),
    }


def _flown_private_m2s(run_dir: Path) -> float | None:
    """Private ground in the pictures of a run, from its summary, m2 s; None if the run does not know it."""
    try:
        found = json.loads(read_file(run_dir / "summary.json"))["proportion"]["private_m2s"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, int | float) and 0.0 <= found < math.inf else None


def _sum(values: Sequence[float | None]) -> float | None:
    """None if one of the values is unknown."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _seen(run_dir: Path) -> tuple[float | None, float | None]:
    """Share of the seen public ground without and with the drones of a run; None if unknown."""
    try:
        masks = GroundMasks.load(run_dir / "ground.npz", with_peaks=False)
        with np.load(run_dir / "seen.npz") as data:
            seen = np.isfinite(data["last_seen_s"])
    except Exception:  # zipfile, zlib and numpy raise unrelated types for a broken file
        return None, None
    if seen.shape != masks.blind.shape or not masks.public.any():
        return None, None
    fixed = float((masks.public & ~masks.blind).sum())
    return fixed / float(masks.public.sum()), (fixed + float((seen & masks.blind).sum())) / float(masks.public.sum())


def page(
    document: Mapping[str, Any], at: datetime, drawn: map_figure.Figure | None = None, folder: Path = Path()
) -> str:
    """The report as HTML, with the figures of `figures` and the map of `age_figure`. `folder` is the page's folder:
    links to the reports of the passes are relative to this folder."""
    streets = document["streets"]
    cells_m2 = sum(one["blind_m2"] for one in streets)
    seen_m2 = sum(one["blind_m2"] * one["seen_fraction"] for one in streets)
    more = len(streets) - MOST_STREETS
    it = {
        "title": document["operation"],
        "simulated": document["simulated"],
        "at": f"{at:%Y-%m-%d %H:%M} UTC",
        "sentences": _sentences(document),
        "figures": [
            (f"{document['passes_flown']} of {document['passes_asked']}", "passes flown"),
            (_figure(document["minutes"], " min"), "in the air by the plans, all drones together"),
            (_figure(document["energy_wh"], " Wh"), "energy of the drones by the plans"),
            (_area_time(document["private_m2s"]), f"private ground in view as flown{_unmeasured(document)}"),
            (_area_time(document["planned_private_m2s"]), "private ground in view by the plans"),
        ],
        "breaches": [_breach(evening, one) for evening in document["evenings"] for one in evening["breaches"]],
        "evenings": [_shown(evening, folder) for evening in document["evenings"]],
        "seen_share": plain_text.percent(seen_m2 / cells_m2, 1) if cells_m2 else "",
        "streets": [
            {"name": one["name"], "area_m2": f"{one['blind_m2']:.0f}", "seen": plain_text.percent(one["seen_fraction"]),
             "median": _age(one["median_age_s"]), "longest": _age(one["longest_age_s"])}
            for one in streets[:MOST_STREETS]
        ],
        "streets_left": f"{more} further street{'s' * (more > 1)}" if more > 0 else "",
    }  # fmt: skip
    simulated = SIMULATED if document["simulated"] else ""
    return templates(Path(__file__).parent).get_template("report.html.j2").render(it=it, map=drawn, simulated=simulated)


def _sentences(document: Mapping[str, Any]) -> list[str]:
    kept, broken = document["evenings_kept"], document["evenings_broken"]
    promise = f"{document['revisit_s'] / 60:.0f} min for {plain_text.percent(document['promised_share'], 1)}"
    begun = len(document["evenings"])
    return [
        f"{begun} evening{'s' * (begun != 1)} so far. The revisit promise is {promise} of the reachable blind ground.",
        "No evening is over yet." if not kept + broken
        else f"The promise was kept on {kept} evening{'s' * (kept != 1)} and broken on none." if not broken
        else f"The promise was kept on {kept or 'none'} and broken on {broken} evening{'s' * (broken != 1)}.",
    ]  # fmt: skip


def _unmeasured(document: Mapping[str, Any]) -> str:
    number = document["unmeasured"]
    return f", {number} pass{'es' * (number > 1)} not measured" if number else ""


def _breach(evening: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    return f"{_name(evening)}: {Breach(one['pass'], one['late_s'], one['reason'])}."


def _name(evening: Mapping[str, Any]) -> str:
    """Date and slot."""
    return str(evening["occurrence"]).partition("/")[2].replace("/", ", ")


def _shown(evening: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    promise = "in progress" if evening["state"] == "drawn" else "kept" if evening["is_kept"] else "broken"
    return {
        "name": _name(evening),
        "promise": promise,
        "colour": {"broken": "bad", "kept": "good"}.get(promise, ""),
        "rows": [_row(one, folder) for one in evening["passes"]],
    }


def _row(one: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A pass. A pass that was not flown whole has no minutes and no energy: nobody measured these figures."""
    flown, seen = one["state"] == "done", one["covered_after"]
    return {
        "number": one["number"],
        "href": quote(relpath(one["report"], folder)) if one.get("report") else "",
        "started": (one["started"] or "")[11:19],
        "state": one["state"].replace("_", " "),
        "person": one["person"],
        "reason": one["reason"],
        "minutes": _figure(one["minutes"], digits=1) if flown else "",
        "energy_wh": _figure(one["energy_wh"]) if flown else "",
        "seen": f"{plain_text.percent(one['covered_before'], 1)} to {plain_text.percent(seen, 1)}" if seen is not None
        else "unknown" if flown else "",
    }  # fmt: skip


def _figure(value: float | None, unit: str = "", digits: int = 0) -> str:
    return "unknown" if value is None else f"{value:.{digits}f}{unit}"


def _area_time(area_m2s: float | None) -> str:
    """In groups of three digits, never broken over two lines."""
    if area_m2s is None:
        return "unknown"
    return f"{area_m2s:_.0f} m² s".replace("_", "\u202f").replace(" ", "\u00a0")


def _age(age_s: float | None) -> str:
    if age_s is None:
        return "never seen"
    if age_s < 7200:
        return f"{age_s / 60:.0f} min"
    return f"{age_s / 3600:.0f} h" if age_s < 172_800 else f"{age_s / 86_400:.0f} d"
