"""Finds the few changes of the fixed cameras that close most of the blind ground: two turned cameras may save a
flight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.coverage.ground.blind_ground import BlindSpots, blind_spots
from blindspot.coverage.improve.choose import best_sets
from blindspot.coverage.improve.options import HIGHEST_MAST_M, NEW_LENS, Choice, Options, possible_changes
from blindspot.coverage.records.provenance import Provenance
from blindspot.coverage.sight.fixed import fixed_coverage
from blindspot.site import FixedCamera, Site, public_ground
from blindspot.site.ground import height_field, mask_of
from blindspot.site.town import assumptions

Mask = NDArray[np.bool_]
Progress = Callable[[str, int, int], None]
Scope = Literal["turned", "built"]
Kind = Literal["turn", "park", "raise", "new"]

SCHEMA = "blindspot.improve/1"
SCOPES: tuple[Scope, ...] = ("turned", "built")
"""Allowed changes: only the direction of cameras ("turned"), or higher masts and new cameras on poles as well."""


@dataclass(frozen=True, slots=True)
class Change:
    """One camera before and after a change. `before` is None for a new camera."""

    before: FixedCamera | None
    after: FixedCamera

    @property
    def kind(self) -> Kind:
        """The kind of work. "raise" may include a new direction of the camera."""
        if self.before is None:
            return "new"
        if self.after.height_m > self.before.height_m:
            return "raise"
        return "park" if self.before.kind == "panning" else "turn"

    def __str__(self) -> str:
        now = self.after
        aim = f"{now.heading_deg:g} deg, tilted {now.tilt_deg:g} deg" if now.heading_deg is not None else ""
        if self.before is None:
            return f"put up a {now.id.replace('new', 'new camera', 1)}, {now.height_m:g} m up, looking to {aim}"
        was, steps = self.before, []
        if now.height_m > was.height_m:
            steps.append(f"raise camera {now.id} from {was.height_m:g} to {now.height_m:g} m")
        if was.kind == "panning":
            steps.append(f"park camera {now.id}, which turns today, at {aim}")
        elif was.heading_deg is None and now.heading_deg is not None:
            steps.append(f"aim camera {now.id}, whose direction is unknown, to {aim}")
        elif was.heading_deg != now.heading_deg:
            steps.append(f"turn camera {now.id} from {was.heading_deg:g} to {now.heading_deg:g} deg")
        if was.always_sees and was.tilt_deg != now.tilt_deg:
            steps.append(f"tilt camera {now.id} from {was.tilt_deg:g} to {now.tilt_deg:g} deg")
        first, *others = steps
        others = [step.replace(f"camera {now.id}", "it", 1) for step in others]
        return " and ".join([", ".join([first, *others[:-1]]), *others[-1:]])


@dataclass(frozen=True, slots=True)
class Improvement:
    """The best set of changes for one number of changes, with its effect from a full recomputation of the coverage.

    Attributes
    ----------
    scope, changes
        The allowed kind of changes, and the changes themselves.
    adds_m2
        The part of `closed_m2` that each change adds to the changes before it.
    closed_m2
        Newly seen public ground inside the perimeter, minus newly blind public ground there.
    elsewhere_m2
        Public ground outside the perimeter that becomes blind (negative).
    private_m2
        Open private ground of the town that comes into view at the same density (negative: leaves the view).
    gap
        Upper limit of the advantage of any better set, as a share of this set's gain. 0 if this set is proven the
        best. The gain is `closed_m2` and `elsewhere_m2` together, on sampled ground.
    spacing_m
        Distance between the sampled cells.
    """

    scope: Scope
    changes: tuple[Change, ...]
    adds_m2: tuple[float, ...]
    closed_m2: float
    elsewhere_m2: float
    private_m2: float
    gap: float
    spacing_m: float


def improve(site: Site, spots: BlindSpots, most: int, progress: Progress | None = None) -> tuple[Improvement, ...]:
    """Find, for both scopes, the best sets of 1, 2 ... `most` changes of the site's cameras.

    Parameters
    ----------
    site
        The town with its fixed cameras and poles.
    spots
        The blind spots of the site as it is, from `spots_today`.
    most
        The largest number of changes in a set.
    progress
        Called with (stage, done, total).

    Returns
    -------
    found
        The sets in order of scope and size. Sets with a gain of 0 or less are left out.
    """
    report: Progress = progress or (lambda stage, done, of: None)
    report("ground", 0, 1)
    judge = Judge.of(site, spots)
    counted = spots.public | judge.elsewhere
    built = possible_changes(
        site, spots.field, counted, spots.min_px_per_m, lambda done, of: report("changes", done, of)
    )
    found: list[Improvement] = []
    for number, scope in enumerate(SCOPES):
        report("choosing", number, len(SCOPES))
        possible = built if scope == "built" else built.on_their_masts()
        found += _best(possible, scope, judge, most, report)
    return tuple(found)


def spots_today(site: Site, area: Polygon, min_px_per_m: float) -> BlindSpots:
    """The blind spots of an area (ENU, m) on a large field.

    The field holds the whole view of each camera that may see the area, because its view elsewhere counts, too.
    """
    reach_m = 2 * max([assumptions.CAMERA_RANGE_M, *(camera.range_m for camera in site.cameras)])
    east_min, north_min, east_max, north_max = area.bounds
    field = height_field(site, (east_min - reach_m, north_min - reach_m, east_max + reach_m, north_max + reach_m))
    return blind_spots(site, field, fixed_coverage(site, field), area, min_px_per_m)


def _best(possible: Options, scope: Scope, judge: Judge, most: int, report: Progress) -> Iterator[Improvement]:
    sets = best_sets(possible.choices, possible.targets, most)
    known: list[Change] = []
    for number, chosen in enumerate(sets):
        report(f"checking, {scope}", number, len(sets))
        changes = [_change(possible.choices[c], k) for c, k in chosen.picks]
        kept = [change for change in known if change in changes]
        known = kept + [change for change in changes if change not in kept]
        gains = [judge.gain(known[: n + 1]) for n in range(len(known))]
        closed_m2, elsewhere_m2, private_m2 = gains[-1]
        if closed_m2 + elsewhere_m2 > 0:
            adds_m2 = np.diff([0.0, *(gain[0] for gain in gains)]).tolist()
            gap = (chosen.bound - chosen.gain) / chosen.gain
            yield Improvement(
                scope, tuple(known), tuple(adds_m2), closed_m2, elsewhere_m2, private_m2, gap, possible.spacing_m
            )


def _change(choice: Choice, option: int) -> Change:
    return Change(choice.camera, choice.options[option])


def changed(site: Site, changes: Sequence[Change]) -> Site:
    after = {change.before.id: change.after for change in changes if change.before is not None}
    cameras = [after.get(camera.id, camera) for camera in site.cameras]
    return replace(site, cameras=(*cameras, *(change.after for change in changes if change.before is None)))


def seen_after(site: Site, spots: BlindSpots, changes: Sequence[Change]) -> Mask:
    """Mask of the cells that the changed network sees at the required density, shaped as the field's grid. It is
    computed from scratch."""
    seen: Mask = fixed_coverage(changed(site, changes), spots.field).density_px_per_m >= spots.min_px_per_m
    return seen


Areas = tuple[float, float, float]
"""Public ground inside the perimeter, public ground elsewhere that is watched today, private ground; m2."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Measures the effect of changes by a full recomputation of the coverage, once for each set of changes.

    `elsewhere` is the public ground outside the perimeter that is seen today. `private` is the open private ground of
    the town.
    """

    site: Site
    spots: BlindSpots
    elsewhere: Mask
    private: Mask
    known: dict[frozenset[Change], Areas] = field(default_factory=dict)

    @classmethod
    def of(cls, site: Site, spots: BlindSpots) -> Judge:
        town, grid = site.area_of_interest, spots.field.grid
        public = spots.public if spots.perimeter.covers(town) else public_ground(site, grid)
        private = mask_of(grid, [town]) & ~public & ~spots.field.is_building
        return cls(site, spots, public & ~spots.public & seen_after(site, spots, ()), private)

    def gain(self, changes: Sequence[Change]) -> Areas:
        """Area of each kind of ground that comes into view, minus the area that leaves the view, m2."""
        before, after = self._seen_m2(()), self._seen_m2(changes)
        return after[0] - before[0], after[1] - before[1], after[2] - before[2]

    def _seen_m2(self, changes: Sequence[Change]) -> Areas:
        key = frozenset(changes)
        if key not in self.known:
            seen, area_m2 = seen_after(self.site, self.spots, changes), self.spots.field.grid.cell_area_m2
            inside, elsewhere, private = (
                float((seen & mask).sum()) * area_m2 for mask in (self.spots.public, self.elsewhere, self.private)
            )
            self.known[key] = (inside, elsewhere, private)
        return self.known[key]


def as_document(site: Site, spots: BlindSpots, found: Sequence[Improvement], provenance: Provenance) -> dict[str, Any]:
    """Return a JSON document with every set of changes and all assumptions."""
    masts = "the site names no poles: new cameras may stand on the masts of its cameras"
    return {
        "schema": SCHEMA,
        "site": site.name,
        "min_px_per_m": spots.min_px_per_m,
        "blind_area_m2": spots.blind_area_m2,
        "assumed": {
            "poles": f"new cameras may stand on the site's {len(site.poles)} poles" if site.poles else masts,
            "new_camera": {
                "hfov_deg": NEW_LENS.hfov_deg,
                "width_px": NEW_LENS.width_px,
                "height_px": NEW_LENS.height_px,
                "range_m": assumptions.CAMERA_RANGE_M,
            },
            "highest_mast_m": HIGHEST_MAST_M,
        },
        "sets": [_as_dict(improvement, spots.blind_area_m2) for improvement in found],
        **provenance.document,
    }


def _as_dict(improvement: Improvement, blind_area_m2: float) -> dict[str, Any]:
    return {
        "scope": improvement.scope,
        "closed_m2": improvement.closed_m2,
        "closed_fraction": round(improvement.closed_m2 / blind_area_m2, 6),
        "elsewhere_m2": improvement.elsewhere_m2,
        "private_m2": improvement.private_m2,
        "gap": round(improvement.gap, 6),
        "spacing_m": improvement.spacing_m,
        "changes": [
            {
                "kind": change.kind,
                "camera": change.after.id,
                "what": str(change),
                "adds_m2": adds_m2,
                "east_m": round(change.after.east_m, 2),
                "north_m": round(change.after.north_m, 2),
                "height_m": change.after.height_m,
                "heading_deg": change.after.heading_deg,
                "tilt_deg": change.after.tilt_deg,
                "assumed": list(change.after.assumptions),
            }
            for change, adds_m2 in zip(improvement.changes, improvement.adds_m2, strict=True)
        ],
    }
