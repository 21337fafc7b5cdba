"""Orders of people, from messages to the words that are signed, and the orders of missions as the gate judges them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from blindspot.evidence import entries_of_act
from blindspot.law.orders import FLY, MOVES, Mandate, Ordered, OrderVerifier, read_mandate

OF_THE_SCHEDULER = frozenset({"confirm", "skip"})
"""Orders about passes; every other one that lets no drone fly is a stop."""


def is_stop(order: object) -> bool:
    """Whether an order of this name in the journal stops drones, or calls them home."""
    return order not in MOVES | OF_THE_SCHEDULER


def mission_ordered(order: Any, plan_sha256: str) -> Ordered:
    """The words of a MissionOrder, for the plan of its first sortie."""
    details = (order.file, order.sha256, order.run, plan_sha256)
    return Ordered(FLY, order.person, order.reason, (), details)


def ordered(request: Any) -> Ordered:
    """The words of a request of the service `order`."""
    at = request.position
    details = (
        int(request.step), at.x, at.y, at.z, request.heading_deg, request.pitch_deg, request.seconds,
    )  # fmt: skip
    return Ordered(request.order, request.person, request.reason, tuple(request.drones), details)


def why_not_mandated(
    verifier: OrderVerifier, journal: Path, act: str, order: Any, drones: Collection[str], *, is_new: bool = True
) -> str:
    """The reason why a mission that carries a valid mandate may not fly by it; empty if it may, or carries none.

    `act` is that of `why_not_by`. A run in progress (not `is_new`) is held to the mandate's drones alone. Raises
    InputError for a damaged journal.
    """
    by = read_mandate(order.signature)
    if by is None:
        return ""
    mandate, _ = by
    if (problem := mandate.why_not_drones(drones)) or not is_new:
        return problem
    return why_not_by(verifier, journal, act, mandate, order.run)


def why_not_by(verifier: OrderVerifier, journal: Path, act: str, mandate: Mandate, run: str) -> str:
    """The reason why a new run may not start by a valid mandate now; empty if it may. The entries of `act` with it are
    the passes that it has let fly. Raises InputError for a damaged journal."""
    flown = (entry for entry in entries_of_act(journal, act) if entry.facts.get("granted", True) is True)
    carried = ((entry, read_mandate(str(entry.facts.get("signature", "")))) for entry in flown)
    runs = {str(entry.facts.get("run")) for entry, found in carried if found is not None and found[0] == mandate}
    stops = (entry.at for entry in entries_of_act(journal, "order") if is_stop(entry.facts.get("order")))
    stopped_ns = max((round(at.timestamp() * 1e6) * 1000 for at in stops), default=-1)
    return verifier.why_not_mandate_now(mandate, run, frozenset(runs), stopped_ns)


class GateOrders:
    """The orders of missions that may be cleared. The signed order of a run in progress may be cleared again: for the
    rest of its plan, for a later sortie, and after a restart. The journal says which run that is."""

    def __init__(self, verifier: OrderVerifier, journal: Path) -> None:
        self._verifier, self._journal = verifier, journal

    def why_not(self, order: Any, plan_sha256: str, drones: Collection[str]) -> str:
        """The reason why no plan for these drones may be cleared by this MissionOrder, in one sentence; empty if one
        may."""
        verifier, signature = self._verifier, order.signature
        first = self._first_plan(order) if signature else ""
        is_new = not (first and verifier.lasts(signature))
        problem = verifier.why_not_signed(mission_ordered(order, plan_sha256 if is_new else first), signature)
        problem = problem or (verifier.why_not_now(signature) if is_new else "")
        return problem or why_not_mandated(verifier, self._journal, "clearance", order, drones, is_new=is_new)

    def _first_plan(self, order: Any) -> str:
        """Hash of the plan for which this order got its first clearance, if its run still goes on; else "". Raises
        InputError for a damaged journal."""
        granted = (entry for entry in entries_of_act(self._journal, "clearance") if entry.facts.get("granted") is True)
        first = next((entry for entry in granted if entry.facts.get("signature") == order.signature), None)
        if first is None or first.facts.get("run") != order.run:
            return ""
        ends = entries_of_act(self._journal, "mission_ended")
        is_over = any(end.facts.get("run") == order.run and end.number > first.number for end in ends)
        return "" if is_over else str(first.facts.get("plan"))
