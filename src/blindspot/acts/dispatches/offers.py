"""The offers of a dispatch: which drone looks at a place, how soon, how well, and what refuses it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from shapely.geometry import Point

from blindspot.acts.dispatches.in_the_air import looks_from_air
from blindspot.acts.dispatches.law_now import LawNow
from blindspot.acts.dispatches.named_place import NamedPlace
from blindspot.acts.dispatches.stack_now import why_not_now
from blindspot.camera import Lens, camera_axes
from blindspot.law import Loaded
from blindspot.mission import Mission, Plan
from blindspot.planning.atlas import Atlas, AtlasSquare, AtlasView, plan_of_view
from blindspot.site import load_area, load_frame

OUTSIDE, NO_PUBLIC = "it lies outside the perimeter", "it is no public ground"


@dataclass(frozen=True, slots=True)
class Offer:
    """A drone's look at a place. `refused_by` is the reason why it can't be flown now; empty without one.

    From a `pad` the drone flies the plan of the view; from the `air` it inspects from the view, without a plan.
    """

    drone: str
    from_: Literal["pad", "air"]
    pad: str
    view: str
    plan: Path | None
    looking_s: float
    px_per_m: float
    share: float
    refused_by: str
    comes_home: bool = False
    """From the air: whether the drone's mission is this very look, which the order prolongs. Then it comes home."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The offers for a place, the soonest first. Without one, `reason` says why no view shows the place, and `nearest`
    is the nearest place with a view."""

    place: NamedPlace
    streets: tuple[str, ...]
    offers: tuple[Offer, ...]
    reason: str = ""
    nearest: NamedPlace | None = None
    left_to_gate: tuple[str, ...] = ()
    """The rules of pre-flight that the gate alone judges, before a real flight."""


def offers_at(
    folder: Path, asked: Loaded, atlas: Atlas, place: NamedPlace, stack: Mapping[str, Any] | None, now_utc: datetime,
    drone: str = "",
) -> Answer:  # fmt: skip
    """Look a place up in the atlas.

    Parameters
    ----------
    folder
        The folder of the atlas.
    asked
        The mission, with its authorisation.
    atlas, place
        The atlas of the mission, and the place.
    stack
        The state of the running stack, as `blindspot status --json` prints it; None without one. Then the law alone
        judges the offers, as for a simulated flight. The checker has judged the mission's own limits in the atlas.
    now_utc
        The time of a real flight. A simulated flight begins at the mission's start.
    drone
        Only this drone looks. Default: any drone.

    Returns
    -------
    Answer
        The offers, or the reason why there are none.

    Raises
    ------
    InputError
        A plan file of the atlas is missing or changed.
    """
    square = atlas.by_number.get(place.square)
    if square is None:
        return Answer(place, (), (), _why_no_square(asked.mission, place), _nearest(atlas, place, drone))
    law = LawNow.of(asked, stack, now_utc)
    offers, plans = [], dict[int, Plan]()
    for seen in square.views:
        view = atlas.views[seen.view]
        plans[seen.view] = plan = plan_of_view(folder, view)
        if drone not in ("", view.drone):
            continue
        refused = law.refusal(plan, view.drone) or ("" if stack is None else why_not_now(plan, asked.mission, stack))
        density = _px_per_m(asked.mission, view, place, square)
        offers.append(
            Offer(
                view.drone, "pad", view.pad, view.id, folder / view.file, view.looking_s, density, seen.share, refused
            )
        )
    for look in () if stack is None else looks_from_air(asked.mission, atlas, square, stack, drone):
        view, plan = atlas.views[look.seen.view], plans[look.seen.view]
        refused = law.refusal(plan, look.drone) or look.refused_by
        density = _px_per_m(asked.mission, view, place, square)
        offers.append(
            Offer(
                look.drone, "air", "", view.id, None, look.looking_s, density, look.seen.share, refused,
                look.comes_home,
            )
        )  # fmt: skip
    if not offers:
        reason = square.reason or f"{drone} has no view of it among the soonest"
        return Answer(place, square.streets, (), reason, _nearest(atlas, place, drone))
    soonest = tuple(sorted(offers, key=lambda offer: offer.looking_s))
    return Answer(place, square.streets, soonest, left_to_gate=law.left_to_gate)


def _why_no_square(mission: Mission, place: NamedPlace) -> str:
    perimeter = load_area(mission.perimeter_path, load_frame(mission.site_dir))
    return NO_PUBLIC if perimeter.contains(Point(place.east_m, place.north_m)) else OUTSIDE


def _nearest(atlas: Atlas, place: NamedPlace, drone: str) -> NamedPlace | None:
    """The middle of the nearest square that a drone, or any drone, has a view of; None without one."""

    def away_m2(square: AtlasSquare) -> float:
        east_m, north_m = square.middle_m
        return (east_m - place.east_m) ** 2 + (north_m - place.north_m) ** 2

    seen = [one for one in atlas.squares if any(drone in ("", atlas.views[each.view].drone) for each in one.views)]
    return NamedPlace(*min(seen, key=away_m2).middle_m) if seen else None


def _px_per_m(mission: Mission, view: AtlasView, place: NamedPlace, square: AtlasSquare) -> float:
    """Density of the picture at the place's ground, px/m."""
    camera = mission.model_of(view.drone).camera
    away_m = np.array([place.east_m - view.at.east_m, place.north_m - view.at.north_m, square.ground_m - view.at.up_m])
    depth_m = float(away_m @ np.array(camera_axes(view.aim.heading_deg, view.aim.pitch_deg)[2]))
    return round(Lens(camera.hfov_deg, camera.width_px, camera.height_px).px_per_m(depth_m), 1)
