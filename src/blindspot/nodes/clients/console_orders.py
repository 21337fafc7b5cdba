"""Gives the orders of the console's pages, and shows their states to all pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from blindspot.console import PageOrder, PageOrders
from blindspot.core import one_line
from blindspot.flight.missions import SWAPPED
from blindspot.law.orders import FLY
from blindspot.nodes.clients.console_flights import AwaitedFlight, ConsoleFlights
from blindspot.nodes.clients.console_records import ConsoleRecords
from blindspot.nodes.orders.local_orders import parts_of
from blindspot.nodes.orders.ordering import ANSWER_LIMIT_S, AwaitedOrder, Confirmation, Orders, is_out

LONGEST_ANSWER = 4000
MOST_SHOWN = 20
"""Orders that a page sees."""


class TimeOuts(Protocol):
    """The time-outs of the states that show an order, from the moment at which the limits are made."""

    def is_late(self, passed_sim_s: float) -> bool: ...


class ConsoleOrders:
    """Takes the orders of `asked` and follows each until the drones show the order; call `step` again and again."""

    def __init__(
        self, asked: PageOrders, records: ConsoleRecords, orders: Orders, flights: ConsoleFlights,
        limits: Callable[[], TimeOuts],
    ) -> None:  # fmt: skip
        self._asked, self._records, self._orders, self._limits = asked, records, orders, limits
        self._flights = flights
        self._open: list[Iterator[None]] = []
        self._number = 0

    @property
    def is_open(self) -> bool:
        """True while an order waits for the states that show it."""
        return bool(self._open)

    def step(self) -> None:
        """Give the waiting orders, and look at the states of the drones."""
        self._flights.step()
        while (asked := self._asked.next()) is not None:
            self._number += 1
            self._open.append(self._given(asked, f"order/{self._number:06d}"))
        self._open = [each for each in self._open if next(each, self) is None]

    def _sent(self, asked: PageOrder) -> AwaitedOrder | AwaitedFlight:
        if asked.order == FLY:
            return self._flights.send(asked.details["run"], asked.person, asked.reason, asked.signature)
        return AwaitedOrder(
            self._orders, asked.order, asked.drones, asked.person, asked.reason, signature=asked.signature,
            **asked.details,
        )  # fmt: skip

    def _given(self, asked: PageOrder, key: str) -> Iterator[None]:
        """One order from its sending to its end; waits at each `yield`."""
        given_s, at = time.monotonic(), f"{datetime.now().astimezone():%H:%M:%S}"

        def show(state: str, message: str = "", shown: tuple[str, ...] = (), open_: tuple[str, ...] = ()) -> None:
            what = {
                "id": asked.id, "order": asked.order, "drones": asked.drones, "person": asked.person, "at": at,
                "reason": asked.reason, "state": state, "message": message, "shown": shown, "open": open_,
                "after_s": round(time.monotonic() - given_s, 1) if state in ("shown", "not shown") else None,
            }  # fmt: skip
            self._records.take_order(key, what, given_s, MOST_SHOWN)

        show("sent")
        while not self._orders.is_ready and time.monotonic() < given_s + ANSWER_LIMIT_S:
            yield
        statuses = self._records.statuses
        out, before = tuple(name for name, status in statuses.items() if is_out(status)), dict(statuses)
        sent = self._sent(asked)
        while sent.state == "sent":
            yield
        message = one_line(sent.message, LONGEST_ANSWER)
        if sent.state == "unanswered":
            show("unanswered")
            return
        taken = parts_of(message)[0] or ((asked.drones or out) if sent.state == "taken" else ())
        if not taken:
            show("refused", message)
            return
        if asked.order in (SWAPPED, FLY):  # no drone shows a pack; the manager reports the run already
            show("shown", message, taken)
            return
        waits, limits, began_sim_s = Confirmation(asked.order, taken, before), self._limits(), self._records.sim_s
        while waits.open and not limits.is_late(self._records.sim_s - began_sim_s):
            show("taken", message, tuple(waits.shown), waits.open)
            yield
            waits.look(statuses)
        show("not shown" if waits.open else "shown", message, tuple(waits.shown), waits.open)
