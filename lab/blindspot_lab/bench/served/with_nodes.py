"""Figures of the console beside a stack with every node as a process: the delay of a report, the delay of an order, and
the cost of an idle page."""

from __future__ import annotations

import asyncio
import json
import math
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from blindspot_msgs.msg import DroneStatus
from numpy.typing import NDArray
from rclpy.executors import ExternalShutdownException
from websockets.asyncio.client import ClientConnection, connect

from blindspot.nodes.graph import qos
from blindspot.nodes.orders.states import drone_state
from blindspot.stack import LOOPBACK
from blindspot_lab.bench.served.drawn_pages import Heard, usual
from blindspot_lab.bench.served.standing import (
    DOMAIN,
    FLOWN_WITHIN_S,
    MISSION,
    PERSON,
    Standing,
    cpu_s,
    ended,
    standing,
)
from blindspot_lab.bench.tools.target import Target

DRONES = ("drone1", "drone2")
SETTLED_S, IDLE_S = 10.0, 30.0
HOLDS, WITHIN_S = 4, 60.0
REPORTS_BETWEEN = 12
"""Reports that the page shows between two orders."""
LATER_MS = 200.0
Place = tuple[object, ...]


def node_targets() -> list[Target]:
    """All figures of one flight in real time."""
    with tempfile.TemporaryDirectory() as folder, standing(Path(folder), "--speed", "1") as stack:
        port, key, pid = stack.console()
        spent = asyncio.run(_idle(port, key, pid, stack.node("/blindspot/coverage_monitor")))
        flown = stack.begin("fly", MISSION, *PERSON)
        with subscribed() as heard:
            holds, page = asyncio.run(_flight(stack, port, key))
        stack.run("return", *PERSON)
        ended(flown, "./blindspot fly", FLOWN_WITHIN_S)
    later_ms = delays_ms(heard, page.shown, page.ended_s)
    in_time = 100 * float((later_ms <= LATER_MS).mean())
    by_page, by_command = (float(np.median(holds[way])) for way in ("page", "command"))
    return [
        Target("processor time without a flight, console with one page / coverage_monitor", "<= 1", spent, "",
               spent <= 1),
        Target("reports of drones that the page has at most 200 ms after a second subscriber", ">= 95", in_time, "%",
               in_time >= 95),
        Target("reports compared", "", float(later_ms.size), "", None),
        Target("a report at the page after a second subscriber, median", "", float(np.median(later_ms)), "ms", None),
        Target("a hold by the page, shown after, median", "", by_page, "s", None),
        Target("a hold by the page / by ./blindspot hold", "<= 1", by_page / by_command, "", by_page <= by_command),
    ]  # fmt: skip


def delays_ms(heard: Mapping[Place, float], shown: Mapping[Place, float], until_s: float) -> NDArray[np.float64]:
    """Delay of each report at the page after the second subscriber, ms; infinite for a report that the page never
    showed. Reports that were heard less than `LATER_MS` before the page ended (steady clock) are left out."""
    return np.array([
        1e3 * (shown.get(each, math.inf) - at_s) for each, at_s in heard.items() if at_s < until_s - LATER_MS / 1e3
    ])  # fmt: skip


async def _idle(port: int, key: str, console: int, monitor: int) -> float:
    """Processor time of the console with one page, divided by that of the monitor."""
    page = asyncio.create_task(usual(port, key, Heard()))
    await asyncio.sleep(SETTLED_S)
    before = cpu_s(console), cpu_s(monitor)
    await asyncio.sleep(IDLE_S)
    spent = cpu_s(console) - before[0], cpu_s(monitor) - before[1]
    page.cancel()
    return spent[0] / spent[1]


class Page:
    """A page that knows the newest content of each record, and when each place of a drone was shown."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.records: dict[str, Any] = {}
        self.shown: dict[Place, float] = {}
        self.ended_s = math.inf
        self._changed = asyncio.Condition()

    async def hear(self) -> None:
        async for text in self._socket:
            at_s = time.monotonic()
            if not isinstance(text, str):
                continue
            changes = json.loads(text)["set"]
            self.records |= changes
            for name in DRONES:
                if f"drone/{name}" in changes:
                    self.shown.setdefault(place(name, changes[f"drone/{name}"]), at_s)
            async with self._changed:
                self._changed.notify_all()

    async def until_phase(self, phase: str) -> None:
        """Wait until both drones are in a phase."""
        await self.until(lambda: all(self.records.get(f"drone/{name}", {}).get("phase") == phase for name in DRONES))

    async def hold(self, id_: str) -> float:
        """Order a hold of all drones; the time until the page shows it, s."""
        said = {"id": id_, "order": "hold", "drones": [], "person": PERSON[1], "reason": PERSON[3]}
        began_s = time.monotonic()
        await self._socket.send(json.dumps({"stop": said}))
        await self.until(lambda: any(
            each.get("id") == id_ and each["state"] == "shown"
            for key, each in self.records.items() if key.startswith("order/")
        ))  # fmt: skip
        return time.monotonic() - began_s

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for a state of the page."""
        async with asyncio.timeout(4 * WITHIN_S), self._changed:
            await self._changed.wait_for(is_so)


async def _flight(stack: Standing, port: int, key: str) -> tuple[dict[str, list[float]], Page]:
    """Holds by the page and by the command in turns, s; and the page, which has ended."""
    took: dict[str, list[float]] = {"page": [], "command": []}
    async with connect(f"ws://127.0.0.1:{port}/view", max_size=None) as socket:
        await socket.send(json.dumps({"key": key}))
        page = Page(socket)
        hears = asyncio.create_task(page.hear())
        await page.until_phase("en_route")
        for number in range(HOLDS):
            for way in took:
                took[way].append(await (page.hold(f"bench{number}") if way == "page" else _by_command(stack)))
                await asyncio.to_thread(stack.run, "resume", *PERSON)
                await page.until_phase("en_route")
                enough = len(page.shown) + REPORTS_BETWEEN
                await page.until(lambda enough=enough: len(page.shown) >= enough)  # type: ignore[misc]
        page.ended_s = time.monotonic()
        hears.cancel()
    return took, page


async def _by_command(stack: Standing) -> float:
    began_s = time.monotonic()
    await asyncio.to_thread(stack.run, "hold", *PERSON)
    return time.monotonic() - began_s


def place(name: str, state: Mapping[str, Any]) -> Place:
    """Identity of a report: a drone in flight is at no place twice."""
    return name, state["east_m"], state["north_m"], state["up_m"], state["route_fraction"]


@contextmanager
def subscribed() -> Iterator[dict[Place, float]]:
    """A second subscriber in this process: when each report of a drone arrived."""
    os.environ.update({**LOOPBACK, "ROS_DOMAIN_ID": str(DOMAIN)})
    rclpy.init()
    node = rclpy.create_node("bench_console")
    heard: dict[Place, float] = {}

    def take(name: str, message: DroneStatus) -> None:
        heard.setdefault(place(name, drone_state(message)), time.monotonic())

    for name in DRONES:
        node.create_subscription(DroneStatus, f"/{name}/drone_status", partial(take, name), qos.STATE)
    thread = threading.Thread(target=_spun, args=(node,), daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        rclpy.try_shutdown()
        thread.join()


def _spun(node: Any) -> None:
    try:
        rclpy.spin(node)
    except ExternalShutdownException:
        return
