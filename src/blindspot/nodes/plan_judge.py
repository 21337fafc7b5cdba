"""The plan check of `authority`: `blindspot check` in its own process, on exactly the plan that came.

Only the exact sentence that this plan has no violation counts as a pass. A time-out, a failure and any other output are
refusals. Refusals are forgotten; the hash of a plan that passed is remembered for the life of this process.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from blindspot.core import die_with_parent
from blindspot.mission import Mission, Plan

CHECK_LIMIT_S, REST_LIMIT_S = 120.0, 40.0
"""Time-outs of the checker, wall time: for drones on their pads, and for drones that hover until it answers."""
LOOK_AGAIN_S = 0.05

Answer = Callable[[str], None]
"""Called once, with "" for a plan that passed, or with the reason against it."""


@dataclass(frozen=True, slots=True)
class Flown:
    """The reference for judging the rest of a plan: the routes of its fleet, and the drones on the ground."""

    plan: Plan
    down: tuple[str, ...]


@dataclass(slots=True)
class _Job:
    process: subprocess.Popen[str]
    folder: tempfile.TemporaryDirectory[str]
    errors: Path
    plan: Plan
    is_rest: bool
    until_s: float
    answer: Answer


class PlanJudge:
    """Checks one plan at a time in a separate process."""

    def __init__(self, node: Node, mission: Mission) -> None:
        self._mission = mission
        self._job: _Job | None = None
        self._passed: set[str] = set()
        node.create_timer(LOOK_AGAIN_S, self._watch, clock=Clock(clock_type=ClockType.STEADY_TIME))

    @property
    def is_busy(self) -> bool:
        return self._job is not None

    def ask(self, plan: Plan, flown: Flown | None, answer: Answer) -> None:
        """Start the check of a plan; `flown` is given for the rest of a plan."""
        if flown is None and plan.sha256 in self._passed:
            answer("")
            return
        if self._job is not None:
            answer("another plan is being checked: ask again")
            return
        folder = tempfile.TemporaryDirectory(prefix="blindspot-check-")
        files = {"plan": plan} | ({} if flown is None else {"flown": flown.plan})
        try:
            for name, content in files.items():
                Path(folder.name, f"{name}.json").write_text(content.to_json(), encoding="utf-8")
            command = command_of(self._mission.path, Path(folder.name), None if flown is None else flown.down)
            errors = Path(folder.name, "stderr")
            with errors.open("wb") as file:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=file, text=True,
                    errors="replace", preexec_fn=die_with_parent,
                )  # fmt: skip
        except OSError as error:
            folder.cleanup()
            answer(f"the plan can't be checked ({error.strerror}): no clearance")
            return
        limit_s = CHECK_LIMIT_S if flown is None else REST_LIMIT_S
        self._job = _Job(process, folder, errors, plan, flown is not None, time.monotonic() + limit_s, answer)

    def call_off(self, why: str) -> None:
        """Stop the running check, if any, and refuse its plan with this reason."""
        if self._job is not None:
            self._end(why)

    def _watch(self) -> None:
        job = self._job
        if job is None:
            return
        if job.process.poll() is None:
            if time.monotonic() > job.until_s:
                self._end("the checker did not answer in time: no clearance")
            return
        self._end(self._complaint(job))

    def _complaint(self, job: _Job) -> str:
        assert job.process.stdout is not None
        output = job.process.stdout.read(1000)
        if job.process.returncode == 0 and output == f"checked {job.plan.sha256}: no violation\n":
            return ""
        lines = job.errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if job.process.returncode == 1 and lines:
            more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
            return f"the checker refuses the plan: {lines[0]}{more}"
        last = f": {lines[-1].removeprefix('blindspot: ')}" if lines else ""
        return f"the checker gave no verdict (exit code {job.process.returncode}){last}"

    def _end(self, complaint: str) -> None:
        job, self._job = self._job, None
        assert job is not None and job.process.stdout is not None
        if job.process.poll() is None:
            job.process.kill()
            job.process.wait()
        job.process.stdout.close()
        job.folder.cleanup()
        if not complaint and not job.is_rest:
            self._passed.add(job.plan.sha256)
        job.answer(complaint)


def command_of(mission: Path, folder: Path, down: Collection[str] | None) -> list[str]:
    """The command line that checks a folder's `plan.json`, as the rest of its `flown.json` if `down` is given."""
    command = [sys.executable, "-P", "-m", "blindspot.cli", "check", str(mission), str(folder / "plan.json")]
    if down is not None:
        command += ["--flown", str(folder / "flown.json"), *(word for name in down for word in ("--down", name))]
    return command
