"""The topics that may be recorded on board: a closed list, and only if the authorisation allows recording."""

from __future__ import annotations

from datetime import UTC, datetime

from blindspot.law.authorisation import Authorisation
from blindspot.law.judgement import OF_A_RECORDING, refusals
from blindspot.law.profiles import profile_or_problem
from blindspot.law.rules.context import Context
from blindspot.law.rules.facts import Recorded
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


def recording_notice(asked: bool, auth: Authorisation) -> str:
    """One line for a user whose request to record (`record: true`) is refused; empty otherwise."""
    refusal = judge_recording(auth) if asked else None
    return f"record: nothing will be recorded: {refusal}" if refusal is not None else ""


def recorded_topics(auth: Authorisation, *, simulated: bool = False) -> tuple[str, ...]:
    """The topics of a drone that may be recorded under an authorisation; empty if it refuses."""
    if judge_recording(auth, simulated=simulated) is not None:
        return ()
    return permitted_topics(auth.file)
