"""The flight as it is: each exposure of a cleared drone is judged by the rules of the flight.

The monitor only withholds leases, which inhibits the sensor; a drone is moved by the ladder of its leases alone. An
inhibited camera has no new exposure, so a breach holds until a lawful one or the end of the clearance.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from math import cos, inf, radians, sin

from shapely import Polygon

from blindspot.camera import CameraPose, Lens
from blindspot.core import InputError
from blindspot.law.authorisation import Authorisation, load_authorised_area
from blindspot.law.authorisation_file import CameraCap
from blindspot.law.clearances.one_clearance import Clearance
from blindspot.law.judgement import OF_A_REAL_FLIGHT, OF_THE_PICTURE, OF_THE_PLACE, refusal, refusals
from blindspot.law.profiles import profile_of
from blindspot.law.rules.context import Context
from blindspot.law.rules.facts import Flying
from blindspot.law.verdict import Verdict
from blindspot.mission import Origin, Plan, Route, mission_file

HEIGHT_TOLERANCE_M = 3.0
"""Vertical error of an estimate in flight: a plan may lie exactly at a limit."""
ON_WITHIN_S = 1.0
"""A camera is on for this long after an exposure; without a newer one it is off, and nothing new of it is judged."""
STEEPEST_DEG = 90.0


@dataclass(frozen=True, slots=True)
class _Broken:
    """A breach that holds: its clearance, the time of its exposure, and its rule."""

    clearance: Clearance
    at_s: float
    verdict: Verdict


@dataclass(slots=True)
class FlightMonitor:
    """The latest exposure of each drone, and its breach that holds."""

    simulated: bool
    _last: dict[str, tuple[CameraPose | None, float]] = field(default_factory=dict)
    _broken: dict[str, _Broken] = field(default_factory=dict)
    _areas: dict[tuple[str, Origin], Polygon] = field(default_factory=dict)

    def heard(self, drone: str, pose: CameraPose | None, now_s: float) -> None:
        """An exposure of a drone's camera, `None` for one whose pose is invalid; `now_s` only goes forward."""
        self._last[drone] = pose, now_s

    def breach(self, clearance: Clearance, drone: str, now_s: float) -> Verdict | None:
        """The rule that a cleared drone breaks, or `None`.

        Only exposures are judged: their place (GEO-01), height (AVI-01), pitch and density on the ground (SEN-03), and
        the cameras that are on (SEN-02). Heights have a tolerance of 3 m and pitch one of 1 deg. A breach holds until
        a later exposure of this drone is lawful, or until its clearance ends.
        """
        pose, at_s = self._last.get(drone, (None, -inf))
        held = self._broken.get(drone)
        if held is not None and held.clearance is not clearance:
            del self._broken[drone]
            held = None
        auth, route = clearance.gate.authorisation, clearance.flown.route_of(drone)
        if now_s - at_s > ON_WITHIN_S or auth is None or route is None:
            return held.verdict if held is not None else None
        found = self._judge(clearance, auth, route, pose, now_s)
        if found is not None:
            self._broken[drone] = _Broken(clearance, at_s, found)
        elif held is not None and at_s > held.at_s:
            del self._broken[drone]
        elif held is not None:
            return held.verdict
        return found

    def _judge(
        self, clearance: Clearance, auth: Authorisation, route: Route, pose: CameraPose | None, now_s: float
    ) -> Verdict | None:
        """The rule that an exposure breaks now, or `None`."""
        if pose is None:
            return refusal(
                "GEO-01",
                "the camera's pose is invalid",
                "see the drone's camera node",
                "vérifier le nœud caméra du drone",
            )
        try:
            area, profile = self._area(auth, clearance.flown), profile_of(auth.file)
        except InputError as error:
            fix, fix_fr = "restore the authorised area file", "remettre le fichier du périmètre autorisé"
            return refusal("AUT-01", str(error), fix, fix_fr)
        ctx = Context(
            auth=auth, profile=profile, now_utc=clearance.asked.mission.file.start, area=area,
            simulated=self.simulated, plan=clearance.flown, flying=self._facts(clearance, auth, route, pose, now_s),
        )  # fmt: skip
        found = refusals(ctx, "IF", OF_THE_PICTURE)
        if ctx.flying is not None:  # the masks are the detector's own facts: here the place alone is judged
            place = replace(ctx, flying=replace(ctx.flying, sensor_on=False))
            found += refusals(place, "IF", OF_THE_PLACE)
        return next(iter(found), None)

    def _facts(self, clearance: Clearance, auth: Authorisation, route: Route, pose: CameraPose, now_s: float) -> Flying:
        relief, on = clearance.flown.relief, (at_s for _, at_s in self._last.values())
        model = clearance.asked.mission.models[route.model].camera
        lens = Lens(model.hfov_deg, model.width_px, model.height_px)
        above_m = pose.up_m - relief.highest_m + HEIGHT_TOLERANCE_M
        return Flying(
            east_m=pose.east_m, north_m=pose.north_m, height_m=pose.up_m - relief.lowest_m - HEIGHT_TOLERANCE_M,
            pitch_deg=_within_jitter(pose.pitch_deg, auth.camera),
            zoom=1.0,  # not measured: this part of SEN-03 is not judged
            px_per_m=ground_density(lens, above_m, pose.pitch_deg),
            cameras_on=sum(now_s - each <= ON_WITHIN_S for each in on),
        )  # fmt: skip

    def _area(self, auth: Authorisation, plan: Plan) -> Polygon:
        key = auth.file.area.sha256, plan.origin
        if key not in self._areas:
            self._areas = {key: load_authorised_area(auth, plan.origin.frame)}
        return self._areas[key]


