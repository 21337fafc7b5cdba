"""Judges detectors and events by the lists of the authorisation."""

from __future__ import annotations

from blindspot.law.judgement import refusal
from blindspot.law.rules import int as interconnection
from blindspot.law.rules.rule import Ruling
from blindspot.law.signatures.authorisation import Authorisation
from blindspot.law.verdict import Verdict


def judge_detector(auth: Authorisation, detector: str) -> Verdict | None:
    """Judge a detector by the authorisation's list. A detector that recognises a person or a plate is always refused.

    Parameters
    ----------
    auth, detector
        The authorisation, and the detector's name in the list of models.

    Returns
    -------
    Verdict or None
        The refusal; None permits the detector.

    Example
    -------
    >>> from pathlib import Path
    >>> from blindspot.law import load_authorisation
    >>> auth = load_authorisation(Path("config/authorisations/crossroads_sim.yaml"))
    >>> judge_detector(auth, "FaceNet").rule
    'INT-01'
    """
    return _unless_met(*interconnection.detector_ruling(auth.file, detector))


def judge_event(auth: Authorisation, event: str) -> Verdict | None:
    """Judge an event by the authorisation's list, which is empty by default.

    Parameters
    ----------
    auth, event
        The authorisation, and the event's name in the events file.

    Returns
    -------
    Verdict or None
        The refusal; None permits the event.

    Example
    -------
    >>> judge_event(auth, "loitering").rule  # doctest: +SKIP
    'INT-04'
    """
    return _unless_met(*interconnection.event_ruling(auth.file, event))


def _unless_met(rule: str, ruling: Ruling) -> Verdict | None:
    return None if ruling.ok else refusal(rule, ruling.evidence, ruling.remedy, ruling.remedy_fr)
