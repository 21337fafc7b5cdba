"""What may be recorded on board: a closed list, and nothing at all unless the authorisation says so."""

from __future__ import annotations

from blindspot.law.authorisation import Authorisation
from blindspot.law.verdict import Verdict

PICTURES, POSES, STATUS = "camera/image_masked/compressed", "camera/pose", "drone_status"
ALWAYS = (PICTURES, POSES, STATUS, "clearance")
REPORTED, EVENTS = ("detections", "sightings"), ("events",)
"""Recorded only where the authorisation lists a detector, or an event, that may be reported at all."""
CLOSED_LIST = (*ALWAYS, *REPORTED, *EVENTS)
"""Every topic of a drone that may ever be recorded (REC-01). No parameter adds one."""


def judge_recording(auth: Authorisation) -> Verdict | None:
    """Whether anything may be recorded: what is not allowed in so many words is not."""
    recording = auth.file.recording
    if not recording.allowed:
        return Verdict("REC-01", "CSI R242-9", "the authorisation does not allow recording", "fly without a recording")
    if recording.retention_h <= 0:
        return Verdict("RET-01", "CSI L242-4", "recordings may be kept for 0 h", "fly without a recording")
    return None


def told_of_recording(asked: bool, auth: Authorisation) -> str:
    """One line for who asked for a recording (`record: true`) and gets none; empty otherwise."""
    refusal = judge_recording(auth) if asked else None
    return f"record: nothing will be recorded: {refusal}" if refusal is not None else ""


def recorded_topics(auth: Authorisation) -> tuple[str, ...]:
    """The topics of a drone that may be recorded under an authorisation; none where it refuses."""
    if judge_recording(auth) is not None:
        return ()
    analytics = auth.file.analytics
    return (*ALWAYS, *(REPORTED if analytics.detectors else ()), *(EVENTS if analytics.events else ()))
