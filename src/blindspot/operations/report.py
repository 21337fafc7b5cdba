"""The report of an operation: what was flown, which promises were broken and why, and the ages of places by street."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blindspot.core import InputError
from blindspot.coverage.ground import AGE_CELL_M, GroundAges, streets_on
from blindspot.coverage.maps import templates
from blindspot.mission import load_ground_masks
from blindspot.operations.calendar import local
from blindspot.operations.operation_file import Operation
from blindspot.operations.patrols.library import Library
from blindspot.operations.promise import Breach, breaches
from blindspot.operations.states import OccurrenceRow, PassRow
from blindspot.site import Site

MOST_STREETS = 60


@dataclass(frozen=True, slots=True)
class StreetAges:
    """Ages of the blind ground of one street at a moment; `median_s` and `longest_s` are of the cells ever seen."""

    name: str
    area_m2: float
    seen_fraction: float
    median_s: float
    longest_s: float


def street_ages(ages: GroundAges, site: Site, library: Library, now_s: float) -> tuple[StreetAges, ...]:
    """The ages by street, the largest ground first. `now_s` is of the clock that the ages count in."""
    grid = library.masks.grid
    names, numbers = streets_on(site, grid)
    place = (ages.centres_m() - (grid.east_min_m, grid.north_min_m)) / grid.cell_m
    column, row = np.floor(place).astype(int).T
    inside = (row >= 0) & (row < grid.rows) & (column >= 0) & (column < grid.cols)
    street, age_s = numbers[row[inside], column[inside]], ages.ages_s(now_s)[inside]
    found = []
    for number in np.unique(street):
        own = age_s[street == number]
        seen: NDArray[np.float64] = own[np.isfinite(own)]
        median_s, longest_s = (float(np.median(seen)), float(seen.max())) if len(seen) else (np.nan, np.nan)
        found.append(StreetAges(names[number], len(own) * AGE_CELL_M**2, len(seen) / len(own), median_s, longest_s))
    return tuple(sorted(found, key=lambda one: -one.area_m2))


def figures(
    operation: Operation, library: Library, rows: Sequence[OccurrenceRow], stack_dir: Path,
    streets: Sequence[StreetAges] = (),
) -> dict[str, Any]:  # fmt: skip
    """The figures of the report as a JSON document.

    Minutes, energy and private ground are those of the flown plans. The seen share is measured, pass by pass, from the
    runs in `stack_dir`; None if a run's file is not there.
    """
    begun = [row for row in rows if row.state != "planned"]
    evenings = [_evening(operation, library, row, stack_dir) for row in begun]
    passes = [one for evening in evenings for one in evening["passes"]]
    flown = [one for one in passes if one["state"] == "done"]
    over = [evening for evening in evenings if evening["state"] != "drawn"]
    return {
        "operation": operation.file.name,
        "revisit_s": library.revisit_s,
        "promised_share": library.promised_share,
        "passes_asked": sum(row.passes_asked for row in begun),
        "passes_flown": len(flown),
        "evenings_kept": sum(not evening["breaches"] for evening in over),
        "evenings_broken": sum(bool(evening["breaches"]) for evening in over),
        "minutes": sum(one["minutes"] for one in flown),
        "energy_wh": sum(one["energy_wh"] for one in flown),
        "private_m2s": sum(one["private_m2s"] for one in flown),
        "evenings": evenings,
        "streets": [
            {"name": one.name, "blind_m2": one.area_m2, "seen_fraction": one.seen_fraction,
             "median_age_s": _number(one.median_s), "longest_age_s": _number(one.longest_s)}
            for one in streets
        ],
    }  # fmt: skip


def _evening(operation: Operation, library: Library, row: OccurrenceRow, stack_dir: Path) -> dict[str, Any]:
    broken: tuple[Breach, ...] = () if row.state == "drawn" else breaches(row, library)
    return {
        "occurrence": row.id,
        "state": row.state,
        "breaches": [{"pass": one.number, "late_s": one.late_s, "reason": one.reason} for one in broken],
        "passes": [_pass(operation, library, one, stack_dir) for one in row.passes if one.state != "drawn"],
    }


def _pass(operation: Operation, library: Library, row: PassRow, stack_dir: Path) -> dict[str, Any]:
    plan = next((variant.plan for variant in library.variants if variant.id == row.variant), None)
    routes = () if plan is None else plan.routes
    before, seen = _seen(stack_dir / row.run, library) if row.run else (None, None)
    return {
        "number": row.number,
        "started": None if row.took_off is None else local(row.took_off, operation).isoformat(timespec="seconds"),
        "state": row.state,
        "person": row.person,
        "reason": row.reason,
        "minutes": sum(route.expected.flight_time_s for route in routes) / 60,
        "energy_wh": sum(route.expected.energy_wh for route in routes),
        "private_m2s": plan.intrusion.private_m2s if plan is not None and plan.intrusion is not None else 0.0,
        "covered_before": before,
        "covered_after": seen,
    }


def _seen(run_dir: Path, library: Library) -> tuple[float | None, float | None]:
    """Share of the public ground that is seen without and with the drones of a run; None if it is unknown."""
    try:
        masks = load_ground_masks(run_dir / "ground.npz")
        with np.load(run_dir / "seen.npz") as data:
            seen = np.isfinite(data["last_seen_s"])
    except (InputError, OSError, KeyError, ValueError):
        return None, None
    if seen.shape != masks.blind.shape or not masks.public.any():
        return None, None
    fixed = float((masks.public & ~masks.blind).sum())
    return fixed / float(masks.public.sum()), (fixed + float((seen & masks.blind).sum())) / float(masks.public.sum())


def page(document: Mapping[str, Any], at: datetime) -> str:
    """The report as HTML, with the figures of `figures`."""
    streets = document["streets"]
    cells_m2 = sum(one["blind_m2"] for one in streets)
    it = {
        "title": document["operation"],
        "at": f"{at:%Y-%m-%d %H:%M} UTC",
        **{name: document[name] for name in (
            "revisit_s", "promised_share", "passes_asked", "passes_flown", "minutes", "energy_wh", "private_m2s",
        )},
        "kept": document["evenings_kept"],
        "broken": document["evenings_broken"],
        "evenings": [_shown(evening) for evening in document["evenings"]],
        "seen_share": sum(one["blind_m2"] * one["seen_fraction"] for one in streets) / cells_m2 if cells_m2 else 0.0,
        "streets": [
            {"name": one["name"], "area_m2": f"{one['blind_m2']:.0f}", "seen": f"{100 * one['seen_fraction']:.0f} %",
             "median": _age(one["median_age_s"]), "longest": _age(one["longest_age_s"])}
            for one in streets[:MOST_STREETS]
        ],
    }  # fmt: skip
    return templates(Path(__file__).parent).get_template("report.html.j2").render(it=it)


def _shown(evening: Mapping[str, Any]) -> dict[str, Any]:
    broken = evening["breaches"]
    promise = "in progress" if evening["state"] == "drawn" else "broken" if broken else "kept"
    return {
        "name": evening["occurrence"].partition("/")[2],
        "promise": promise,
        "breaches": [{"number": one["pass"], "late_s": one["late_s"], "reason": one["reason"]} for one in broken],
        "rows": [
            {
                "number": one["number"], "started": (one["started"] or "")[11:19], "state": one["state"],
                "person": one["person"], "reason": one["reason"], "minutes": f"{one['minutes']:.1f}",
                "energy_wh": f"{one['energy_wh']:.0f}",
                "seen": "unknown" if one["covered_after"] is None
                else f"{100 * one['covered_before']:.0f} to {100 * one['covered_after']:.0f} %",
            }
            for one in evening["passes"]
        ],
    }  # fmt: skip


def _age(age_s: float | None) -> str:
    if age_s is None:
        return "never seen"
    if age_s < 7200:
        return f"{age_s / 60:.0f} min"
    return f"{age_s / 3600:.0f} h" if age_s < 172_800 else f"{age_s / 86_400:.0f} d"


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 1)
