"""The evening in the page: sign a mandate, confirm a pass with the measured wind, skip a pass."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from blindspot.console.crew import Kind, Prepared, text_in
from blindspot.core import InputError
from blindspot.evidence import Journal
from blindspot.law.orders import MANDATE, Ordered, mandated, named

if TYPE_CHECKING:
    from blindspot.operations import Operation

CONSOLE_SIGNED = "console_signed"
"""Act of the journal: an order about a pass that a person signed in the page. The scheduler enters the order itself."""
MOST_WIND_MPS = 60.0


class EveningActs:
    """The acts on the evenings of one operation, whose file is read for each act; `journal` is the stack's."""

    def __init__(self, file: Path, journal: Path) -> None:
        self._file, self._journal = file, Journal(journal, "console")

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """The orders by name."""
        return {MANDATE: self.mandate, "confirm": self.confirm, "skip": self.skip}

    def mandate(self, said: Mapping[str, Any]) -> Prepared:
        """The mandate of an evening, by its whole name."""
        from blindspot.acts.evenings import evening_to_sign, keep_signed

        asked, now = self._operation(), datetime.now(UTC)
        made = evening_to_sign(asked, text_in(said, "evening"), text_in(said, "person"), text_in(said, "reason"), now)
        shown = {
            "details": made.mandate.details, "drones": made.mandate.drones, "passes": made.mandate.most_passes,
            "begins": f"{asked.local(made.begins):%H:%M}", "ends": f"{asked.local(made.ends):%H:%M}",
        }  # fmt: skip

        def carry(signature: str) -> Mapping[str, Any]:
            return {"evening": keep_signed(made, signature).mandate.evening}

        return Prepared(mandated(made.mandate), carry, shown)

    def confirm(self, said: Mapping[str, Any]) -> Prepared:
        """The word that a pass may start, with the wind measured at the pad."""
        wind = said.get("wind_mps")
        if not isinstance(wind, int | float) or isinstance(wind, bool) or not 0.0 <= wind <= MOST_WIND_MPS:
            raise InputError("the console", "wind", "is no mean wind in m/s", "measure the mean wind at the pad")
        return self._about_pass("confirm", said, wind_mps=float(wind))

    def skip(self, said: Mapping[str, Any]) -> Prepared:
        """The word that a pass is left out."""
        return self._about_pass("skip", said, wind_mps=None)

    def _about_pass(
        self, what: Literal["confirm", "skip"], said: Mapping[str, Any], *, wind_mps: float | None
    ) -> Prepared:
        from blindspot.acts.evenings import order_pass

        asked, which = self._operation(), text_in(said, "which", 120)
        person, reason = named(text_in(said, "person"), text_in(said, "reason"))
        details = (which,) if wind_mps is None else (which, wind_mps)
        ordered = Ordered(what, person, reason, asked.drones, details)

        def carry(signature: str) -> Mapping[str, Any]:
            if signature:  # no entry, no act
                self._journal.write(
                    CONSOLE_SIGNED, order=what, person=person, reason=reason, drones=list(asked.drones),
                    details=[str(each) for each in details], signature=signature,
                )  # fmt: skip
            left = order_pass(asked, what, which, person, reason, datetime.now(UTC), wind_mps=wind_mps)
            return {"packs": dict(left.packs), "why_not_now": left.why_not_now}

        return Prepared(ordered, carry, {"drones": asked.drones})

    def _operation(self) -> Operation:
        from blindspot.operations import load_operation

        return load_operation(self._file)
