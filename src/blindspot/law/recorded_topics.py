"""The topics that may be recorded on board: a closed list, and only if the authorisation allows recording."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from blindspot.core import InputError
from blindspot.law.files.profiles import Profile, profile_or_problem
from blindspot.law.french import said
from blindspot.law.judgement import (
    BY_ID,
    OF_A_RECORDING,
    OF_WHAT_IS_KEPT,
    is_needed,
    lacking_for_recordings,
    refusal,
    refusals,
)
from blindspot.law.keys.recording_key import holders_of
from blindspot.law.rules.context import Context
from blindspot.law.rules.facts import Flying, Kept, Phase, Read, Recorded
from blindspot.law.rules.rec import (
    ALWAYS as ALWAYS,
    CLOSED_LIST as CLOSED_LIST,
    EVENTS as EVENTS,
    PICTURES as PICTURES,
    POSES as POSES,
    REPORTED as REPORTED,
    STATUS as STATUS,
    permitted_topics as permitted_topics,
)
from blindspot.law.signatures.authorisation import Authorisation
from blindspot.law.verdict import Verdict

SOUND = ("audio", "microphone", "sound", "speech")
"""Words in the name or type of a topic that carries sound."""


def judge_recording(
    auth: Authorisation, flows: Mapping[str, str] | None = None, *, simulated: bool = False, signs: bool = True
) -> Verdict | None:
    """Judge a recording. A real flight under a profile whose law asks for more than this version provides records
    nothing.

    Parameters
    ----------
    auth
        The authorisation.
    flows
        Type of the messages by recorded topic, below the drone's namespace. None: the permitted topics are judged.
    simulated
        Whether every autopilot is a simulation. The default is a real flight, which is never less strict.
    signs
        Whether this computer has a key that signs the recording. Without it nothing is sealed.

    Returns
    -------
    Verdict or None
        The refusal; None if the authorisation allows a recording.

    Example
    -------
    >>> from pathlib import Path
    >>> from blindspot.law import load_authorisation
    >>> auth = load_authorisation(Path("config/authorisations/crossroads_sim.yaml"))
    >>> judge_recording(auth, {"camera/sound": "Audio"}, simulated=True) is None
    False
    """
    profile, problem = profile_or_problem(auth.file)
    named = dict.fromkeys(permitted_topics(auth.file), "") if flows is None else flows
    try:
        holders = tuple(holders_of(auth.file))
    except InputError:
        return _unsealed("recording.keys of the authorisation holds a key that can't seal", profile)
    sound = tuple(topic for topic, kind in named.items() if any(word in (topic + kind).lower() for word in SOUND))
    ctx = Context(
        auth=auth, profile=profile, now_utc=datetime.now(UTC), simulated=simulated, problem=problem,
        recorded=Recorded(
            topics=tuple(named), audio_tracks=sound, names=(*named, *named.values()), holders=holders,
            chained=bool(holders), head_signed=bool(holders) and signs,
        ),
    )  # fmt: skip
    is_by_law = profile is not None and profile.level and is_needed("REC-03", profile) and not simulated
    if found := refusals(ctx, "RC", [rule for rule in OF_A_RECORDING if is_by_law or rule != "REC-03"]):
        return found[0]
    if holders and not signs:
        return _unsealed("this computer has no key that signs a recording", profile)
    lacking = lacking_for_recordings(profile) if profile is not None and profile.level and not simulated else ()
    if not lacking:
        return None
    reason = f"this version does not provide what the law asks of recordings ({', '.join(lacking)})"
    return refusal(lacking[0], reason, "the flight records nothing", "le vol n'enregistre rien", profile)


def judge_kept(auth: Authorisation, kept: Kept, now_utc: datetime, *, simulated: bool = False) -> Verdict | None:
    """Judge what a computer keeps of earlier recordings, before it makes another: erased in time with signed receipts
    (RET-01), no copies beside them (RET-02), and parts with a dwelling in 48 hours (DWL-02).

    Parameters
    ----------
    auth
        The authorisation of the next recording.
    kept
        The facts about earlier recordings on this computer.
    now_utc
        The time, UTC.
    simulated
        As in `judge_recording`.

    Returns
    -------
    Verdict or None
        The first refusal; None if the next recording may begin, or if the law of the profile does not ask.

    Example
    -------
    >>> from pathlib import Path
    >>> from blindspot.law import load_authorisation
    >>> auth = load_authorisation(Path("config/authorisations/crossroads_sim.yaml"))
    >>> judge_kept(auth, Kept(), datetime.now(UTC), simulated=True) is None
    True
    """
    return _by_law(auth, "RT", OF_WHAT_IS_KEPT, now_utc, simulated=simulated, kept=kept)


def judge_axis(auth: Authorisation, axis_on_facade_s: float | None, *, simulated: bool = False) -> Verdict | None:
    """Judge for how long the camera's axis has rested on a façade (DWL-02); None seconds are unknown, and refuse. The
    answer to a refusal is a recording without pictures."""
    facts = Flying(axis_on_facade_s=axis_on_facade_s)
    return _by_law(auth, "IF", ("DWL-02",), datetime.now(UTC), simulated=simulated, flying=facts)


def _by_law(
    auth: Authorisation, phase: Phase, rules: Collection[str], now_utc: datetime, *, simulated: bool, **facts: Any
) -> Verdict | None:
    """The first refusal by the rules that the law of the profile asks for, of a flight that is not simulated."""
    profile, problem = profile_or_problem(auth.file)
    asked = [
        rule for rule in rules if not simulated and (profile is None or (profile.level and is_needed(rule, profile)))
    ]
    ctx = Context(auth=auth, profile=profile, now_utc=now_utc, simulated=simulated, problem=problem, **facts)
    return next(iter(refusals(ctx, phase, asked)), None) if asked else None


def _unsealed(reason: str, profile: Profile | None) -> Verdict:
    return refusal("REC-03", reason, "the flight records nothing", "le vol n'enregistre rien", profile)


def judge_reading(people: tuple[str, ...], basis: str) -> Verdict | None:
    """Judge the consultation of a recording after the deployment (ACC-02).

    Parameters
    ----------
    people
        The persons that may consult, by the authorisation.
    basis
        The stated purpose of the consultation.

    Returns
    -------
    Verdict or None
        The refusal; None permits the consultation.

    Example
    -------
    >>> judge_reading((), "").rule
    'ACC-02'
    """
    kept, now = Kept(reads=(Read(people, basis),)), datetime.now(UTC)
    rule = BY_ID["ACC-02"]
    ruling = rule.judge(Context(phase="RT", auth=None, profile=None, now_utc=now, simulated=False, kept=kept))
    return None if ruling.ok else refusal(rule.id, ruling.evidence, ruling.remedy, ruling.remedy_fr)


def kept_for_h(auth: Authorisation) -> float:
    """Hours after which a recording is erased: the shorter time of the authorisation and of its profile."""
    profile, _ = profile_or_problem(auth.file)
    return 0.0 if profile is None else min(auth.file.recording.retention_h, profile.limits.max_retention_h)


def dwelling_for_h(auth: Authorisation) -> float:
    """Hours after which a part that shows a dwelling is erased: the shorter time of the authorisation and of its
    profile."""
    profile, _ = profile_or_problem(auth.file)
    return 0.0 if profile is None else min(auth.file.recording.dwelling_purge_h, profile.limits.max_dwelling_purge_h)


def recording_notice(
    asked: bool, auth: Authorisation, *, simulated: bool | None = None, language: str = "en"
) -> str:  # fmt: skip
    """Write one line for a user whose request to record (`record: true`) is refused.

    Parameters
    ----------
    asked
        Whether the mission asks for a recording.
    auth
        The authorisation.
    simulated
        Whether the flight is simulated; None: open, and the line names the refused kind of flight.
    language
        `en` or `fr`.

    Returns
    -------
    str
        The line; empty without a request or without a refusal.

    Example
    -------
    >>> from pathlib import Path
    >>> from blindspot.law import load_authorisation
    >>> auth = load_authorisation(Path("config/authorisations/crossroads_sim.yaml"))
    >>> recording_notice(False, auth)
    ''
    """
    refused = judge_recording(auth, simulated=bool(simulated)) if asked else None
    if refused is None:
        return ""
    only_real = simulated is None and judge_recording(auth, simulated=True) is None
    what = "record: a real flight will record nothing: " if only_real else "record: nothing will be recorded: "
    return said(what, language) + refused.text(language)


def recorded_topics(auth: Authorisation, *, simulated: bool = False) -> tuple[str, ...]:
    """The permitted topics of a drone for a recording under an authorisation; empty after a refusal."""
    if judge_recording(auth, simulated=simulated) is not None:
        return ()
    return permitted_topics(auth.file)
