"""The topics that may be recorded on board: a closed list, and only if the authorisation allows recording."""

from __future__ import annotations

from blindspot.law.authorisation import Authorisation
from blindspot.law.verdict import Verdict

PICTURES, POSES, STATUS = "camera/image_masked/compressed", "camera/pose", "drone_status"
ALWAYS = (PICTURES, POSES, STATUS, "clearance")
REPORTED, EVENTS = ("detections", "sightings"), ("events",)
"""Recorded only if the authorisation lists a detector or, for events, an event."""
CLOSED_LIST = (*ALWAYS, *REPORTED, *EVENTS)
"""Every topic of a drone that may ever be recorded (REC-01); parameters can't add one."""


def judge_recording(auth: Authorisation) -> Verdict | None:
    """The refusal of any recording; `None` if the authorisation allows recording explicitly."""
    recording = auth.file.recording
    if not recording.allowed:
        return Verdict("REC-01", "CSI R242-9", "the authorisation does not allow recording", "fly without a recording")
    if recording.retention_h <= 0:
        return Verdict("RET-01", "CSI L242-4", "recordings may be kept for 0 h", "fly without a recording")
    return None


def told_of_recording(asked: bool, auth: Authorisation) -> str:
    """One line for a user whose request to record (`record: true`) is refused; empty otherwise."""
    refusal = judge_recording(auth) if asked else None
    return f"record: nothing will be recorded: {refusal}" if refusal is not None else ""


def recorded_topics(auth: Authorisation) -> tuple[str, ...]:
    """The topics of a drone that may be recorded under an authorisation; empty if it refuses."""
    if judge_recording(auth) is not None:
        return ()
    analytics = auth.file.analytics
    return (*ALWAYS, *(REPORTED if analytics.detectors else ()), *(EVENTS if analytics.events else ()))
