"""Causes of blind ground that a plan leaves unseen, street by street, with remedies.

`reach` gives the causes of ground that every legal view misses. Ground that a legal view could see is examined again
with the planner's own candidates and their margins. It may be in sight only from places without a way home (straight,
or along the route, as the mission says), only in a picture over the density cap, or only from exactly one place. A
part may also be too small for a stop. The plan file and the papers state the same causes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon

from blindspot.coverage.ground import BlindSpots, by_street
from blindspot.coverage.records import Provenance, collection
from blindspot.mission import Mission, Plan, rounding
from blindspot.planning.drones.best_view import best_gain_m2
from blindspot.planning.drones.patrols import Drone, drones_of, legal_of
from blindspot.planning.fleet.further_pads import further_drones
from blindspot.planning.tours.view_chooser import ENOUGH_AT_LAST_M2
from blindspot.planning.views import reachable as reach
from blindspot.planning.views.target_ground import Ground
from blindspot.site import Site

Mask = NDArray[np.bool_]

CAPPED = "only with something in the picture over the density cap"
NO_RETURN = "only from where no straight way home to its pad is clear"
NO_PASSAGE = "only beyond a passage that is too narrow with the margins kept for errors of place"
NO_MARGIN = "only without the margins kept for errors of place"
TOO_SMALL = "too little for a view of its own"

WAY_OUT: Mapping[str, str] = {
    reach.NO_WAY: "a pad on that side (plan --pads proposes places), or limits.over_roofs where drones may cross roofs",
    reach.NO_FAILSAFE: "a fixed camera: no drone may be where it sees this",
    reach.PERIMETER: "a larger perimeter, or slower flight",
    reach.TOO_COARSE: "a lower band.min_px_per_m from no higher up (limits.max_up_m), if a coarser picture serves",
    reach.TOO_DENSE: "a wider lens or higher flight, or a higher band.max_px_per_m if the authorisation allows it",
    reach.TOO_NARROW: "a fixed camera; not tried: another height or pitch",
    reach.BELOW: "a fixed camera under it: every view from above is hidden",
    reach.BATTERY: "another drone, or a pad nearer to it",
    reach.LEFT: "another drone or other pads: a view of it costs much flight for little ground",
    NO_RETURN: "another drone with a pad on that side, or the pad moved there",
    NO_PASSAGE: "a pad on that side: plan --pads proposes places",
    CAPPED: "a wider lens or higher flight, or a higher cap if the authorisation allows it",
    NO_MARGIN: "a fixed camera: another pad or another drone of the same model was tried and sees none of it",
    TOO_SMALL: "nothing: a few square metres each",
    reach.OTHER_SORTIE: "nothing: fly the other sorties",
}
"""Every cause with its remedy, the hardest cause first."""
CAUSES = tuple(WAY_OUT)


LEAST_SHOWN_M2 = 0.5
"""The area of smaller ground would read "0 m²"."""


class _Ground(Protocol):
    @property
    def area_m2(self) -> float: ...


Part = TypeVar("Part", bound=_Ground)


@dataclass(frozen=True, slots=True)
class Unseen:
    """Blind ground (ENU, m, exact to the cell) of one street that stays unseen for one cause."""

    ground: MultiPolygon
    area_m2: float
    cause: str
    street: str

    @property
    def way_out(self) -> str:
        return WAY_OUT[self.cause]


def unseen_ground(
    plan: Plan, mission: Mission, site: Site, spots: BlindSpots, seen: Mask, elsewhere: Mask | None = None
) -> tuple[Unseen, ...]:
    """The remaining blind ground of the plan, largest part first; every cell lies in exactly one part.

    `spots` is the ground of the plan's perimeter. `seen` marks the cells seen by the plan's views, `elsewhere` the
    cells seen by other sorties; both are shaped as the grid of `spots`.
    """
    left = spots.blind & ~seen
    causes = np.full(left.shape, CAUSES.index(reach.OTHER_SORTIE), np.uint8)
    nowhere = left if elsewhere is None else left & ~elsewhere
    causes[nowhere] = _causes(plan, mission, Ground(site, spots.perimeter, spots), np.flatnonzero(nowhere))
    parts = by_street(site, spots.field.grid, left, causes, len(CAUSES))
    return tuple(Unseen(part.ground, part.area_m2, CAUSES[part.kind], part.street) for part in parts)


def shown_ground(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts of unseen ground that a page for people lists."""
    return tuple(part for part in parts if part.area_m2 > LEAST_SHOWN_M2)


def unseen_geojson(found: Sequence[Unseen], plan: Plan, site: Site, provenance: Provenance) -> str:
    """The unseen ground as a FeatureCollection, each feature with `area_m2`, `reason`, `way_out` and `street`."""
    items = [(spot.ground, unseen_properties(spot)) for spot in found]
    return collection(items, site.frame, provenance, {"plan": plan.id, "sha256": plan.sha256})


def unseen_properties(spot: Unseen) -> dict[str, object]:
    """The properties of unseen ground in a file."""
    return {
        "area_m2": round(spot.area_m2, 2), "reason": spot.cause, "way_out": spot.way_out, "street": spot.street or None,
    }  # fmt: skip