def breach_by_facts(
    clearance: Clearance, flying: Flying, now_utc: datetime, *, journal_works: bool | None = None
) -> Verdict | None:
    """The rule of `OF_A_REAL_FLIGHT` that a cleared drone breaks with these facts now, under an authority's profile;
    `None` if all are met, or do not apply. An unknown fact breaks them: the sensor is inhibited until it is known.

    `journal_works` is of now; the rest of the books is as it was at the clearance.
    """
    auth = clearance.gate.authorisation
    if auth is None:
        return None  # the gate itself refuses
    try:
        profile = profile_of(auth.file)
    except InputError as error:
        return refusal("AUT-01", str(error), "restore the profile", "remettre le profil")
    if profile.preflight_by != "authority":
        return None
    book = clearance.gate.known[1]
    book = replace(book, writable=book.writable and journal_works) if book is not None else None
    ctx = Context(
        auth=auth, profile=profile, now_utc=now_utc, simulated=False, plan=clearance.flown, flying=flying, book=book
    )
    return next(iter(refusals(ctx, "IF", OF_A_REAL_FLIGHT)), None)


def ground_density(lens: Lens, above_m: float, pitch_deg: float) -> float:
    """Highest density of flat ground in a picture, px/m: at its steepest ray, where the depth is least."""
    if above_m <= 0.0:
        return inf
    half_deg = min(lens.vfov_deg / 2, STEEPEST_DEG + pitch_deg)  # beyond straight down the depth grows again
    steepest_deg = -pitch_deg + max(0.0, half_deg)
    depth_m = above_m * cos(radians(max(0.0, half_deg))) / max(1e-6, sin(radians(steepest_deg)))
    return lens.px_per_m(depth_m)


def _within_jitter(pitch_deg: float, cap: CameraCap) -> float:
    """The pitch, or the limit that it exceeds by no more than the gimbal's jitter."""
    nearest_deg = min(max(pitch_deg, cap.min_pitch_deg), cap.max_pitch_deg)
    return nearest_deg if abs(pitch_deg - nearest_deg) <= mission_file.PITCH_TOLERANCE_DEG else pitch_deg
