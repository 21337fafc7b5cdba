"""Whether the aviation geozones that an authorisation names are there, unchanged and still valid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from blindspot.law.authorisation import Authorisation, file_sha256

LONGEST_FLIGHT = timedelta(hours=1)
"""Zones that run out sooner than this may change while the drone is in the air."""


def judge_geozones(auth: Authorisation, now_utc: datetime, *, simulated: bool) -> tuple[str, str]:
    """What is known of the zones, and what to do about it; nothing to do means that they are fresh.

    Without a geozone file the site's no-fly zones are all there is, and they have no date: a simulation assumes that
    they hold, a real flight may not.
    """
    zones, path = auth.file.aviation.geozones if auth.file.aviation is not None else None, auth.geozones_path
    if zones is None or path is None:
        told = "none named: the site's no-fly zones, assumed to be of today"
        return told, "" if simulated else "name aviation.geozones in the authorisation: file, sha256, valid_to"
    if not path.is_file():
        return f"{zones.file} does not exist", "fetch the zones"
    if file_sha256(path) != zones.sha256:
        return f"{zones.file} is not the authorised file", "restore it, or have the new one authorised"
    until = f"valid to {zones.valid_to.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if now_utc + LONGEST_FLIGHT > zones.valid_to:
        return f"{zones.file}: {until}", "fetch the zones anew and have them authorised"
    return f"{zones.file}: {until}", ""
