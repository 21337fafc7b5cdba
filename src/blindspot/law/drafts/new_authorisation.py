"""A new authorisation from a drawn fence: SIM-ONLY for the user's town, TEST-RANGE, which must be signed, or a file of
any other profile to fill in."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import shapely
import yaml
from pydantic import ValidationError

from blindspot.core import InputError, field_error, plain_text, read_file
from blindspot.law.files.authorisation_file import DAYS, FILL_IN, AuthorisationFile, Signature, Signer
from blindspot.law.files.profiles import Profile, load_profile
from blindspot.law.judgement import is_needed
from blindspot.law.signatures.authorisation import file_sha256
from blindspot.site import LocalFrame, load_area

Content = dict[str, Any]

FLOOR_M, CEILING_M = 20.0, 120.0
RECORDING = {"allowed": True, "retention_h": 168.0, "dwelling_purge_h": 48.0}
DEFAULT_DETECTOR = "nanodet"
"""The model that set-up installs."""
MIN_PITCH_DEG, MAX_PITCH_DEG, MAX_PX_PER_M = -90.0, -40.0, 60.0
FROM, UNTIL = "06:00", "22:00"
ROUND_THE_CLOCK = ("00:00", "23:59"), ("12:00", "11:59")
"""Two overlapping slots. The last end counts, so a flight continues past midnight."""
SIM_DAYS, SIM_DRONES = 3650, 12
SIM_MIN_PER_DAY = SIM_DRONES * 24 * 60.0
SIM_HEADER = """\
# For simulations only: it never arms a real autopilot. Edit it as you like.
# The hash of another area: blindspot authority hash FILE
"""
HEADER = """\
# {name}'s own field. After any change sign it again: blindspot authority sign FILE --key KEY
# The signature covers the whole content: without a valid one no real autopilot is armed.
"""

SITE_HEADER = """\
# {title}. After any change {who} again: blindspot authority sign{then}.
# Rehearse it before the first flight: blindspot authority rehearse FILE --profile {profile}
# A real flight also needs aviation.notices and analytics.separation, which two commands make: blindspot authority
# notices, and blindspot authority separation. A zone that needs an authorisation, or is conditional, refuses unless
# aviation.zone_consents names its authority's consent by zone, ref and date.
"""
WITHOUT_ACT = {
    "signer": ("name", "contact"), "owner_declaration": ("owner", "property_ref", "statement", "date"),
    "legal_basis": ("act", "in_force"), "convention": ("ref", "date"),
}  # fmt: skip
"""Sections that the complete example of an act lacks, with their fields."""


def make_test_range(fence: Path, signer: Signer, begins: datetime, days: int, tz: str) -> AuthorisationFile:
    """A TEST-RANGE authorisation: valid for `days` from `begins`, from morning to evening in the time zone.

    Raises InputError if the fence is not a polygon or is larger than the profile allows.
    """
    area, most_m2 = load_area(fence, frame_at(fence)), load_profile("TEST-RANGE").limits.max_area_m2 or 0.0
    if area.area > most_m2:
        raise InputError(
            fence, "", f"encloses {plain_text.beside(area.area, most_m2, '.0f')} m2", f"draw at most {most_m2:.0f} m2"
        )
    return _valid({
        "id": f"RANGE-{begins:%Y%m%d}-{_name_of(fence)}",
        "profile": "TEST-RANGE",
        "signer": signer.model_dump(),
        "window": _window(begins, days, tz, ((FROM, UNTIL),), 60.0),
        "area": _area(fence, most_m2),
        "sensors": _sensors(1),
        "analytics": {"masking": "REQUIRED", "detectors": []},
    })  # fmt: skip


def make_sim_only(fence: Path, now: datetime, tz: str) -> AuthorisationFile:
    """A SIM-ONLY authorisation for the default detector and as many drones as a mission may have.

    It holds round the clock, ten years back and ahead, because a simulated mission may start at any time. Raises
    InputError if the fence is not a polygon.
    """
    area = load_area(fence, frame_at(fence))
    return _valid({
        "id": f"SIM-{_name_of(fence)}",
        "profile": "SIM-ONLY",
        "window": _window(now - timedelta(days=SIM_DAYS), 2 * SIM_DAYS, tz, ROUND_THE_CLOCK, SIM_MIN_PER_DAY),
        "area": _area(fence, float(ceil(1.01 * area.area))),
        "sensors": _sensors(SIM_DRONES),
        "analytics": {"masking": "REQUIRED", "detectors": [DEFAULT_DETECTOR]},
    })  # fmt: skip


def _name_of(fence: Path) -> str:
    """A name that no other fence has, although many files are called `area_of_interest.geojson`."""
    return f"{fence.stem}-{file_sha256(fence)[:8]}"


def _window(begins: datetime, days: int, tz: str, slots: tuple[tuple[str, str], ...], minutes: float) -> Content:
    return {
        "not_before": begins.isoformat(), "not_after": (begins + timedelta(days=days)).isoformat(), "tz": tz,
        "daily_slots": [{"days": list(DAYS), "start": start, "end": end} for start, end in slots],
        "max_flight_min_per_day": minutes,
    }  # fmt: skip


def _area(fence: Path, max_area_m2: float) -> Content:
    return {
        "geojson": fence.name, "sha256": file_sha256(fence), "max_area_m2": max_area_m2,
        "floor_m_agl": FLOOR_M, "ceiling_m_agl": CEILING_M,
    }  # fmt: skip


def _sensors(drones: int) -> Content:
    camera = {
        "id": "main", "min_pitch_deg": MIN_PITCH_DEG, "max_pitch_deg": MAX_PITCH_DEG, "max_zoom": 1.0,
        "max_px_per_m": MAX_PX_PER_M,
    }  # fmt: skip
    return {"max_simultaneous_cameras": drones, "cameras": [camera]}


def _valid(content: Content) -> AuthorisationFile:
    try:
        return AuthorisationFile.model_validate(
            {"schema": "blindspot.authorisation/1", **content, "recording": RECORDING}
        )
    except ValidationError as error:
        raise field_error("authorisation", error, AuthorisationFile) from error


def frame_at(fence: Path) -> LocalFrame:
    """A local frame at the centroid of the file's geometry. Raises InputError unless it is GeoJSON with a polygon."""
    try:
        middle = shapely.from_geojson(read_file(fence)).centroid
        return LocalFrame(middle.y, middle.x, 0.0, 0.0)
    except OSError as error:
        raise InputError(fence, "", f"can't be read ({error.strerror})", "name a GeoJSON file") from error
    except (ValueError, shapely.GEOSException) as error:
        raise InputError(fence, "", "is no GeoJSON with a polygon", "draw the fence as one polygon") from error


