"""The proportion of a flight as flown, beside that of its plan.

An unknown figure is None with a reason. A missing pose makes every figure of the flight unknown: a sum without some
pictures would look like a smaller intrusion.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise
from typing import Any

from blindspot.camera import Lens
from blindspot.evidence.observed.limits import Observed
from blindspot.evidence.observed.picture_poses import POSES_FILE, PicturePose
from blindspot.evidence.observed.summary_file import DroneFacts
from blindspot.evidence.proportion.in_pictures import UNKNOWN, Proportion, TownAround, figures_of
from blindspot.law import Authorisation
from blindspot.mission import Aim, GroundMasks, Mission, Plan, Point
from blindspot.planning.reasons import Picture, pictures
from blindspot.site import Site

LONGEST_S = 1.0
"""Longest duration of a picture, s: one picture of each second of a drone is evaluated."""


@dataclass(frozen=True, slots=True)
class FlownProportion:
    """The figures of a run, as in `summary.json`.

    `reason` is why the flown figures are unknown, empty if they are known. `alternatives` are the lighter means that
    the authorisation states, with the reason for each rejection.
    """

    flown: Proportion
    plan: Proportion
    reason: str = ""
    miss_rate: Mapping[str, str] | None = None
    alternatives: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The entry `proportion` of the summary."""
        means = [{"means": means, "why_insufficient": why} for means, why in self.alternatives]
        return {
            **_document(self.flown), "reason": self.reason, "miss_rate": self.miss_rate, "alternatives": means,
            "plan": _document(self.plan),
        }  # fmt: skip


def _document(figures: Proportion) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(figures).items()}


def proportion_of(
    mission: Mission, plans: Sequence[Plan], site: Site, masks: GroundMasks, observed: Observed,
    drones: Iterable[DroneFacts], seen_m2: float | None, planned_m2: float, auth: Authorisation,
    missed: Mapping[str, str] | None = None,
) -> FlownProportion:  # fmt: skip
    """Compute the proportion of a run.

    Parameters
    ----------
    mission, site, masks, auth
        The mission, its town, the masks of its ground and its authorisation.
    plans
        The flown plans, of several sorties the first one first.
    observed
        The recorded poses of the pictures.
    drones
        The flight time of each drone.
    seen_m2
        Blind ground that was really seen, m2; None if it is unknown.
    planned_m2
        Blind ground that the plans see, m2.
    missed
        The miss rate of the masking with a note, as in the report.

    Returns
    -------
    FlownProportion
        Flown and planned figures. Flown figures are None, with a reason, where a pose is unknown.
    """
    ground = TownAround.of(plans[0], mission, site, masks)
    planned = [one for plan in plans for route in plan.routes for one in pictures(route, mission.model_of(route.drone))]
    of_plan = figures_of(planned, plans[0].band, ground, planned_m2, error_m=plans[0].coverage.pose_error_m)
    necessity = auth.file.necessity
    means = () if necessity is None else tuple((one.means, one.why_insufficient) for one in necessity.alternatives)
    reason, flown = why_unknown(observed, drones), UNKNOWN
    if not reason:
        try:
            flown = figures_of(flown_pictures(observed.pictures or (), mission), plans[0].band, ground, seen_m2)
        except (ValueError, KeyError) as error:
            reason = f"a recorded pose can't be evaluated: {error}"
    return FlownProportion(flown, of_plan, reason, missed, means)


def why_unknown(observed: Observed, drones: Iterable[DroneFacts]) -> str:
    """The reason why the pictures of a flight are not all known, as a sentence; empty if they are."""
    if observed.pictures is None:
        return f"{POSES_FILE} is missing or can't be read"
    if not observed.all_pictures:
        return f"{POSES_FILE} has a gap: the poses of some pictures are unknown"
    posed = {picture.drone for picture in observed.pictures}
    may_have_flown = (drone.name for drone in drones if drone.flight_time_s is None or drone.has_flown)
    return next((f"no pose of a picture of {name} was received" for name in may_have_flown if name not in posed), "")


def flown_pictures(poses: Iterable[PicturePose], mission: Mission) -> list[Picture]:
    """The evaluated pictures of a flight: the first of each second of each drone.

    Parameters
    ----------
    poses
        The poses of all pictures.
    mission
        The mission with the cameras of its drones.

    Returns
    -------
    list of Picture
        A picture lasts until the drone's next evaluated picture, at most 1 s.

    Raises
    ------
    KeyError
        A pose is of a drone that the mission does not have.

    Example
    -------
    >>> sum(picture.time_s for picture in flown_pictures(poses, mission))  # doctest: +SKIP
    412.0
    """
    lenses = _lenses(mission)
    ordered = sorted(poses, key=lambda pose: (pose.drone, pose.stamp_s))
    firsts = [next(same) for _, same in groupby(ordered, key=lambda pose: (pose.drone, math.floor(pose.stamp_s)))]
    found = []
    for pose, after in pairwise((*firsts, None)):
        assert pose is not None
        follows = after is not None and after.drone == pose.drone
        time_s = min(LONGEST_S, after.stamp_s - pose.stamp_s) if follows and after is not None else LONGEST_S
        found.append(_picture(pose, lenses[pose.drone], time_s))
    return found


def _lenses(mission: Mission) -> Mapping[str, Lens]:
    cameras = {drone.name: mission.model_of(drone.name).camera for drone in mission.file.fleet}
    return {name: Lens(camera.hfov_deg, camera.width_px, camera.height_px) for name, camera in cameras.items()}


def _picture(pose: PicturePose, lens: Lens, time_s: float) -> Picture:
    at = Point(east_m=pose.east_m, north_m=pose.north_m, up_m=pose.up_m)
    aim = Aim(heading_deg=pose.heading_deg % 360.0, pitch_deg=min(0.0, max(-90.0, pose.pitch_deg)))
    return Picture(lens, at, aim, time_s, pose.roll_deg)
