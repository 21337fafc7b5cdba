"""Runs a list of checks, one after the other. Each reports its value and the remedy of a problem.

A check judges the telemetry (and may wait for telemetry), or sends a request to the vehicle, requires acceptance, and
judges the answer. A flight stops at the first failed check; a crew that reads the whole list continues to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import nan

from blindspot.flight.vehicle.vehicle import Reply
from blindspot.flight.watch.ladder import Situation


@dataclass(frozen=True, slots=True)
class Judged:
    """The found value, as it is read aloud, and the remedy `todo`; an empty remedy means that the check passed.
    `remark` is a warning about a passed check."""

    value: str
    todo: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the completed list."""

    check: str
    value: str
    todo: str = ""
    remark: str = ""

    @property
    def ok(self) -> bool:
        return not self.todo

    def __str__(self) -> str:
        return "; ".join(filter(None, (f"{self.check}: {self.value}", self.todo, self.remark)))


Judge = Callable[[Situation, float], Judged]
"""Judges the situation and the value of a reply."""
DONE: Judge = lambda _, __: Judged("done and read back")  # noqa: E731
SEEN_FIRST = ("autopilot", "drone")
"""The checks that see whether somebody else flies the drone."""
JOURNAL = "journal"
"""The check before the arming."""
MISSION_MODE = "mission mode"
"""The check that selects the mission: from then on an arming would fly it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `judge` gets the situation and the value of the reply to `ask` (NaN if there is no `ask`).

    Until `within_s` has passed, a failed judgement is repeated and a refused request is sent again. A check with
    `fix` sends it once instead, at the first failed judgement. `todo` is the remedy if `ask` is refused. If `excused`
    returns a reason, the check passes and `ask` is skipped. If a `decisive` check fails, the list ends there.
    """

    name: str
    judge: Judge = DONE
    ask: Callable[[], Reply] | None = None
    within_s: float = 0.0
    fix: Callable[[], Reply] | None = None
    todo: str = "try again, and check the link"
    excused: Callable[[Situation], str] = lambda _: ""
    decisive: bool = False


class Preflight:
    """Runs the checks; `lines` are the completed ones."""

    def __init__(self, pending: Iterator[Check], *, to_the_end: bool = False) -> None:
        self.lines: list[Line] = []
        self._pending = pending
        self._to_the_end = to_the_end
        self._check = next(pending, None)
        self._since_s: float | None = None
        self._reply: Reply | None = None
        self._corrected: Judged | None = None

    @property
    def doing(self) -> str:
        """Name of the running check."""
        return self._check.name if self._check is not None else ""

    def has_asked(self, check: str) -> bool:
        """Whether the check of that name has started."""
        return self.doing == check or any(line.check == check for line in self.lines)

    def step(self, situation: Situation) -> str | None:
        """`None` while running, "" if every check passed, else the first problem in one sentence."""
        while self._check is not None:
            if self._since_s is None:
                self._since_s = situation.seen.stamp_s
            judged = self._judge(self._check, situation)
            if judged is None:
                return None
            line = Line(self._check.name, judged.value, judged.todo, judged.remark)
            self.lines.append(line)
            stops = not line.ok and (self._check.decisive or not self._to_the_end)
            self._check = None if stops else next(self._pending, None)
            self._since_s, self._reply, self._corrected = None, None, None
        return next((str(line) for line in self.lines if not line.ok), "")

    def _judge(self, check: Check, situation: Situation) -> Judged | None:
        """The judgement; `None` while the check must wait."""
        assert self._since_s is not None
        may_wait = situation.seen.stamp_s - self._since_s < check.within_s
        if check.ask is not None and self._reply is None:
            if why := check.excused(situation):
                return Judged(why)
            self._reply = check.ask()
        if self._reply is not None and self._reply.pending:
            return None
        if self._reply is not None and not self._reply.ok:
            if may_wait and self._corrected is None:
                self._reply = None
                return None
            return Judged(self._reply.detail, check.todo)
        if self._corrected is not None:
            return self._corrected
        judged = check.judge(situation, self._reply.value if self._reply is not None else nan)
        if not judged.todo:
            return judged
        if check.fix is not None:
            self._corrected, self._reply = Judged(f"was {judged.value}, corrected"), check.fix()
            return self._judge(check, situation)
        return None if may_wait else judged
