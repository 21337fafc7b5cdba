"""A patrol as a page: the map of the longest age of each place, and a chart of ages over an evening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.core import plain_text
from blindspot.coverage.maps import SEEN, STILL_BLIND, Map, line_chart, map_figure, templates
from blindspot.operations.patrols.draw import Pass, draw_evening
from blindspot.operations.patrols.library import Library
from blindspot.site import Site

EVERY_S = 20.0
PASSES, EXAMPLE = 3, b"an example, no secret"
CLASSES: tuple[tuple[float, tuple[int, int, int]], ...] = (
    (0.5, (209, 229, 206)), (0.6, (246, 232, 160)), (0.7, (247, 199, 104)), (0.8, (236, 150, 72)),
    (0.9, (196, 92, 110)), (1.0, (98, 36, 112)),
)  # fmt: skip
"""Upper limits of the classes of ages, as shares of the revisit time, and their colours: an older place is darker."""
NO_PROMISE = replace(STILL_BLIND, label="without a promise: some variant misses it")
MARGIN_M = 20.0

Floats = NDArray[np.float64]


def longest_ages_s(library: Library) -> Floats:
    """For each cell (flat) the longest unseen time under any draw of passes, s, by the times of the plans. NaN for
    cells without a promise."""
    cells, found = library.promised, np.full(library.promised.size, np.nan)
    first_s = [variant.sights.first_s[cells].astype(float) for variant in library.variants]
    longest_s = np.maximum.reduce([variant.sights.longest_s[cells].astype(float) for variant in library.variants])
    for variant, choices in zip(library.variants, library.choices, strict=True):
        last_s = variant.sights.last_s[cells].astype(float)
        for following in {choice.variant for choice in choices}:
            until_s = max(choice.until_s for choice in choices if choice.variant == following)
            longest_s = np.maximum(longest_s, until_s + first_s[following] - last_s)
    found[cells] = longest_s
    return found


def age_map(library: Library, site: Site, perimeter: Polygon) -> Map:
    masks, ages_s = library.masks, longest_ages_s(library).reshape(library.masks.blind.shape)
    minutes = library.revisit_s / 60.0
    picture = Map(
        perimeter.buffer(MARGIN_M).bounds,
        f"{site.name}: the longest time without a view",
        attribution=site.attribution,
        subtitle=f"Blind ground by its longest age in an evening of patrols; promised: {minutes:.0f} min",
    )  # fmt: skip
    below_s = 0.0
    for share, colour in CLASSES:
        upto_s = share * library.revisit_s
        mask = (ages_s > below_s) & (ages_s <= upto_s)
        if mask.any():
            picture.ground(masks.grid, mask, replace(SEEN, colour=colour, label=f"up to {upto_s / 60:.0f} min"))
        below_s = upto_s
    picture.ground(masks.grid, masks.blind & np.isnan(ages_s), NO_PROMISE)
    picture.trees(site.trees).buildings(site.buildings).zones(site.zones).perimeter(perimeter)
    pads = {route.pad for variant in library.variants for route in variant.plan.routes}
    picture.pads(pad for pad in site.pads if pad.name in pads)
    picture.fact("of the reachable ground promised", plain_text.percent(library.promised_share, 1))
    return picture.fact("variants", str(len(library.variants)))


@dataclass(frozen=True, slots=True)
class AgesOverTime:
    """Ages of the promised ground in an evening: time since the first start, s, and the greatest age of half of the
    ground, of 95 % and of all ground, s; NaN until every place of the share is seen."""

    time_s: Floats
    half_s: Floats
    most_s: Floats
    all_s: Floats


def ages_over(library: Library, passes: Sequence[Pass]) -> AgesOverTime:
    """The ages of the promised ground over an evening, by the times of the plans."""
    views = []
    for one in passes:
        variant, since_s = library.variant(one.variant), (one.start - passes[0].start).total_seconds()
        for times_s in (variant.sights.first_s, variant.sights.last_s):
            views.append((since_s + times_s[library.promised]).astype(np.float32))
        end_s = since_s + variant.flight_s
    time_s = np.arange(0.0, end_s, EVERY_S)
    found = []
    for now_s in time_s:
        seen_s = np.maximum.reduce([np.where(view <= now_s, view, -np.inf) for view in views])
        ages_s = now_s - seen_s
        found.append([float(np.quantile(ages_s, share, method="higher")) for share in (0.5, 0.95, 1.0)])
    half_s, most_s, all_s = np.where(np.isfinite(found), found, np.nan).T
    return AgesOverTime(time_s, half_s, most_s, all_s)


def ages_page(library: Library, picture: Map, title: str) -> str:
    """One page with the map, the chart of an example evening, and the figures of the draw. It opens offline."""
    start = datetime(2000, 1, 1, tzinfo=UTC)
    passes = draw_evening(library, "an example", start, start + timedelta(seconds=1), PASSES, EXAMPLE)
    variants = tuple(
        (variant.id, f"{variant.flight_s / 60:.1f}", ", ".join(_following(library, number)))
        for number, variant in enumerate(library.variants)
    )
    return templates(Path(__file__).parent).get_template("ages.html.j2").render(
        title=title, map=map_figure.of(picture), caption=f"{picture.title}. {picture.subtitle}.", variants=variants,
        chart=_chart(library, passes), attribution=picture.attribution, simulated="",
    )  # fmt: skip


def _chart(library: Library, passes: Sequence[Pass]) -> line_chart.Chart:
    ages, revisit_min = ages_over(library, passes), library.revisit_s / 60
    lines = [
        line_chart.Series(colour, [_known(ages.time_s, ages_s)], f"{label} is not older", dash=number)
        for number, (label, ages_s, colour) in enumerate((
            ("half of the ground", ages.half_s, SEEN.shown),
            ("95 % of the ground", ages.most_s, CLASSES[3][1]),
            ("the oldest place", ages.all_s, CLASSES[5][1]),
        ))
    ]  # fmt: skip
    bands = [
        (since_s, since_s + library.variant(one.variant).flight_s, one.variant)
        for one in passes for since_s in [(one.start - passes[0].start).total_seconds()]
    ]  # fmt: skip
    levels = [(60.0 * minute, str(minute)) for minute in range(0, int(revisit_min) + 1, 5)]
    return line_chart.of(
        "Ages over an evening", lines, float(ages.time_s[-1]), 1.15 * library.revisit_s, levels, bands,
        (library.revisit_s, f"promised: {revisit_min:.0f} min"),
    )  # fmt: skip


def _known(time_s: Floats, ages_s: Floats) -> Floats:
    known = np.isfinite(ages_s)
    return np.column_stack([time_s[known], ages_s[known]])


def _following(library: Library, number: int) -> list[str]:
    """The likeliest variants after one, with their chances."""
    chance = np.zeros(len(library.variants))
    for choice in library.choices[number]:
        chance[choice.variant] += choice.probability
    return [f"{library.variants[k].id} {100 * chance[k]:.0f} %" for k in np.argsort(-chance) if chance[k] > 0.005]
