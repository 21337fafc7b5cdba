"""The language of the formulas: signal temporal logic with times in seconds.

    always (aloft and lease_silent_s >= 10 -> eventually[0, 5] held)

From weak to strong: `->`, `or`, `and`, `until[a, b]`, then `not`, `always`, `eventually` (with or without `[a, b]`),
then comparisons of a signal with a number, signals of yes or no, and brackets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Span = tuple[float, float]
"""Bounds of a time from now on, s."""
_TOKEN = re.compile(r"\s*(->|>=|<=|[()\[\],]|-?\d+(?:\.\d+)?|[a-z_][a-z0-9_]*)")
_WORDS = frozenset({"always", "eventually", "until", "and", "or", "not"})


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal of yes or no (positive for yes), or its distance above (`>=`) or below (`<=`) a number."""

    name: str
    compared: Literal["", ">=", "<="] = ""
    number: float = 0.0


@dataclass(frozen=True, slots=True)
class Not:
    of: Formula


@dataclass(frozen=True, slots=True)
class Both:
    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Either:
    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Implies:
    premise: Formula
    then: Formula


@dataclass(frozen=True, slots=True)
class Always:
    """At each time of the span; without a span to the end of the trace."""

    of: Formula
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Eventually:
    """At some time of the span; without a span before the end of the trace."""

    of: Formula
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Until:
    """`right` at some time of the span, and `left` at each time before it."""

    left: Formula
    right: Formula
    span: Span


Formula = Signal | Not | Both | Either | Implies | Always | Eventually | Until


def parse(text: str) -> Formula:
    """The formula of a text. Raises ValueError with the place of the first mistake."""
    parser = _Parser(text)
    formula = parser.implication()
    if parser.token:
        raise parser.mistake("the end")
    return formula


def signals_of(formula: Formula) -> frozenset[str]:
    """The names of all signals of a formula."""
    if isinstance(formula, Signal):
        return frozenset({formula.name})
    if isinstance(formula, Not | Always | Eventually):
        return signals_of(formula.of)
    if isinstance(formula, Implies):
        return signals_of(formula.premise) | signals_of(formula.then)
    return signals_of(formula.left) | signals_of(formula.right)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._end = text, 0
        self.token = ""
        self._next()

    def mistake(self, wanted: str) -> ValueError:
        return ValueError(f"{self._text!r}: {wanted} is missing before {self.token or 'the end'!r} at {self._end}")

    def implication(self) -> Formula:
        left = self._either()
        return Implies(left, self.implication()) if self._take("->") else left

    def _either(self) -> Formula:
        left = self._both()
        while self._take("or"):
            left = Either(left, self._both())
        return left

    def _both(self) -> Formula:
        left = self._until()
        while self._take("and"):
            left = Both(left, self._until())
        return left

    def _until(self) -> Formula:
        left = self._one()
        if not self._take("until"):
            return left
        span = self._span()
        if span is None:
            raise self.mistake("[a, b] of until")
        return Until(left, self._one(), span)

    def _one(self) -> Formula:
        if self._take("not"):
            return Not(self._one())
        if self._take("always"):
            span = self._span()
            return Always(self._one(), span)
        if self._take("eventually"):
            span = self._span()
            return Eventually(self._one(), span)
        if self._take("("):
            inner = self.implication()
            self._must(")")
            return inner
        return self._signal()

    def _signal(self) -> Signal:
        name = self.token
        if not name.isidentifier() or name in _WORDS:
            raise self.mistake("a signal")
        self._next()
        for sign in (">=", "<="):
            if self._take(sign):
                return Signal(name, sign, self._number())
        return Signal(name)

    def _span(self) -> Span | None:
        if not self._take("["):
            return None
        since_s = self._number()
        self._must(",")
        until_s = self._number()
        self._must("]")
        if not 0.0 <= since_s <= until_s:
            raise self.mistake("a span of rising times")
        return since_s, until_s

    def _number(self) -> float:
        try:
            number = float(self.token)
        except ValueError:
            raise self.mistake("a number") from None
        self._next()
        return number

    def _must(self, token: str) -> None:
        if not self._take(token):
            raise self.mistake(token)

    def _take(self, token: str) -> bool:
        if self.token != token:
            return False
        self._next()
        return True

    def _next(self) -> None:
        if not self._text[self._end :].strip():
            self.token = ""
            return
        found = _TOKEN.match(self._text, self._end)
        if found is None:
            raise ValueError(f"{self._text!r}: no word of the language at {self._end}")
        self.token, self._end = found[1], found.end()
