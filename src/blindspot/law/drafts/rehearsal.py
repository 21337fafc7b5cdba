"""Rehearsal of an authorisation: every rule of its profile, in every phase, before any drone is there.

The authorisation is judged as for real autopilots. Plan and facts of the aircraft are assumed to be right, so that only
a fault of the file itself refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import shapely

from blindspot.core import CONFIG_DIR, InputError, read_yaml
from blindspot.law.airspace.remote_id_numbers import sent_operator
from blindspot.law.clearances.clearance import sensor_s
from blindspot.law.drafts.needed_facts import NEEDED
from blindspot.law.drafts.new_authorisation import frame_at
from blindspot.law.files.authorisation_file import Window
from blindspot.law.files.profiles import profile_of
from blindspot.law.french import said
from blindspot.law.judgement import Judgement, judge
from blindspot.law.keys import holders_of
from blindspot.law.recorded_topics import judge_recording
from blindspot.law.rules.context import Context
from blindspot.law.rules.facts import (
    PHASES,
    Book,
    Flying,
    Kept,
    KeptRecording,
    Phase,
    Ready,
    Recorded,
    RemoteIdState,
)
from blindspot.law.rules.log import ACTS, KEPT_DAYS
from blindspot.law.rules.rec import permitted_topics
from blindspot.law.signatures.authorisation import Authorisation, both_offsets, load_authorised_area, slot_end
from blindspot.mission import (
    Aim,
    Coverage,
    DensityBand,
    DroneModel,
    Expected,
    Failsafe,
    Intrusion,
    Origin,
    Plan,
    Point,
    Relief,
    Route,
    View,
)
from blindspot.site import LocalFrame

ASSUMED: tuple[Phase, ...] = ("PF", "IF", "RC", "RT")
"""Phases whose facts of the aircraft, the recording and the books are assumed here."""
FLIGHT_S, VIEW_S = 180.0, 60.0
SPEED_MPS = 5.0


def rehearse(auth: Authorisation, at: datetime | None = None) -> Judgement:
    """The judgement of every rule of an authorisation's profile; those on recordings only if recording is authorised.

    Parameters
    ----------
    auth
        The authorisation.
    at
        The assumed time of the flight, with a time zone; the beginning of the first daily slot by default.

    Raises
    ------
    InputError
        The authorisation has no slot inside the window, or profile or area can't be read.
    """
    now_utc = (at if at is not None else first_slot(auth.file.window)).astimezone(UTC)
    records = auth.file.recording.allowed and auth.file.recording.retention_h > 0
    unsealed = () if len(holders_of(auth.file)) > 1 else ("REC-03",)
    return judge(rehearsal_context(auth, now_utc), PHASES if records else ("PL", "PF", "IF"), without=unsealed)


def ruling_lines(found: Judgement, language: str) -> Iterator[str]:
    """Two lines for each ruling of a rehearsal, rule and evidence, and one line for each needed fact of pre-flight;
    `language` is "en" or "fr"."""
    for each in found.applied:
        rule, article = each.rule, said(each.article, language)
        judged = "assumed" if each.phase in ASSUMED else "ok"
        word = said("REFUSED" if each.refuses else judged if each.ruling.provided else "absent", language)
        if language == "fr":
            yield f"{word:7} {rule.id} {each.phase} ({article}) : {rule.fr}"
        else:
            yield f"{word:7} {rule.id} {each.phase} ({article}): {rule.en}"
        yield f"        {said(each.ruling.evidence, language)}"
        if each.phase == "PF" and rule.id in NEEDED:
            yield f"        {NEEDED[rule.id].text(language)}"


def conclusion(found: Judgement, auth: Authorisation, language: str) -> Iterator[str]:
    """The last lines of a rehearsal that no rule refuses: GO, and what this version does not provide."""
    assumed = [each.phase in ASSUMED for each in found.applied if each.ruling.provided]
    yield said(
        f"GO in rehearsal at {found.at.isoformat()}: {assumed.count(False)} rulings on the file, "
        f"{assumed.count(True)} on assumed facts", language,
    )  # fmt: skip
    if found.missing:
        yield said(f"not provided by this version: {', '.join(found.missing)}", language)
    if refused := judge_recording(auth):
        yield f"{said('a real flight records nothing: ', language)}{refused.text(language)}"


def rehearsal_context(auth: Authorisation, now_utc: datetime) -> Context:
    """The question of a rehearsal; raises InputError."""
    frame, profile = frame_at(auth.area_path), profile_of(auth.file)
    area = load_authorised_area(auth, frame)
    plan = _plan(auth, frame, area)
    file = auth.file
    rid = file.aviation.rid if file.aviation is not None else None
    remote_id = RemoteIdState(True, sent_operator(rid.operator), rid.serials[:1]) if rid is not None else None
    due = now_utc + timedelta(seconds=FLIGHT_S, hours=file.recording.retention_h)
    return Context(
        auth=auth, profile=profile, now_utc=now_utc, simulated=profile.level == 0, plan=plan, area=area,
        models={"rehearsal": _model(auth)}, flown_s=0.0, place_s=sensor_s(plan), cameras_beside=0,
        ready=Ready(
            audio_devices=(), names=(*file.analytics.detectors, *permitted_topics(file)), models=(), links_out=(),
            separated_at=now_utc, autopilot_asks=True, remote_id=remote_id, green_light=True, notam_at=now_utc,
            clock_off_s=0.0, pilots=tuple(pilot.id for pilot in file.people.pilots) if file.people is not None else (),
        ),
        flying=replace(_flying(auth, plan, remote_id), separated_at=now_utc),
        recorded=Recorded(
            topics=permitted_topics(file), audio_tracks=(), clear_bytes=0, private_masked=True,
            holders=tuple(holders_of(file)), chained=True, head_signed=True, names=permitted_topics(file),
            viewers=file.people.viewers if file.people is not None else (),
        ),
        kept=Kept(
            recordings=(KeptRecording(name="rehearsal", due=due, erased=due, receipt_signed=True),), reads=(),
            extractors=(), training_copies=0, flagged=(),
        ),
        book=Book(
            writable=True, is_behind=False, acts=ACTS, kept_days=KEPT_DAYS, register_sent=now_utc,
            register_complete=True,
        ),
    )  # fmt: skip


def first_slot(window: Window) -> datetime:
    """Beginning of the first daily slot inside the window, UTC; raises InputError if there is none."""
    zone = ZoneInfo(window.tz)
    day, last = window.not_before.astimezone(zone).date(), window.not_after.astimezone(zone).date()
    day -= timedelta(days=1)  # a slot of the day before may run past midnight
    while day <= last:
        starts = (max(both_offsets(datetime.combine(day, slot.start, zone))) for slot in window.daily_slots)
        for start in sorted(max(start, window.not_before.astimezone(UTC)) for start in starts):
            if slot_end(window, start) is not None:
                return start
        day += timedelta(days=1)
    raise InputError("authorisation", "window.daily_slots", "none lies inside the window", "correct days or window")


def _plan(auth: Authorisation, frame: LocalFrame, area: shapely.Polygon) -> Plan:
    """One drone that hovers inside the area, in the middle of every limit of the authorisation."""
    limits, cap = auth.file.area, auth.camera
    here, up_m = shapely.point_on_surface(area), (limits.floor_m_agl + limits.ceiling_m_agl) / 2
    # A plan's perimeter has no hole, so the perimeter lies beside the holes of the area.
    outline = area if not area.interiors else here.buffer(area.boundary.distance(here), quad_segs=1)
    corners = tuple((float(east), float(north)) for east, north in outline.exterior.coords[:-1])
    speed_mps = min(SPEED_MPS, auth.file.aviation.vmax_mps if auth.file.aviation is not None else SPEED_MPS)
    route = Route(
        drone="rehearsal", model="rehearsal", pad="pad", home=Point(east_m=here.x, north_m=here.y, up_m=0.0),
        takeoff_up_m=up_m,
        steps=(
            View(id="view", to=Point(east_m=here.x, north_m=here.y, up_m=up_m), aim=_aim(auth), dwell_s=VIEW_S,
                 speed_mps=speed_mps),
        ),
        failsafe=Failsafe(rtl_type=0, rtl_return_alt_m=up_m, fence=corners, fence_max_alt_m=up_m),
        expected=Expected(flight_time_s=FLIGHT_S, distance_m=0.0, energy_wh=0.0, battery_left_fraction=1.0),
    )  # fmt: skip
    return Plan(
        id="rehearsal", mission="rehearsal", site="rehearsal", seed=0,
        origin=Origin(lat_deg=frame.lat_deg, lon_deg=frame.lon_deg, datum_amsl_m=0.0, geoid_m=0.0),
        perimeter=corners, relief=Relief(lowest_m=0.0, highest_m=0.0), routes=(route,),
        band=DensityBand(min_px_per_m=cap.max_px_per_m / 2, max_px_per_m=cap.max_px_per_m),
        intrusion=Intrusion(private_m2s=0.0, facade_m2s=0.0, highest_px_per_m=cap.max_px_per_m),
        coverage=Coverage(cell_m=2.0, public_area_m2=0.0, fixed_area_m2=0.0, blind_area_m2=0.0,
                          reachable_area_m2=0.0, planned_area_m2=0.0),
    )  # fmt: skip


def _model(auth: Authorisation) -> DroneModel:
    """The reference drone with the authorised mass and size."""
    model, aviation = read_yaml(CONFIG_DIR / "drones" / "reference.yaml", DroneModel), auth.file.aviation
    if aviation is None:
        return model
    return model.model_copy(update={"mass_kg": aviation.mtom_kg, "span_m": aviation.dim_m})


def _aim(auth: Authorisation) -> Aim:
    return Aim(heading_deg=0.0, pitch_deg=(auth.camera.min_pitch_deg + auth.camera.max_pitch_deg) / 2)


def _flying(auth: Authorisation, plan: Plan, remote_id: RemoteIdState | None) -> Flying:
    [route] = plan.routes
    here = route.steps[0].to
    return Flying(
        east_m=here.east_m, north_m=here.north_m, height_m=here.up_m, pitch_deg=_aim(auth).pitch_deg, zoom=1.0,
        px_per_m=auth.camera.max_px_per_m, outside_masked=True, private_masked=True, axis_on_facade_s=0.0,
        cameras_on=1, zone="", emergency="", links_out=(), remote_id=remote_id, green_light=True,
    )  # fmt: skip
