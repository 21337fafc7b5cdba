"""An authorisation of profile TEST-RANGE, ready to be signed, from a fence that somebody drew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import shapely
import yaml
from pydantic import ValidationError

from blindspot.errors import InputError
from blindspot.law.authorisation import file_sha256
from blindspot.law.authorisation_file import DAYS, AuthorisationFile, Signature, Signer
from blindspot.law.profiles import TEST_RANGE_MAX_M2
from blindspot.site.frame import LocalFrame
from blindspot.site.geojson import load_area

FLOOR_M, CEILING_M = 20.0, 120.0
MIN_PITCH_DEG, MAX_PITCH_DEG, MAX_PX_PER_M = -90.0, -40.0, 60.0
FROM, UNTIL = "06:00", "22:00"
HEADER = """\
# {name}'s own field. Change what you must, then sign anew: blindspot authority sign FILE --key KEY
# Its signature is over all that stands here: a changed word, and no real autopilot is armed.
"""


def make_test_range(fence: Path, signer: Signer, begins: datetime, days: int, tz: str) -> AuthorisationFile:
    """From now on for some days, from the morning to the evening of the time zone.

    Raises InputError for a fence that is none, or larger than the profile allows.
    """
    area = load_area(fence, _frame_at(fence))
    if area.area > TEST_RANGE_MAX_M2:
        raise InputError(fence, "", f"encloses {area.area:.0f} m2", f"draw at most {TEST_RANGE_MAX_M2:.0f} m2")
    content: Mapping[str, Any] = {
        "schema": "blindspot.authorisation/1",
        "id": f"RANGE-{begins:%Y%m%d}-{fence.stem}",
        "profile": "TEST-RANGE",
        "signer": signer.model_dump(),
        "window": {
            "not_before": begins.isoformat(), "not_after": (begins + timedelta(days=days)).isoformat(), "tz": tz,
            "daily_slots": [{"days": list(DAYS), "start": FROM, "end": UNTIL}], "max_flight_min_per_day": 60.0,
        },
        "area": {
            "geojson": fence.name, "sha256": file_sha256(fence), "max_area_m2": TEST_RANGE_MAX_M2,
            "floor_m_agl": FLOOR_M, "ceiling_m_agl": CEILING_M,
        },
        "sensors": {
            "max_simultaneous_cameras": 1,
            "cameras": [{
                "id": "main", "min_pitch_deg": MIN_PITCH_DEG, "max_pitch_deg": MAX_PITCH_DEG, "max_zoom": 1.0,
                "max_px_per_m": MAX_PX_PER_M,
            }],
        },
        "recording": {"allowed": True, "retention_h": 168.0, "dwelling_purge_h": 48.0},
        "analytics": {"masking": "REQUIRED", "detectors": []},
    }  # fmt: skip
    try:
        return AuthorisationFile.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError("authorisation", ".".join(map(str, first["loc"])), first["msg"]) from error


def _frame_at(fence: Path) -> LocalFrame:
    """A local frame in the middle of whatever the file draws."""
    try:
        middle = shapely.from_geojson(fence.read_text(encoding="utf-8")).centroid
        return LocalFrame(middle.y, middle.x, 0.0, 0.0)
    except OSError as error:
        raise InputError(fence, "", f"can't be read ({error.strerror})", "name a GeoJSON file") from error
    except (ValueError, shapely.GEOSException) as error:
        raise InputError(fence, "", "is no GeoJSON with a polygon", "draw the fence as one polygon") from error


def as_yaml(file: AuthorisationFile, signature: Signature) -> str:
    """The file, signed once."""
    signed = file.model_copy(update={"signatures": (signature,)})
    said = signed.model_dump(mode="json", by_alias=True, exclude_none=True)
    name = file.signer.name if file.signer else "Somebody"
    return HEADER.format(name=name) + yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=120)
