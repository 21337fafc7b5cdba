"""The flight as it is: each exposure of a cleared drone is judged by the rules of the flight.

The monitor only withholds leases, which inhibits the sensor; a drone is moved by the ladder of its leases alone. An
inhibited camera has no new exposure, so a breach holds until a lawful one or the end of the clearance.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import cos, inf, radians, sin

from shapely import Polygon

from blindspot.camera import CameraPose, Lens
from blindspot.core import InputError
from blindspot.law.clearances.looks import ON_WITHIN_S, Looks
from blindspot.law.clearances.one_clearance import Clearance
from blindspot.law.files.authorisation_file import CameraCap
from blindspot.law.files.profiles import profile_of
from blindspot.law.judgement import OF_A_REAL_FLIGHT, OF_THE_MASKS, OF_THE_PICTURE, OF_THE_PLACE, refusal, refusals
from blindspot.law.rules.context import Context
from blindspot.law.rules.facts import Flying, Masked, Recorded
from blindspot.law.signatures.authorisation import Authorisation, load_authorised_area
from blindspot.law.verdict import Verdict
from blindspot.mission import Origin, Plan, Route, drone_model

DEPTH_TOLERANCE_M = 3.0
"""Tolerance of the measured distance to the ground in a density, m. The ceiling has none: a plan keeps the vertical
error of flight below it, see `mission_file.VERTICAL_ERROR_M`."""
STEEPEST_DEG = 90.0
SILENT_S = 10.0
"""Longest time for which exposures may go on without a report on their masks, or on their lens, s of both clocks: the
slowest detector reports twice in it."""
MASKS, LENS = "masks", "lens"
ZOOM_TOLERANCE = 0.05
"""Largest tolerated difference of a lens's focal length from the data sheet: a calibration may differ so
far, see `vision/capture/calibration.py`."""


@dataclass(frozen=True, slots=True)
class _Broken:
    """A present breach: clearance, time of the exposure, and rule."""

    clearance: Clearance
    at_s: float
    verdict: Verdict


@dataclass(slots=True)
class _Eye:
    """What is known of one drone's camera."""

    pose: CameraPose | None = None
    at_s: float = -inf
    lens: Lens | None = None
    masked: Masked | None = None
    """The latest report on a picture since the camera went on."""
    waits: dict[str, tuple[float, float]] = field(default_factory=dict)
    """By kind of report: the first exposure that waits for one, by the node's and by the wall clock, s."""

    def is_silent(self, kind: str, now_s: float, wall_s: float) -> bool:
        since_s, since_wall_s = self.waits.get(kind, (inf, inf))
        return now_s - since_s > SILENT_S and wall_s - since_wall_s > SILENT_S