def as_yaml(file: AuthorisationFile, signature: Signature | None) -> str:
    return as_signed_yaml(file, () if signature is None else (signature,))


def as_signed_yaml(file: AuthorisationFile, signatures: tuple[Signature, ...]) -> str:
    """The file as YAML, with these signatures in place of the old signatures; in the act, if the file has an act."""
    act = file.act
    if act is None:
        signed = file.model_copy(update={"signatures": signatures})
    else:
        in_act = act.model_copy(update={"signatures": signatures})
        signed = file.model_copy(update={"signatures": (), "act": in_act})
    said = signed.model_dump(mode="json", by_alias=True, exclude_none=True)
    return _header(file) + yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=120)


def _header(file: AuthorisationFile) -> str:
    if file.profile == "TEST-RANGE" and file.signer is not None:
        return HEADER.format(name=file.signer.name)
    profile = load_profile(file.profile)
    return _site_header(profile) if profile.signers else SIM_HEADER


def _site_header(profile: Profile) -> str:
    both = profile.signers == 2
    return SITE_HEADER.format(
        title=profile.title.en, profile=profile.id, who="two people sign it" if both else "sign it",
        then=", then countersign" if both else "",
    )  # fmt: skip


def template_yaml(name: str, example: AuthorisationFile, fence: Path, begins: datetime, tz: str) -> str:
    """A new authorisation of a profile, as YAML: window and area of the fence, and the profile's needed sections, as
    in a complete example of an act, with every value still to fill in. It is invalid until each is."""
    profile = load_profile(name)
    shown = example.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"signatures", "legal_basis"})
    shown = shown | {section: dict.fromkeys(fields, FILL_IN) for section, fields in WITHOUT_ACT.items()}
    given = {
        "id": FILL_IN, "profile": name, "window": _template_window(profile, begins, tz),
        "area": _template_area(profile, fence, shown), "sensors": _template_sensors(profile),
    } | ({"rule_pack": FILL_IN} if profile.takes_rule_pack else {})  # fmt: skip
    kept = ("schema", "recording", "analytics")
    shown["recording"].pop("keys", None)
    if is_needed("REC-03", profile):
        shown["recording"] |= {"keys": {"service": FILL_IN, "authority": FILL_IN}}
    of_profile = [name for name in (*shown, *given) if name in given or name in kept or _is_needed(profile, name)]
    said = {key: given.get(key, shown.get(key) if key in kept else _blank(shown.get(key))) for key in of_profile}
    return _site_header(profile) + yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=120)


def _is_needed(profile: Profile, section: str) -> bool:
    """Whether a profile needs a section. A country's pack, which is still to be named, may need each one of an act."""
    if section in ("people", "revocation") and "act" in profile.needs:
        return True
    of_pack = profile.takes_rule_pack and section not in WITHOUT_ACT
    return of_pack or section in profile.needs or section in profile.modules


def _template_window(profile: Profile, begins: datetime, tz: str) -> Content:
    weekly = {"max_min_per_place_per_week": 30.0} if profile.takes_rule_pack or "places" in profile.modules else {}
    return _window(begins, 28, tz, (("20:00", "23:00"),), 60.0) | weekly


def _template_area(profile: Profile, fence: Path, shown: Content) -> Content:
    area = _area(fence, float(ceil(1.01 * load_area(fence, frame_at(fence)).area)))
    shares = profile.takes_rule_pack or profile.limits.max_commune_share is not None
    return area | ({"commune": _blank(shown["area"]["commune"])} if shares else {})


def _template_sensors(profile: Profile) -> Content:
    return _sensors(1) | ({"max_cameras_in_department": FILL_IN} if profile.department_cameras is not None else {})


def _blank(value: object) -> object:
    if isinstance(value, dict):
        return {key: _blank(inner) for key, inner in value.items() if key != "signatures"}
    return [_blank(inner) for inner in value] if isinstance(value, list) else FILL_IN
