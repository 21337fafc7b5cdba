"""Orders of people, from messages to the words that are signed, and the orders of missions as the gate judges them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from blindspot.evidence import entries_of_act
from blindspot.law.orders import FLY, Ordered, OrderVerifier


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


class GateOrders:
    """The orders of missions that may be cleared. The signed order of a run in progress may be cleared again: for the
    rest of its plan, for a later sortie, and after a restart. The journal says which run that is."""

    def __init__(self, verifier: OrderVerifier, journal: Path) -> None:
        self._verifier, self._journal = verifier, journal

    def why_not(self, order: Any, plan_sha256: str) -> str:
        """The reason why no plan may be cleared by this MissionOrder, in one sentence; empty if one may."""
        verifier, signature = self._verifier, order.signature
        if signature and (first := self._first_plan(order)) and verifier.lasts(signature):
            return verifier.why_not_signed(mission_ordered(order, first), signature)
        problem = verifier.why_not_signed(mission_ordered(order, plan_sha256), signature)
        return problem or verifier.why_not_now(signature)

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
