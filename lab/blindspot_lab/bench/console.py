"""Figures of the console: twenty pages against one, slow pages, and a replay of 40 minutes. Without a graph: the view
is filled at the rates of a stack."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from blindspot.console import FlownRun, ReplayClock, View
from blindspot.core import folders
from blindspot.evidence.observed import EVENTS_FILE, read_events, read_tracks
from blindspot.mission import GroundMasks, load_plan
from blindspot_lab.bench.served.drawn_pages import Heard, slow, usual
from blindspot_lab.bench.served.same_flight import same_flight_targets
from blindspot_lab.bench.served.with_nodes import node_targets
from blindspot_lab.bench.tools.target import Parts, Target, in_parts

MANY, ROUNDS, ROUND_S = 20, 2, 8.0
LONG_S, SEEKS = 40 * 60.0, 40
SETTLED_S = 1.5


def run(only: str | None = None) -> list[Target]:
    """All figures, or those of one part."""
    parts: Parts = {
        "pages": page_targets,
        "slow": slow_targets,
        "replay": replay_targets,
        "nodes": node_targets,
        "flight": same_flight_targets,
    }
    return in_parts("console", parts, only)


class Served:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        about = self._line()
        self.port, self.key = int(about["port"]), str(about["key"])

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def cost(self) -> tuple[float, float]:
        """Processor time so far, s, and the largest memory, MB."""
        assert self._process.stdin is not None
        self._process.stdin.write("cost\n")
        self._process.stdin.flush()
        said = self._line()
        return float(said["cpu_s"]), float(said["memory_mb"])


@contextmanager
def served() -> Iterator[Served]:
    """A server over a view that changes as in a flight."""
    command = [sys.executable, "-m", "blindspot_lab.bench.served.drawn_view"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Served(process)
        finally:
            process.terminate()


def page_targets() -> list[Target]:
    """Processor time of the server with one page and with twenty, in turns."""
    spent: dict[int, float] = {1: 0.0, MANY: 0.0}
    messages: dict[int, int] = {1: 0, MANY: 0}
    with served() as server:
        for count in (1, MANY) * ROUNDS:
            cpu_s, heard = asyncio.run(_cost_of(server, count))
            spent[count] += cpu_s
            messages[count] += sum(each.messages for each in heard)
    ratio, each = spent[MANY] / spent[1], messages[MANY] / MANY / messages[1]
    share = 100 * spent[1] / (ROUNDS * ROUND_S)
    return [
        Target("server's processor time, twenty pages / one page", "<= 1.5", ratio, "", ratio <= 1.5),
        Target("messages of each of twenty pages / of one page", ">= 0.9", each, "", each >= 0.9),
        Target("server's processor time, one page", "", share, "% of a core", None),
    ]


async def _cost_of(server: Served, count: int) -> tuple[float, list[Heard]]:
    heard = [Heard() for _ in range(count)]
    pages = [asyncio.create_task(usual(server.port, server.key, each)) for each in heard]
    await asyncio.sleep(SETTLED_S)
    for each in heard:
        each.messages = 0
    before_s, _ = await asyncio.to_thread(server.cost)
    await asyncio.sleep(ROUND_S)
    after_s, _ = await asyncio.to_thread(server.cost)
    await _end(pages)
    return after_s - before_s, heard


def slow_targets() -> list[Target]:
    """Memory of the server, and the messages of a usual page, with pages that read slowly or never."""
    with served() as server:
        asyncio.run(_cost_of(server, 1))
        _, alone = asyncio.run(_cost_of(server, 1))
        before_mb = server.cost()[1]
        beside = asyncio.run(_beside_slow(server))
        grown_mb = server.cost()[1] - before_mb
    share = beside.messages / alone[0].messages
    return [
        Target("memory of the server, grown by ten pages that read 1 kB/s or nothing", "<= 10", grown_mb, "MB",
               grown_mb <= 10),
        Target("messages of a page beside these / alone", ">= 0.9", share, "", share >= 0.9),
    ]  # fmt: skip


async def _beside_slow(server: Served) -> Heard:
    pages = [asyncio.create_task(slow(server.port, server.key, reads=number % 2 == 0)) for number in range(10)]
    await asyncio.sleep(SETTLED_S)
    heard = (await _cost_of(server, 1))[1][0]
    await _end(pages)
    return heard


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def replay_targets() -> list[Target]:
    """A run of the crossroads, repeated to 40 minutes: opened against the reading of its files, and sought in."""
    with tempfile.TemporaryDirectory() as folder:
        mission = folders.CONFIG_DIR / "missions" / "crossroads.yaml"
        command = [sys.executable, "-m", "blindspot.cli", "sim", str(mission), "--in-process", "--out", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        [made] = (file.parent for file in Path(folder).glob("*/track.csv"))
        lengthen(made)
        read_s = min(_timed(lambda: read_files(made)) for _ in range(3))
        open_s = min(_timed(lambda: FlownRun(made)) for _ in range(3))
        view, lock = View(), Lock()
        clock = ReplayClock(flown := FlownRun(made), view, lock, speed=1.0)
        places = np.random.default_rng(1).uniform(flown.begin_s, flown.end_s, SEEKS)
        seeks_ms = [1e3 * _timed(lambda at_s=at_s: _seek(clock, view, at_s)) for at_s in places]  # type: ignore[misc]
    ratio, longest = open_s / read_s, max(seeks_ms)
    return [
        Target("replay of 40 minutes: opened / its files read", "<= 3", ratio, "", ratio <= 3.0),
        Target("replay of 40 minutes: a seek and its message, longest", "<= 200", longest, "ms", longest <= 200.0),
    ]


def _seek(clock: ReplayClock, view: View, at_s: float) -> None:
    number = view.number
    clock.take({"seek_s": at_s})
    view.since(number, 0.0)


def _timed(act: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    act()
    return time.perf_counter() - began_s


def read_files(run_dir: Path) -> None:
    """Read what a replay needs, as each reader of these files does."""
    load_plan(run_dir / "plan.json")
    read_tracks(run_dir / "track.csv")
    read_events(run_dir / EVENTS_FILE)
    GroundMasks.load(run_dir / "ground.npz", with_peaks=False)
    with np.load(run_dir / "seen.npz") as seen:
        dict(seen)
    json.loads((run_dir / "summary.json").read_bytes())


def lengthen(run_dir: Path, length_s: float = LONG_S) -> None:
    """Repeat track and events of a run until the run has this length."""
    head, *rows = (run_dir / "track.csv").read_text().splitlines()
    stamps = [float(row.partition(",")[0]) for row in rows]
    span_s = max(stamps) - min(stamps) + 1.0
    times = int(np.ceil(length_s / span_s))
    lines = [
        f"{stamp + turn * span_s:.2f},{row.partition(',')[2]}"
        for turn in range(times) for stamp, row in zip(stamps, rows, strict=True)
    ]  # fmt: skip
    (run_dir / "track.csv").write_text("\n".join([head, *lines]) + "\n")
    events = [json.loads(line) for line in (run_dir / EVENTS_FILE).read_text().splitlines()]
    (run_dir / EVENTS_FILE).write_text("".join(
        json.dumps(event | {"stamp_s": event["stamp_s"] + turn * span_s}) + "\n"
        for turn in range(times) for event in events
    ))  # fmt: skip
