"""The journal's entry of a dispatch: who asked for a look at which place, and the offer that is flown."""

from __future__ import annotations

from pathlib import Path

from blindspot.acts.dispatches.law_now import journal_here
from blindspot.acts.dispatches.offers import Answer, Offer
from blindspot.core import InputError, writable_or_error
from blindspot.evidence import Journal, JournalError, keep_dispatch
from blindspot.mission import Mission

ACT = "dispatch"


def note_dispatch(
    run_dir: Path, offer: Offer, found: Answer, mission: Mission, person: str, reason: str, asked_s: float
) -> None:
    """Write the entry of a run before the run is ordered, and keep the order for the run's summary. `asked_s` is the
    time on the clock of the run. Raises InputError if the disk refuses: then nothing flies."""
    journal = journal_here(run_dir.parent)
    lat_deg, lon_deg = found.place.degrees(mission)
    try:
        Journal(journal, "dispatch").write(
            ACT, run=run_dir.name, person=person, reason=reason, lat_deg=lat_deg, lon_deg=lon_deg,
            east_m=round(found.place.east_m, 2), north_m=round(found.place.north_m, 2), streets=list(found.streets),
            drone=offer.drone, from_=offer.from_, view=offer.view, looking_s=offer.looking_s, share=offer.share,
        )  # fmt: skip
        with writable_or_error(run_dir):
            keep_dispatch(
                run_dir, place={"lat_deg": lat_deg, "lon_deg": lon_deg}, drone=offer.drone, from_=offer.from_,
                planned_looking_s=offer.looking_s, asked_s=asked_s,
            )  # fmt: skip
    except JournalError as error:
        raise InputError(journal, "", str(error), "see the disk of the journal") from error