@dataclass(slots=True)
class FlightMonitor:
    """The latest exposure of each drone with the reports on lens and masks, and the present breach."""

    simulated: bool
    wall_s: Callable[[], float] = time.monotonic
    """A clock of the wall: a picture is masked in its time, however fast a simulation runs."""
    looks: Looks | None = None
    """The rights to look of all drones; without them each exposure has the right."""
    _eyes: dict[str, _Eye] = field(default_factory=dict)
    _broken: dict[str, _Broken] = field(default_factory=dict)
    _areas: dict[tuple[str, Origin], Polygon] = field(default_factory=dict)

    def heard(self, drone: str, pose: CameraPose | None, now_s: float, age_s: float = 0.0) -> None:
        """An exposure of a drone's camera arrives, `None` for one whose pose is invalid; `now_s` only goes forward, and
        the exposure was `age_s` before."""
        eye = self._eyes.setdefault(drone, _Eye())
        if now_s - eye.at_s > ON_WITHIN_S:  # the camera was off: the known facts of the pictures are of another time
            eye.masked = None
            eye.waits.clear()
        eye.pose, eye.at_s = pose, now_s
        if self.looks is not None:
            self.looks.exposed(drone, now_s, age_s)
        for kind in (MASKS, *(() if eye.lens is not None else (LENS,))):
            eye.waits.setdefault(kind, (now_s, self.wall_s()))

    def masked(self, drone: str, report: Masked) -> None:
        """The detector's report on one picture. A report no newer than the previous report counts for nothing."""
        eye = self._eyes.setdefault(drone, _Eye())
        if eye.masked is None or report.at_s > eye.masked.at_s:
            eye.masked = report
            eye.waits.pop(MASKS, None)

    def lens(self, drone: str, lens: Lens | None) -> None:
        """The lens that a camera reports; `None` for a report that can't be read."""
        eye = self._eyes.setdefault(drone, _Eye())
        eye.lens = lens
        if lens is not None:
            eye.waits.pop(LENS, None)

    def breach(self, clearance: Clearance, drone: str, now_s: float) -> Verdict | None:
        """The rule that a cleared drone breaks, or `None`.

        Only exposures and reports on their pictures are judged: place and masks (GEO-01, DWL-01, REC-02), height
        (AVI-01), zoom, pitch and density on the ground (SEN-03), and the cameras that are on and the right to look
        (SEN-02). Tolerances:
        height none, density 3 m of depth, pitch 1 deg, zoom 5 %. A camera whose masks or lens
        nobody reports for 10 s is in breach. A breach holds until a later exposure of this drone is lawful, or until
        its clearance ends.
        """
        eye = self._eyes.get(drone, _Eye())
        held = self._broken.get(drone)
        if held is not None and held.clearance is not clearance:
            del self._broken[drone]
            held = None
        auth, route = clearance.gate.authorisation, clearance.flown.route_of(drone)
        is_off = now_s - eye.at_s > ON_WITHIN_S and (eye.masked is None or eye.masked.is_whole)
        if is_off or auth is None or route is None:
            return held.verdict if held is not None else None
        found = self._judge(clearance, auth, route, eye, now_s)
        if found is not None:
            self._broken[drone] = _Broken(clearance, eye.at_s, found)
        elif held is not None and eye.at_s > held.at_s:
            del self._broken[drone]
        elif held is not None:
            return held.verdict
        return found

    def _judge(
        self, clearance: Clearance, auth: Authorisation, route: Route, eye: _Eye, now_s: float
    ) -> Verdict | None:
        """The rule that an exposure breaks now, or `None`."""
        if not self._is_lawful(route.drone):
            return refusal(
                "SEN-02", "the drone looks without the right to look", "see the drone's camera node",
                "vérifier le nœud caméra du drone",
            )  # fmt: skip
        if eye.pose is None:
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
        report, flying = eye.masked, self._facts(clearance, auth, route, eye, eye.pose, now_s)
        ctx = Context(
            auth=auth, profile=profile, now_utc=clearance.asked.mission.file.start, area=area,
            simulated=self.simulated, plan=clearance.flown, flying=flying,
        )  # fmt: skip
        found = refusals(ctx, "IF", OF_THE_PICTURE)
        if report is None and not eye.is_silent(MASKS, now_s, self.wall_s()):
            place = replace(ctx, flying=replace(flying, sensor_on=False))  # no picture was made so far
            return next(iter((*found, *refusals(place, "IF", OF_THE_PLACE))), None)
        picture = Recorded(
            clear_bytes=report.clear_bytes if report is not None else None, private_masked=flying.private_masked
        )
        found += refusals(ctx, "IF", OF_THE_PLACE) + refusals(replace(ctx, recorded=picture), "RC", OF_THE_MASKS)
        return next(iter(found), None)

    def _facts(
        self, clearance: Clearance, auth: Authorisation, route: Route, eye: _Eye, pose: CameraPose, now_s: float
    ) -> Flying:
        relief, wall_s, model = (
            clearance.flown.relief,
            self.wall_s(),
            clearance.asked.mission.models[route.model].camera,
        )
        planned = Lens(model.hfov_deg, model.width_px, model.height_px)
        lens = eye.lens or planned
        above_m = pose.up_m - relief.highest_m + DEPTH_TOLERANCE_M
        known = eye.masked if not eye.is_silent(MASKS, now_s, wall_s) else None
        return Flying(
            east_m=pose.east_m, north_m=pose.north_m, height_m=pose.up_m - relief.lowest_m,
            pitch_deg=_within_jitter(pose.pitch_deg, auth.camera),
            zoom=zoom_of(lens, planned) if not eye.is_silent(LENS, now_s, wall_s) else None,
            px_per_m=ground_density(lens, above_m, pose.pitch_deg),
            outside_masked=known.outside if known is not None else None,
            private_masked=known.private if known is not None else None,
            cameras_on=sum(
                now_s - each.at_s <= ON_WITHIN_S for name, each in self._eyes.items() if self._is_lawful(name)
            ),
        )  # fmt: skip

    def _is_lawful(self, drone: str) -> bool:
        return self.looks is None or self.looks.is_lawful(drone)

    def _area(self, auth: Authorisation, plan: Plan) -> Polygon:
        key = auth.file.area.sha256, plan.origin
        if key not in self._areas:
            self._areas = {key: load_authorised_area(auth, plan.origin.frame)}
        return self._areas[key]


def breach_by_facts(
    clearance: Clearance, flying: Flying, now_utc: datetime, *, journal_works: bool | None = None
) -> Verdict | None:
    """The rule of `OF_A_REAL_FLIGHT` that a cleared drone breaks with these facts now, under an authority's profile;
    `None` if all are met, or do not apply. An unknown fact breaks the limits: the sensor is inhibited until the fact is
    known.

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


def zoom_of(lens: Lens, planned: Lens) -> float:
    """Focal length of a lens, as a multiple of the planned one's; 1 within the tolerance of a calibration."""
    found = (lens.f_px / lens.width_px) / (planned.f_px / planned.width_px)
    return 1.0 if abs(found - 1.0) <= ZOOM_TOLERANCE else found


def ground_density(lens: Lens, above_m: float, pitch_deg: float) -> float:
    """Highest density of flat ground in a picture, px/m: at its steepest ray, where the depth is least."""
    if above_m <= 0.0:
        return inf
    half_deg = min(lens.vfov_deg / 2, STEEPEST_DEG + pitch_deg)  # beyond straight down the depth grows again
    steepest_deg = -pitch_deg + max(0.0, half_deg)
    depth_m = above_m * cos(radians(max(0.0, half_deg))) / max(1e-6, sin(radians(steepest_deg)))
    return lens.px_per_m(depth_m)


def _within_jitter(pitch_deg: float, cap: CameraCap) -> float:
    """The pitch; or the limit, if the pitch exceeds the limit by no more than the gimbal's jitter."""
    nearest_deg = min(max(pitch_deg, cap.min_pitch_deg), cap.max_pitch_deg)
    return nearest_deg if abs(pitch_deg - nearest_deg) <= drone_model.PITCH_TOLERANCE_DEG else pitch_deg
