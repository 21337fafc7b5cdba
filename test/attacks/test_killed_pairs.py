"""Pairs and triples of nodes, killed or frozen at random moments of a flight: all statements of the run stay true.

The judge uses only the simulator's true track, the processes and the run's output. One pair and one seed run in CI,
the whole campaign with BLINDSPOT_ALL_FAULTS=1; BLINDSPOT_SEEDS=20:40 flies other seeds, or a part of it.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random

import pytest

pytest.importorskip("rclpy")

from blindspot.cli.sim import EXIT_CODES

SPEEDS = ("8", "4", "20")
"""Speed factors in turn. 3 s without a heartbeat on the wall clock are a sixth of the flight, or most of it."""
FLIGHT_S, CHECKS_S = 100.0, 30.0
"""Simulated time from arming to the landing of the undisturbed short mission, and of its pre-flight checks."""
BETWEEN_S = (0.0, 15.0)
"""Simulated time between the attacks on two nodes."""
THAWS_AFTER_S = (2.0, 12.0)
"""Wall time."""
LIMIT_S = 240.0
"""A guard against a hang."""

NODES = (
    "/simulator", "/drone1/flight_control", "/drone1/camera", "/drone1/detector", "/blindspot/coverage_planner",
    "/blindspot/authority", "/blindspot/coverage_monitor", "/blindspot/mission_manager",
)  # fmt: skip
STARTED_AGAIN = ("/drone1/flight_control",)
LIKELY = {"/simulator": 1, "/drone1/flight_control": 6, "/blindspot/mission_manager": 5, "/blindspot/authority": 3}
"""Relative weights of the nodes, by default 2: nodes that fly a drone have more, the simulator less."""


@dataclass(frozen=True)
class Blow:
    """An attack on a node and its time: s of simulated time since the arming; below 0 in the pre-flight checks."""

    node: str
    how: str
    at_s: float
    thaws_s: float

    def __str__(self) -> str:
        thaws = f" for {self.thaws_s:.0f} s" if self.how == "thaws" else ""
        return f"{self.node} {'is killed' if self.how == 'killed' else 'is frozen'}{thaws} at {self.at_s:.0f} s"


def draw(seed: int) -> list[Blow]:
    """Two or three nodes, in the order of their blows."""
    random = Random(seed)
    nodes: list[str] = []
    while len(nodes) < (3 if seed % 4 == 3 else 2):
        [node] = random.choices(NODES, [LIKELY.get(name, 2) for name in NODES])
        nodes += [node] if node not in nodes else []
    blows, at_s = [], random.uniform(-CHECKS_S, FLIGHT_S)
    for node in nodes:
        how = random.choice(["killed", "killed", "frozen", "thaws"])
        blows.append(Blow(node, how, at_s, random.uniform(*THAWS_AFTER_S)))
        at_s += random.choice([0.0, random.uniform(*BETWEEN_S)])
    return blows


class Judge:
    """Attacks a run, and finds false statements in its output."""

    def __init__(self, run, blows: Sequence[Blow]) -> None:
        self._run, self._blows = run, blows
        self._struck: list[Blow] = []
        self._thaw_s: dict[str, float] = {}
        self._began_s: float | None = None

    def watch(self) -> None:
        """Attack at the drawn times, until the run has ended."""
        deadline_s, left = time.monotonic() + LIMIT_S, list(self._blows)
        while self._run.process.poll() is None:
            assert time.monotonic() < deadline_s, f"never ends: {self._run.printed.read_text(errors='replace')}"
            now_s = self._sim_s()
            while left and now_s is not None and now_s >= left[0].at_s:
                self._strike(left.pop(0))
            for node in [n for n, at_s in self._thaw_s.items() if time.monotonic() >= at_s]:
                del self._thaw_s[node]
                with suppress(ProcessLookupError):
                    self._run.signal(node, signal.SIGCONT)
            time.sleep(0.05)

    def _strike(self, blow: Blow) -> None:
        number = signal.SIGKILL if blow.how == "killed" else signal.SIGSTOP
        with suppress(ProcessLookupError):
            self._run.signal(blow.node, number)
            self._struck.append(blow)
            if blow.how == "thaws":
                self._thaw_s[blow.node] = time.monotonic() + blow.thaws_s

    def _sim_s(self) -> float | None:
        """Simulated time since the arming: below 0 in the pre-flight checks, None before them."""
        rows = self._rows()
        if not rows or not self._run.says("drone1: preflight"):
            return None
        now_s = float(rows[-1]["stamp_s"])
        if self._began_s is None:
            self._began_s = now_s
        armed_s = next((float(row["stamp_s"]) for row in rows if row["armed"] == "1"), None)
        return min(now_s - self._began_s - CHECKS_S, -0.1) if armed_s is None else now_s - armed_s

    def _rows(self) -> list[dict[str, str]]:
        try:
            header, *lines = (self._run.run_dir / "track.csv").read_text().splitlines()
        except (OSError, ValueError):
            return []
        names = header.split(",")
        split = (line.split(",") for line in lines)
        return [dict(zip(names, values, strict=True)) for values in split if len(values) == len(names)]

    def untrue(self) -> Iterator[str]:
        """False and missing statements of the run.

        A drone whose simulator is gone is seen by nobody, so it may be called unaccounted.
        """
        code = self._run.process.returncode
        printed = self._run.printed.read_text(errors="replace")
        if "Traceback" in printed or "Fatal Python error" in printed:
            yield f"a traceback: {printed[-1500:]}"
        if left := self._run.left_behind():
            yield f"left behind: {left}"
        try:
            summary = self._run.summary
        except (OSError, ValueError, json.JSONDecodeError):
            yield f"no summary, exit code {code}: {printed[-800:]}"
            return
        outcome, reason, said = summary["outcome"], summary["reason"], self._run.said
        if code != (4 if summary["violations"] else EXIT_CODES[outcome]):
            yield f"{outcome} with exit code {code}"
        if summary["violations"]:
            yield f"limits were broken: {summary['violations']}"
        is_down = self._rows()[-1]["armed"] == self._rows()[-1]["in_air"] == "0"
        is_unseen = any(blow.node == "/simulator" and blow.how != "thaws" for blow in self._struck)
        says_down = (summary["unaccounted"] == [], outcome != "unaccounted")
        if says_down != (is_down, is_down) and not (is_unseen and says_down == (False, False)):
            yield f"the drone {'is down' if is_down else 'is NOT down'}, and the run says {outcome}: {reason}"
        if not is_down and "not accounted for" not in said:
            yield f"a drone is out, and that is not said: {said}"
        for blow in self._struck:
            is_gone = blow.how == "frozen" or (blow.how == "killed" and blow.node not in STARTED_AGAIN)
            if is_gone and (outcome == "completed" or blow.node not in said):
                yield f"{blow}: absent from {outcome}: {said}"
        if outcome != "completed" and not reason:
            yield f"{outcome} without a reason"


def seeds() -> range:
    if "BLINDSPOT_SEEDS" in os.environ:
        first, _, last = os.environ["BLINDSPOT_SEEDS"].partition(":")
        return range(int(first), int(last))
    return range(60) if os.environ.get("BLINDSPOT_ALL_FAULTS") else range(1)


TOGETHER = (
    Blow("/blindspot/mission_manager", "killed", 30.0, 0.0), Blow("/drone1/flight_control", "killed", 30.0, 0.0),
)  # fmt: skip


def test_a_campaign_strikes_other_nodes_at_other_moments():
    drawn = [draw(seed) for seed in range(60)]
    assert {len(blows) for blows in drawn} == {2, 3}
    assert {blow.node for blows in drawn for blow in blows} == set(NODES)
    assert {blow.how for blows in drawn for blow in blows} == {"killed", "frozen", "thaws"}


def judged(run, blows: Sequence[Blow]) -> None:
    judge = Judge(run, blows)
    judge.watch()
    listed = "\n".join(map(str, blows))
    assert list(judge.untrue()) == [], f"{listed}\n{run.printed.read_text(errors='replace')[-1500:]}"


@pytest.mark.slow
def test_a_drone_whose_manager_and_flight_control_are_killed_together_is_brought_home(sim, patrol, planned):
    """The new flight_control has lost the flight. Its state `idle` must not count as landed."""
    run = sim(patrol, *planned, "--speed", "4")
    judged(run, TOGETHER)
    assert run.summary["outcome"] == "returned"
    assert "the ground station brings the drone home" in run.said


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("seed", seeds())
def test_the_run_stays_truthful_when_nodes_are_killed_or_frozen(sim, patrol, planned, seed):
    judged(sim(patrol, *planned, "--speed", SPEEDS[seed % len(SPEEDS)]), draw(seed))
