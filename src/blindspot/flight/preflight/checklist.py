"""How a list of checks is worked through: one after the other, each with its value told and what to do about it.

A check judges what is known (and may wait for it), or asks the vehicle for something, needs a yes, and judges the
answer. A flight stops at the first that fails; a crew that wants the whole list goes on to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import nan

from blindspot.flight.vehicle.vehicle import Reply
from blindspot.flight.watch.ladder import Situation


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found, as it is read aloud, and what to do about it; nothing to do means that it is well. `remark` is
    what everybody must know all the same."""

    value: str
    todo: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list that was read."""

    check: str
    value: str
    todo: str = ""
    remark: str = ""

    @property
    def ok(self) -> bool:
        return not self.todo

    def __str__(self) -> str:
        return "; ".join(filter(None, (f"{self.check}: {self.value}", self.todo, self.remark)))


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `judge` gets the situation and the value of the answer to `ask` (NaN where nothing is asked).

    What is not well is looked at again, and what is refused asked again, until `within_s` is over. `mend` is asked
    once for what is still not well. `todo` is said where `ask` is refused; nothing is asked where `excused` says why
    that is well. Where `decisive` fails nothing more is asked.
    """

    name: str
    judge: Callable[[Situation, float], Judged] = lambda _, __: Judged("done and read back")
    ask: Callable[[], Reply] | None = None
    within_s: float = 0.0
    mend: Callable[[], Reply] | None = None
    todo: str = "try again, and look at the link"
    excused: Callable[[Situation], str] = lambda _: ""
    decisive: bool = False


class Preflight:
    """Works through the checks; `lines` are those that are done."""

    def __init__(self, pending: Iterator[Check], *, to_the_end: bool = False) -> None:
        self.lines: list[Line] = []
        self._pending = pending
        self._to_the_end = to_the_end
        self._check = next(pending, None)
        self._since_s: float | None = None
        self._reply: Reply | None = None
        self._mended: Judged | None = None

    @property
    def doing(self) -> str:
        """Name of the check that runs."""
        return self._check.name if self._check is not None else ""

    def has_asked(self, check: str) -> bool:
        """Whether the check of that name was begun."""
        return self.doing == check or any(line.check == check for line in self.lines)

    def step(self, situation: Situation) -> str | None:
        """None while running, "" when everything passed, else the first problem in one sentence."""
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
            self._since_s, self._reply, self._mended = None, None, None
        return next((str(line) for line in self.lines if not line.ok), "")

    def _judge(self, check: Check, situation: Situation) -> Judged | None:
        """None while the check must wait."""
        assert self._since_s is not None
        may_wait = situation.seen.stamp_s - self._since_s < check.within_s
        if check.ask is not None and self._reply is None:
            if why := check.excused(situation):
                return Judged(why)
            self._reply = check.ask()
        if self._reply is not None and self._reply.pending:
            return None
        if self._reply is not None and not self._reply.ok:
            if may_wait and self._mended is None:
                self._reply = None
                return None
            return Judged(self._reply.detail, check.todo)
        if self._mended is not None:
            return self._mended
        judged = check.judge(situation, self._reply.value if self._reply is not None else nan)
        if not judged.todo:
            return judged
        if check.mend is not None:
            self._mended, self._reply = Judged(f"was {judged.value}, mended"), check.mend()
            return self._judge(check, situation)
        return None if may_wait else judged
