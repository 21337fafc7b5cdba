"""Orders that let a drone fly, from a page: the server gives the bytes to sign, the page signs, the server checks.

The private key stays in the page, so this server can't make an order. The time in the bytes is the server's, since the
clock of a tablet may be wrong. Manager, gate and drones verify the signature again, as for any order.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from blindspot.core import LONGEST_NAME, InputError, RefusedError, one_line
from blindspot.law.orders import Ordered, OrderVerifier, order_content, signature_at
from blindspot.mission import Fleet

SIGNED_WITHIN_S = 60.0
"""Time from the bytes to their signature, s: an order counts no longer."""
MOST_OPEN = 50
"""Orders of all pages that wait for a signature; the oldest is forgotten first."""
MOST_TEXTS = 100
WHERE = "the console"


@dataclass(frozen=True, slots=True)
class Prepared:
    """An order that a person may sign now.

    Parameters
    ----------
    ordered
        The order, as it is signed.
    carry
        Carries the order out with the signature, and returns the answer for the page. Raises BlindspotError.
    shown
        Further facts for the page, which no person signs.
    """

    ordered: Ordered
    carry: Callable[[str], Mapping[str, Any]]
    shown: Mapping[str, Any] = field(default_factory=dict)


Kind = Callable[[Mapping[str, Any]], Prepared]
"""Makes an order of the words of a page. Raises BlindspotError for an order that can't be given."""


@dataclass(frozen=True, slots=True)
class _Open:
    prepared: Prepared
    at_ns: int


class CrewDesk:
    """Prepares and takes the orders of people. Threads may share one object.

    Parameters
    ----------
    fleet
        Its file names the operators with their roles and keys.
    simulated
        Whether the stack is a simulation, by the record of the stack on this computer.
    kinds
        The orders by name.
    refuse
        Gets person, order and problem of an attempt by a person without the right.
    now_ns
        UTC of this computer, ns.
    """

    def __init__(
        self, fleet: Fleet, *, simulated: bool, kinds: Mapping[str, Kind], refuse: Callable[[str, str, str], object],
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:  # fmt: skip
        self._fleet, self._simulated, self._kinds, self._refuse, self._now_ns = fleet, simulated, kinds, refuse, now_ns
        self._verifier = OrderVerifier(fleet, simulated=simulated, now_ns=now_ns)
        self._open: dict[str, _Open] = {}
        self._lock = threading.Lock()

    @property
    def acts(self) -> Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]:
        """What a page may ask, by name."""
        return {"sign": self.sign, "give": self.give}

    def sign(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """The bytes to sign, as ASCII text, and the name of the order; without keys in the fleet file no text. Raises
        RefusedError for a person without the right."""
        order, person = text_in(said, "order"), one_line(text_in(said, "person"), LONGEST_NAME)
        kind = self._kinds.get(order)
        if kind is None:
            raise InputError(WHERE, one_line(order, 40), "is no order that a page gives")
        if problem := self._why_no_pilot(person):
            self._refuse_for(person, order, problem)
        prepared, at_ns, id_ = kind(said), self._now_ns(), secrets.token_urlsafe(12)
        ordered = prepared.ordered
        with self._lock:
            self._open[id_] = _Open(prepared, at_ns)
            for old in list(self._open)[:-MOST_OPEN]:
                del self._open[old]
        content = order_content(ordered, self._fleet.file.name, at_ns, simulated=self._simulated)
        return {**prepared.shown, "id": id_, "text": content.decode() if self._fleet.has_keys else ""}

    def give(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out an order whose bytes a page has signed. Each order is given once. Raises RefusedError."""
        with self._lock:
            found = self._open.pop(text_in(said, "id"), None)
        if found is None:
            self._refuse_for("", "", "no such order waits: it was given before, or another server prepared it")
        ordered, at_ns = found.prepared.ordered, found.at_ns
        if self._now_ns() - at_ns > SIGNED_WITHIN_S * 1e9:
            raise InputError(WHERE, ordered.order, f"was signed after more than {SIGNED_WITHIN_S:.0f} s", "repeat it")
        signature = signature_at(at_ns, text_in(said, "signature")) if self._fleet.has_keys else ""
        if problem := self._verifier.why_not_by_pilot(ordered, signature):
            self._refuse_for(ordered.person, ordered.order, problem)
        return found.prepared.carry(signature)

    def _why_no_pilot(self, person: str) -> str:
        """The reason why a person lets no drone fly; empty for a pilot, and for anybody if the fleet file names
        nobody."""
        operator = self._fleet.operator(person)
        if operator is None:
            known = ", ".join(self._fleet.operators)
            return f"{person} is no operator of the fleet: it has {known}" if known else ""
        if operator.role != "pilot":
            return f"{person} is {operator.role}, and may stop drones and call drones home alone"
        if self._fleet.has_keys and not operator.key:
            return f"the fleet file names no key of {person}"
        return ""

    def _refuse_for(self, person: str, order: str, problem: str) -> NoReturn:
        self._refuse(person, order, problem)
        raise RefusedError((problem,))


def text_in(said: Mapping[str, Any], name: str, most: int = 500) -> str:
    """A text of a page's words. Raises InputError for another value."""
    value = said.get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise InputError(WHERE, name, f"is no text of at most {most} characters")
    return value


def texts_in(said: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of short texts of a page's words. Raises InputError for another value."""
    value = said.get(name, [])
    if not isinstance(value, list) or len(value) > MOST_TEXTS or not all(isinstance(each, str) for each in value):
        raise InputError(WHERE, name, "is no list of texts")
    return tuple(one_line(each, LONGEST_NAME) for each in value)
