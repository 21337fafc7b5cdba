"""Orders that pages ask for: each is checked, and waits for the owner of the graph, who gives the order.

A stop needs no key, and comes from a page at once. An order that lets a drone fly comes from `CrewDesk` alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from blindspot.core import LONGEST_NAME, is_blank
from blindspot.law.orders import named

STOPS = ("hold", "return_home", "abort")
USUAL_REASON = "stop from the console"
MOST_WAITING = 20
"""Orders of all pages that wait at the same time: the owner of the graph takes each within a moment."""
MOST_KNOWN = 500
"""Orders whose second arrival is noticed."""
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class PageOrder:
    """An order of a page. `id` is the page's own name of the order; no `drones` are all that fly."""

    id: str
    order: str
    drones: tuple[str, ...]
    person: str
    reason: str
    signature: str = field(default="", repr=False)
    """As the order carries the signature; empty for a stop."""
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Further parts of an order, such as the place of an inspection."""


class PageOrders:
    """The way of orders from the server's thread (`ask`) to the owner of the graph (`next`).

    Parameters
    ----------
    fleet
        Names of the drones of the fleet.
    user
        The person of an order whose page names nobody: a stop never waits for a name.

    Example
    -------
    >>> stops = PageOrders(["drone1"], "martin")
    >>> stops.ask({"id": "a1", "order": "hold", "drones": ["drone1"], "person": "", "reason": ""})
    True
    >>> stops.next()
    PageOrder(id='a1', order='hold', drones=('drone1',), person='martin', reason='stop from the console')
    """

    def __init__(self, fleet: Collection[str], user: str) -> None:
        self._fleet, self._user = frozenset(fleet), user
        self.on_waiting: Callable[[], object] = lambda: None
        """Called, in the server's thread, when an order waits."""
        self._known: deque[str] = deque(maxlen=MOST_KNOWN)
        self._waiting: deque[PageOrder] = deque()  # its methods are safe between threads

    def ask(self, said: Any) -> bool:
        """Take an order of a page; False for a message that is no stop of this fleet. A second arrival of the same
        order changes nothing."""
        try:
            id_, order, drones = said["id"], said["order"], tuple(said["drones"])
            texts = (id_, order, *drones, said["person"], said["reason"])
        except (KeyError, TypeError):
            return False
        if not all(isinstance(text, str) and len(text) <= LONGEST_NAME for text in texts):
            return False
        is_stop = order in STOPS and self._fleet.issuperset(drones) and 0 < len(id_) <= LONGEST_ID
        if not is_stop or len(self._waiting) >= MOST_WAITING:
            return False
        person = self._user if is_blank(said["person"]) else said["person"]
        reason = USUAL_REASON if is_blank(said["reason"]) else said["reason"]
        self.add(PageOrder(id_, order, drones, *named(person, reason)))
        return True

    def add(self, order: PageOrder) -> None:
        """Let an order wait that has been checked. A second order of the same name changes nothing."""
        if order.id not in self._known:
            self._known.append(order.id)
            self._waiting.append(order)
            self.on_waiting()

    def next(self) -> PageOrder | None:
        """The next order to give; None while nobody asked."""
        return self._waiting.popleft() if self._waiting else None