def _causes(plan: Plan, mission: Mission, ground: Ground, cells: NDArray[np.integer]) -> NDArray[np.uint8]:
    """For each flat cell number the index of its cause in CAUSES."""
    causes = _known(mission, ground, cells)
    causes = causes_of(mission, ground, cells) if causes is None else causes
    stated_m2 = {rest.cause: rest.area_m2 for rest in plan.coverage.unseen}
    if stated_m2.get(reach.BATTERY, 0.0) > stated_m2.get(reach.LEFT, 0.0):  # the plan states areas without places
        causes[causes == reach.LEFT] = reach.BATTERY
    number = {name: place for place, name in enumerate(CAUSES)}
    return np.array([number[name] for name in causes], np.uint8)


def causes_of(
    mission: Mission, ground: Ground, cells: NDArray[np.integer], drones: Sequence[Drone] = (), *, keep: bool = False
) -> NDArray[np.object_]:
    """The cause, one of `CAUSES`, for each flat cell number; `reach.LEFT` if a view is possible. Of many cells, one of
    each block is examined. `drones` come from `drones_of`, if known; the drones of a town take 5 s. With `keep`, the
    papers of the plan take this answer for the same cells."""
    global _kept
    drones = drones or (*drones_of(mission, ground), *further_drones(mission, ground))
    heights_m = {drone.model_name: drone.up_m for drone in drones}
    town = (ground.site, ground.perimeter, mission, heights_m)
    asked, stands_for = reach.asked(cells, ground.field.grid.cols)
    reachable = reach.reachable_cells(ground.field, asked, *town)
    cause = np.empty(len(asked), dtype=object)
    cause[~reachable] = reach.why_unseen(ground.field, asked[~reachable], *town)
    weight_m2 = np.bincount(stands_for, minlength=len(asked)) * np.float64(ground.field.grid.cell_area_m2)
    cause[reachable] = _why_left(mission, ground, drones, asked[reachable], weight_m2[reachable])
    causes: NDArray[np.object_] = cause[stands_for]
    if keep:
        _kept = _Question(mission, ground.site, _fingerprint(ground, cells)), causes.copy()
    return causes


@dataclass(frozen=True, slots=True)
class _Question:
    mission: Mission
    site: Site
    fingerprint: bytes

    def equals(self, other: _Question) -> bool:
        same_town = self.mission is other.mission and self.site is other.site
        return same_town and self.fingerprint == other.fingerprint


_kept: tuple[_Question, NDArray[np.object_]] | None = None


def _known(mission: Mission, ground: Ground, cells: NDArray[np.integer]) -> NDArray[np.object_] | None:
    """The answer that was kept for these cells."""
    if _kept is None or not _kept[0].equals(_Question(mission, ground.site, _fingerprint(ground, cells))):
        return None
    return _kept[1].copy()


def _fingerprint(ground: Ground, cells: NDArray[np.integer]) -> bytes:
    """A digest of the cells and of their town. The corners are rounded: a plan rounds those of the perimeter."""
    corners = [rounding.place(*corner) for corner in ground.perimeter.exterior.coords]
    digest = hashlib.sha256(repr((ground.field.grid, corners)).encode())
    for part in (ground.field.top_m, ground.field.ground_m, cells.astype(np.int64)):
        digest.update(np.ascontiguousarray(part).data)
    return digest.digest()


def _why_left(
    mission: Mission, ground: Ground, drones: Sequence[Drone], cells: NDArray[np.integer],
    weight_m2: NDArray[np.float64],
) -> NDArray[np.object_]:  # fmt: skip
    """The cause for cells that a legal view could see; each cell stands for `weight_m2` of ground."""
    gain_m2 = best_gain_m2(mission, ground, drones, cells, weight_m2, enough_m2=ENOUGH_AT_LAST_M2)
    barred, little = np.flatnonzero(gain_m2 == 0.0), np.flatnonzero(gain_m2 < ENOUGH_AT_LAST_M2)
    some_m2 = float(weight_m2.min(initial=ENOUGH_AT_LAST_M2))
    town = (mission, ground, drones)
    uncapped_m2 = best_gain_m2(*town, cells[barred], weight_m2[barred], enough_m2=some_m2, capped=False)
    anywhere_m2 = best_gain_m2(*town, cells[little], weight_m2[little], enough_m2=ENOUGH_AT_LAST_M2, anywhere=True)
    cause = np.full(len(cells), TOO_SMALL, dtype=object)
    cause[barred] = NO_MARGIN
    cause[barred[uncapped_m2 > 0.0]] = CAPPED
    # A view from legal air out of the drones' reach: a pad below the view's place would open the view.
    opened = little[_opens(anywhere_m2, gain_m2[little])]
    cause[opened] = NO_PASSAGE
    if mission.file.limits.return_ == "straight":
        airs = {name: legal_of(mission, ground, model) for name, model in mission.models.items()}
        free = [replace(drone, air=airs[drone.model_name]) for drone in drones]
        some = (mission, ground, free, cells[opened], weight_m2[opened])
        reached_m2 = best_gain_m2(*some, enough_m2=ENOUGH_AT_LAST_M2)
        cause[opened[_opens(reached_m2, gain_m2[opened])]] = NO_RETURN
    cause[gain_m2 == ENOUGH_AT_LAST_M2] = reach.LEFT
    return cause


def _opens(more_m2: NDArray[np.float64], gain_m2: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The cells of which views from more places see enough, or some of them for the first time."""
    opens: NDArray[np.bool_] = (more_m2 == ENOUGH_AT_LAST_M2) | ((more_m2 > 0.0) & (gain_m2 == 0.0))
    return opens
