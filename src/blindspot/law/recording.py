"""The topics that may be recorded on board: a closed list, and only if the authorisation allows recording."""

from __future__ import annotations

from datetime import UTC, datetime

from blindspot.law.authorisation import Authorisation
from blindspot.law.judgement import BY_ID, OF_A_RECORDING, refusal, refusals
from blindspot.law.profiles import profile_or_problem
from blindspot.law.rules.context import Context
from blindspot.law.rules.facts import Kept, Read, Recorded
from blindspot.law.rules.rec import (
    ALWAYS as ALWAYS,
    CLOSED_LIST as CLOSED_LIST,
    EVENTS as EVENTS,
    PICTURES as PICTURES,
    POSES as POSES,
    REPORTED as REPORTED,
    STATUS as STATUS,
    permitted_topics,
)
from blindspot.law.verdict import Verdict


def judge_recording(auth: Authorisation, *, simulated: bool = False) -> Verdict | None:
    """The refusal of any recording; `None` if the authorisation allows recording explicitly. A caller that does not say
    `simulated` asks as for a real flight, which is never less strict."""
    profile, problem = profile_or_problem(auth.file)
    ctx = Context(
        auth=auth, profile=profile, now_utc=datetime.now(UTC), simulated=simulated, problem=problem,
        recorded=Recorded(topics=()),
    )  # fmt: skip
    return next(iter(refusals(ctx, "RC", OF_A_RECORDING)), None)


def judge_reading(people: tuple[str, ...], basis: str) -> Verdict | None:
    """The refusal of a consultation of a recording after its deployment (ACC-02), or `None`."""
    kept, now = Kept(reads=(Read(people, basis),)), datetime.now(UTC)
    rule = BY_ID["ACC-02"]
    ruling = rule.judge(Context(phase="RT", auth=None, profile=None, now_utc=now, simulated=False, kept=kept))
    return None if ruling.ok else refusal(rule.id, ruling.evidence, ruling.remedy, ruling.remedy_fr)


def kept_for_h(auth: Authorisation) -> float:
    """Hours after which a recording is erased: the shorter time of the authorisation and of its profile."""
    profile, _ = profile_or_problem(auth.file)
    return 0.0 if profile is None else min(auth.file.recording.retention_h, profile.limits.max_retention_h)


def recording_notice(asked: bool, auth: Authorisation) -> str:
    """One line for a user whose request to record (`record: true`) is refused; empty otherwise."""
    refusal = judge_recording(auth) if asked else None
    return f"record: nothing will be recorded: {refusal}" if refusal is not None else ""


def recorded_topics(auth: Authorisation, *, simulated: bool = False) -> tuple[str, ...]:
    """The topics of a drone that may be recorded under an authorisation; empty if it refuses."""
    if judge_recording(auth, simulated=simulated) is not None:
        return ()
    return permitted_topics(auth.file)
