"""Orders and questions from commands of this computer's user, which come through a socket file instead of the graph."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from blindspot_msgs.msg import DroneStatus
from blindspot_msgs.srv import Order
from rclpy.node import Node

from blindspot.core import one_line
from blindspot.law.orders import MOVES
from blindspot.nodes.orders.local_orders import (
    LONGEST_BYTES,
    STATUS,
    is_of_this_user,
    listen,
    order_socket,
    parts_of,
    send,
)
from blindspot.nodes.orders.ordering import Confirmation, is_out
from blindspot.nodes.orders.states import number

ORDERS = ("hold", "resume", "return_home", "abort")
MOST_CLIENTS = 8
ASKS_WITHIN_S = 2.0
"""Wall time in which a client gives its order."""
FOLLOWS_WITHIN_S = 90.0
"""Longest wall time in which a client hears the states of the drones: a client may be suspended."""
MOST_NAMED, LONGEST_TEXT = 100, 1000
_ENDED = object()

Give = Callable[[Any, Callable[[Any], None]], None]


class _Client:
    """One client, from the order to the end. `turns` waits at each step; a client with `is_answered` only hears
    states any more, and gives the place to a new client."""

    def __init__(self, desk: OrderDesk, channel: socket.socket) -> None:
        self.is_answered = False
        self.turns = desk.served(channel, self)


class OrderDesk:
    """Takes orders by the socket of `path` and reports the states of their drones. Call `step` about ten times a
    second.

    `give` takes a request of the service `order`, and a function for its response. `sim_s` is the simulated time; 0 in
    real time. `state` is the answer to the question of `blindspot status`. Raises OSError if the socket can't be
    made.
    """

    def __init__(
        self, path: Path, give: Give, fleet: Sequence[str], statuses: Mapping[str, DroneStatus],
        sim_s: Callable[[], float], warn: Callable[[str], object], state: Callable[[], Mapping[str, Any]],
    ) -> None:  # fmt: skip
        self._state = state
        self._path, self._give, self._fleet, self._statuses = path, give, tuple(fleet), statuses
        self._sim_s, self._warn = sim_s, warn
        self._clients: list[_Client] = []
        self._listener = listen(path)
        if self._listener is None:
            warn(f"another process takes the orders at {path}")

    def step(self) -> None:
        while self._listener is not None and self._has_room():
            try:
                channel, _ = self._listener.accept()
            except OSError:
                break
            self._take(channel)
        self._clients = [client for client in self._clients if next(client.turns, _ENDED) is not _ENDED]

    def close(self) -> None:
        for client in self._clients:
            client.turns.close()
        if self._listener is not None:
            self._listener.close()
            self._path.unlink(missing_ok=True)

    def _has_room(self) -> bool:
        return len(self._clients) < MOST_CLIENTS or any(client.is_answered for client in self._clients)

    def _take(self, channel: socket.socket) -> None:
        """Serve a client of this user. If there are too many clients, the client that was answered first goes: eight
        suspended clients must not delay the stop of the ninth."""
        if not is_of_this_user(channel):
            channel.close()
            self._warn("an order of another user of this computer is not taken")
            return
        if len(self._clients) >= MOST_CLIENTS:
            oldest = next(client for client in self._clients if client.is_answered)
            oldest.turns.close()
            self._clients.remove(oldest)
        channel.setblocking(False)
        self._clients.append(_Client(self, channel))

    def served(self, channel: socket.socket, client: _Client) -> Generator[None]:
        """One client, from its order to its end; it waits at each `yield`."""
        with channel:
            try:
                yield from self._serve(channel, client)
            except OSError:
                return  # it is gone
            except Exception as error:  # as for the service: a request that can't be taken is refused
                self._warn(f"an order of this computer can't be taken: {type(error).__name__}: {one_line(error)}")

    def _serve(self, channel: socket.socket, client: _Client) -> Iterator[None]:
        asks_by_s = time.monotonic() + ASKS_WITHIN_S
        while (packet := _packet(channel)) is None:
            if time.monotonic() > asks_by_s:
                return
            yield
        if not packet:
            return
        if json.loads(packet) == STATUS:
            send(channel, self._state())
            return
        request = _request(packet)
        if request.order in MOVES and _packet(channel) == b"":
            return  # the client's command has ended, and printed that nobody took the order
        strangers = [name for name in request.drones if name not in self._fleet]
        if strangers:
            send(channel, {"success": False, "unknown": strangers[0], "fleet": self._fleet})
            return
        named = list(request.drones) or [name for name, status in self._statuses.items() if is_out(status)]
        before, answers = dict(self._statuses), list[Any]()
        self._give(request, answers.append)
        while not answers:
            yield
        (answer,) = answers
        waits = Confirmation(request.order, named if answer.success else parts_of(answer.message)[0], before)
        send(channel, {"success": bool(answer.success), "message": answer.message} | self._states(named, waits))
        client.is_answered, until_s = True, time.monotonic() + FOLLOWS_WITHIN_S
        while waits.open and _packet(channel) is None and time.monotonic() < until_s:
            yield
            waits.look(self._statuses)
            with suppress(BlockingIOError):  # a slow client gets a later state
                send(channel, self._states(named, waits))

    def _states(self, named: Sequence[str], waits: Confirmation) -> dict[str, Any]:
        drones = {
            name: {
                "phase": status.phase,
                "reason": status.reason,
                "hold_ends_s": number(status.hold_ends_s),
                "confirmed": name in waits.shown,
            }
            for name in named
            if (status := self._statuses.get(name)) is not None
        }
        unheard = {"phase": "unknown", "reason": "", "hold_ends_s": None, "confirmed": False}
        return {"sim_s": self._sim_s(), "drones": dict.fromkeys(named, unheard) | drones}


def order_desk(
    node: Node, give: Give, fleet: Sequence[str], statuses: Mapping[str, DroneStatus], now: Callable[[], float],
    state: Callable[[], Mapping[str, Any]],
) -> OrderDesk | None:  # fmt: skip
    """The desk of a node, by its parameter `orders_here`; None with a keystore, and without a folder for the socket."""
    path, warn = order_socket(os.environ), node.get_logger().warning
    if path is None:
        return None
    is_simulated = bool(node.get_parameter("use_sim_time").value)
    try:
        return OrderDesk(path, give, fleet, statuses, now if is_simulated else lambda: 0.0, warn, state)
    except OSError as error:
        warn(f"orders of this computer come through the graph alone: {path}: {error.strerror}")
        return None


def _packet(channel: socket.socket) -> bytes | None:
    """What the client has sent; None so far, empty if it is gone."""
    try:
        return channel.recv(LONGEST_BYTES)
    except BlockingIOError:
        return None


def _request(packet: bytes) -> Any:
    """The request in a packet. Raises ValueError for another content."""
    asked = json.loads(packet)
    order, drones, person, reason = (asked[word] for word in ("order", "drones", "person", "reason"))
    texts = [person, reason, *drones]
    if order not in ORDERS or len(drones) > MOST_NAMED or not all(isinstance(text, str) for text in texts):
        raise ValueError("it is no order")
    if max(map(len, texts)) > LONGEST_TEXT:
        raise ValueError("it is too long")
    return Order.Request(order=order, drones=list(drones), person=person, reason=reason)
