"""The plan check of `authority`: `blindspot check` on exactly the received plan, in a fork or in a new process
(`warm_checks.py`).

Only the exact sentence that this plan has no violation counts as a pass. A time-out, a failure and any other output are
refusals. Verdicts are forgotten: a stack stays up for days, and its site or mission may change meanwhile.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from blindspot.core import BlindspotError, one_line
from blindspot.mission import Mission, Plan
from blindspot.nodes.judging.warm_checks import COMMANDS, BegunCheck, WarmChecks

CHECK_LIMIT_S, REST_LIMIT_S = 120.0, 40.0
"""Time-outs of the checker, wall time: for drones on their pads, and for drones that hover until the checker
answers."""
LOOK_AGAIN_S = 0.05
ASKED_AGAIN = "its requester asked for the same plan again: the later request gets the answer"

Answer = Callable[[str], None]
"""Called once, with "" for a plan that passed, or with the reason against the plan."""


@dataclass(frozen=True, slots=True)
class FlownPlan:
    """The reference for the judgement of a plan's rest: the routes of the fleet, the drones on the ground, and the
    number of the plan's inspections so far."""

    plan: Plan
    down: tuple[str, ...]
    inspections: int = 0


def why_changed(judged: FlownPlan | None, look: Callable[[], FlownPlan | None]) -> str:
    """The reason why a verdict on the rest of a plan counts no more: a drone has got another way, or has left the
    ground. Empty if the verdict counts. `look` gives the present reference of the judgement, or raises
    BlindspotError."""
    try:
        now = look()
    except BlindspotError as error:
        return one_line(error)
    if judged is None or now is None:
        same = judged is now
    else:
        ways, ways_now = (judged.plan, judged.inspections), (now.plan, now.inspections)
        same = ways == ways_now and set(judged.down) <= set(now.down)
    return "" if same else "a drone got another way, or took off, while the plan was checked: ask again"


@dataclass(frozen=True, slots=True)
class Question:
    """A plan to check, with the plan's mission, and the hash of the mission. `flown` is given for the rest of a
    plan."""

    plan: Plan
    mission: Mission
    mission_sha256: str
    requester: str
    flown: FlownPlan | None
    answer: Answer

    @property
    def about(self) -> tuple[object, ...]:
        """The facts on which the answer depends, and the requester."""
        flown = None if self.flown is None else (self.flown.plan.sha256, self.flown.down)
        return self.plan.sha256, self.mission.path, self.mission_sha256, self.requester, flown


@dataclass(slots=True)
class _Job:
    check: BegunCheck
    folder: tempfile.TemporaryDirectory[str]
    asked: Question


class PlanJudge:
    """Checks one plan at a time in a separate process; at most `most` others wait. The rest of a plan is checked first,
    because its drones hover."""

    def __init__(self, node: Node, most: int, on_call: Path | None = None) -> None:
        """`on_call` is a mission whose town is loaded at once; the town of another one is loaded with its first
        plan."""
        self._most = most
        self.checks = WarmChecks(node.get_logger().warning)
        if on_call is not None:
            self.checks.load(on_call)
        self._job: _Job | None = None
        self._waiting: list[Question] = []
        node.create_timer(LOOK_AGAIN_S, self._watch, clock=Clock(clock_type=ClockType.STEADY_TIME))

    @property
    def asked(self) -> tuple[Question, ...]:
        """The plans that are being checked or wait."""
        return (*(() if self._job is None else (self._job.asked,)), *self._waiting)

    def ask(self, question: Question) -> None:
        """Check a plan, now or after the plans that came before.

        A requester whose answer got lost asks again. The same question takes the place of the earlier question, whose
        check goes on: else questions would be added until no question has a turn.
        """
        if self._takes_a_place(question):
            return
        if len(self._waiting) >= self._most:
            question.answer(f"{len(self.asked)} plans are being checked: ask again")
            return
        rests = sum(other.flown is not None for other in self._waiting)
        self._waiting.insert(rests if question.flown is not None else len(self._waiting), question)
        self._next()

    def _takes_a_place(self, question: Question) -> bool:
        earlier = next((other for other in self.asked if other.about == question.about), None)
        if earlier is None:
            return False
        if self._job is not None and self._job.asked is earlier:
            self._job.asked = question
        else:
            self._waiting[self._waiting.index(earlier)] = question
        earlier.answer(ASKED_AGAIN)
        return True

    def call_off(self, plan_sha256: str, requester: str, why: str) -> None:
        """Stop the checks of a requester's plan, if any, and refuse the plan with this reason."""

        def is_meant(question: Question) -> bool:
            return (question.plan.sha256, question.requester) == (plan_sha256, requester)

        called_off = [question for question in self._waiting if is_meant(question)]
        self._waiting = [question for question in self._waiting if not is_meant(question)]
        for question in called_off:
            question.answer(why)
        if self._job is not None and is_meant(self._job.asked):
            self._end(why)

    def _next(self) -> None:
        while self._job is None and self._waiting:
            question = self._waiting.pop(0)
            if problem := self._start(question):
                question.answer(problem)

    def _start(self, question: Question) -> str:
        """Start the process of a check; returns the reason why it can't be started, or ""."""
        plan, flown = question.plan, question.flown
        try:
            folder = tempfile.TemporaryDirectory(prefix="blindspot-check-")
        except OSError as error:
            return f"the plan can't be checked ({error.strerror}): no clearance"
        files = {"plan": plan} | ({} if flown is None else {"flown": flown.plan})
        try:
            for name, content in files.items():
                Path(folder.name, f"{name}.json").write_text(content.to_json(), encoding="utf-8")
            command = command_of(question.mission.path, Path(folder.name), None if flown is None else flown.down)
            limit_s = CHECK_LIMIT_S if flown is None else REST_LIMIT_S
            self._job = _Job(self.checks.begin(command, question.mission.path, limit_s), folder, question)
        except OSError as error:
            folder.cleanup()
            return f"the plan can't be checked ({error.strerror}): no clearance"
        return ""

    def _watch(self) -> None:
        if self._job is not None and self._job.check.has_ended():
            self._end()

    def _complaint(self, job: _Job, output: str, errors: str) -> str:
        if job.check.is_late:
            return "the checker did not answer in time: no clearance"
        code = job.check.code
        if code == 0 and output == f"checked {job.asked.plan.sha256}: no violation\n":
            return ""
        lines = errors.strip().splitlines()
        if code == 1 and lines:
            more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
            return f"the checker refuses the plan: {lines[0]}{more}"
        last = f": {lines[-1].removeprefix('blindspot: ')}" if lines else ""
        return f"the checker gave no verdict (exit code {code}){last}"

    def _end(self, why: str = "") -> None:
        """Answer the question in progress: by its checker's verdict, or refused with this reason."""
        job, self._job = self._job, None
        assert job is not None
        output, errors = job.check.close()
        job.folder.cleanup()
        try:
            job.asked.answer(why or self._complaint(job, output, errors))
        finally:
            self._next()


def command_of(mission: Path, folder: Path, down: Collection[str] | None) -> list[str]:
    """The command line that checks a folder's `plan.json`, as the rest of `flown.json` if `down` is given."""
    command = [*COMMANDS, "check", str(mission), str(folder / "plan.json")]
    if down is not None:
        command += ["--flown", str(folder / "flown.json"), *(word for name in down for word in ("--down", name))]
    return command
