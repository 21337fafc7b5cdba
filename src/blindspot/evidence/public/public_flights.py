"""The flights of a public page, by the entries of journals and by the summaries of the runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from blindspot.evidence.acts.register import Use
from blindspot.evidence.observed.summary_file import Summary

LONGEST_FLIGHT = timedelta(hours=24)
"""A flight whose end no journal has counts as ended so long after its begin."""
_REFERENCE = 16
"""Hex digits of a reference."""
Known = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class PublicFlight:
    """The published facts of a flight; None is unknown.

    Parameters
    ----------
    reference
        See `reference_of`.
    begun, ended
        Of the first clearance and of the end that the journal notes.
    drones
        Number of drones.
    seen_m2
        Blind ground that was seen, m2.
    flown_min
        Time in the air of all drones together, min.
    before, after
        Share of the public ground that the fixed cameras see, and that share with the flight, 0 to 1.
    recorded
        Whether there was a recording.
    erased
        The last erasure, once all recordings of the flight are erased.
    erase_by
        The time by which the recordings must be erased; None without a recording.
    miss_rate
        The miss rate of the masking, as the run's summary states it.
    published_px_per_m
        The finest density of the published pictures; None if unknown.
    simulated
        None for a flight without a known kind.
    """

    reference: str
    begun: datetime
    ended: datetime | None
    drones: int
    seen_m2: float | None = None
    flown_min: float | None = None
    before: float | None = None
    after: float | None = None
    recorded: Known = "unknown"
    erased: datetime | None = None
    erase_by: datetime | None = None
    miss_rate: str = ""
    published_px_per_m: float | None = None
    simulated: bool | None = None


def reference_of(*named: str) -> str:
    """The reference of an authorisation (id) or of a flight (id, run, begin as in the register).

    A reader of the register computes the same reference, and another reader learns neither name.

    >>> reference_of("SIM-CROSSROADS")
    '3d90696a26a8cb33'
    """
    return hashlib.sha256("\n".join(named).encode()).hexdigest()[:_REFERENCE]


def is_due(use: Use, now: datetime, delay: timedelta) -> bool:
    """Whether a flight is old enough for the page: the delay counts from the end of the flight."""
    return now - (use.ended or use.begun + LONGEST_FLIGHT) >= delay


def flight_of(use: Use, summary: Mapping[str, Any] | None, retention: timedelta, *, may_record: bool) -> PublicFlight:
    """The published facts of a use. `summary` is the run's document, None for a deleted run; `retention` and
    `may_record` are those of the authorisation."""
    run = Summary.of(summary or {})
    proportion = run.proportion or {}
    minutes = [drone.flight_time_s for drone in run.drones]
    flown_s = None if not minutes or None in minutes else sum(one for one in minutes if one is not None)
    before, share = run.coverage.fixed_fraction, run.coverage.seen_blind_fraction
    recorded = _recorded(use, may_record=may_record)
    is_kept = recorded != "no"
    return PublicFlight(
        reference=reference_of(use.authorisation, use.run, use.begun.isoformat()),
        begun=use.begun, ended=use.ended, drones=len(use.drones), seen_m2=_number(proportion.get("seen_m2")),
        flown_min=None if flown_s is None else flown_s / 60.0, before=before,
        after=None if before is None or share is None else before + (1.0 - before) * share,
        recorded=recorded, erased=_erased(use) if is_kept else None,
        erase_by=(use.ended or use.begun + LONGEST_FLIGHT) + retention if is_kept else None,
        miss_rate=str((proportion.get("miss_rate") or {}).get("value") or ""), simulated=run.simulated,
        published_px_per_m=_number((run.pictures or {}).get("published_px_per_m")),
    )  # fmt: skip


def _recorded(use: Use, *, may_record: bool) -> Known:
    """A journal that has the take-off of each drone has all their recordings, too: no entry, no recording."""
    if use.recordings or (use.recorded_s and use.recorded_is == "measured"):
        return "yes"
    is_measured = use.recorded_is == "measured" or set(use.drones) <= set(use.armed)
    return "no" if is_measured or not may_record else "unknown"


def _erased(use: Use) -> datetime | None:
    """The last erasure, if each known recording has one, and no drone recorded elsewhere."""
    gone = {(receipt.drone, receipt.file) for receipt in use.receipts}
    is_whole = any(not receipt.file for receipt in use.receipts)
    is_known = bool(use.recordings) and set(use.drones) <= set(use.armed)
    if not use.receipts or not (is_whole or (is_known and set(use.recordings) <= gone)):
        return None
    return max(receipt.at for receipt in use.receipts)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
