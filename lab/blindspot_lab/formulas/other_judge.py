"""Robustness by rtamt, another implementation of the same logic, for the comparison that `RECORDED` holds.

rtamt 0.4.10 is no requirement: it pins an old antlr4 runtime, whose import warns of a deprecated module. So its figures
are recorded. To record them again, install rtamt into an environment of its own with numpy, scipy, pyyaml and this
repository's requirements, and run `python -m blindspot_lab.formulas.other_judge FILE`.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from blindspot_lab.formulas.grammar import (
    Always,
    Both,
    Either,
    Eventually,
    Formula,
    Implies,
    Not,
    Signal,
    Span,
    parse,
    signals_of,
)
from blindspot_lab.formulas.robustness import CERTAIN, RATE_HZ

CASES = (
    "a >= 1", "yes", "not (a >= 0.5 and b <= 1)", "always a >= -4", "eventually b >= 2", "always[0, 1] a >= 0",
    "eventually[0.5, 2] b >= 1", "always (yes -> eventually[0, 1] a >= 1)",
    "always (yes and a >= 1 -> eventually[0, 2] (b >= 1 or not yes))", "(a >= 0) until[0, 2] (b >= 1)",
    "(a <= 1 or yes) until[0.4, 1.5] (b <= -1)", "always[0, 0.7] eventually[0.2, 1.3] b0 >= 0.5",
    "always (a >= 2 -> always[0.3, 0.9] b <= 2.5)", "eventually always a >= -3",
)  # fmt: skip
"""Formulas over the signals a, b and b0 (numbers) and yes."""
SAMPLES, SEEDS = 120, (1, 2, 3)


def made_signals(seed: int) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    """Random walks and a flickering yes."""
    random = np.random.default_rng(seed)
    walks = random.normal(0.0, 0.7, (3, SAMPLES)).cumsum(axis=1)
    return {"a": walks[0], "b": walks[1], "b0": walks[2], "yes": random.random(SAMPLES) < 0.4}


def in_their_words(formula: Formula) -> str:
    """The formula in the language of rtamt."""
    match formula:
        case Signal(name, "", _):
            return f"({name} >= 0)"
        case Signal(name, compared, number):
            return f"({name} {compared} {number:.9f})"
        case Not(of):
            return f"(not {in_their_words(of)})"
        case Both(left, right):
            return f"({in_their_words(left)} and {in_their_words(right)})"
        case Either(left, right):
            return f"({in_their_words(left)} or {in_their_words(right)})"
        case Implies(premise, then):
            return f"({in_their_words(premise)} implies {in_their_words(then)})"
        case Always(of, span):
            return f"(always{_span(span)} {in_their_words(of)})"
        case Eventually(of, span):
            return f"(eventually{_span(span)} {in_their_words(of)})"
        case _:
            return f"({in_their_words(formula.left)} until{_span(formula.span)} {in_their_words(formula.right)})"


def _span(span: Span | None) -> str:
    return "" if span is None else f"[{round(1000 * span[0])}ms:{round(1000 * span[1])}ms]"


def their_robustness(formula: Formula, signals: dict[str, np.ndarray[Any, np.dtype[Any]]]) -> list[float]:
    """The robustness at each sample, by rtamt."""
    rtamt = importlib.import_module("rtamt")
    spec = rtamt.StlDiscreteTimeSpecification()
    spec.set_sampling_period(round(1000 / RATE_HZ), "ms", 0.1)
    trace: dict[str, list[float]] = {"time": [k / RATE_HZ for k in range(SAMPLES)]}
    for name in sorted(signals_of(formula)):
        values = signals[name]
        spec.declare_var(name, "float")
        trace[name] = (np.where(values, CERTAIN, -CERTAIN) if values.dtype == np.bool_ else values).tolist()
    spec.spec = in_their_words(formula)
    spec.parse()
    return [float(value) for _, value in spec.evaluate(trace)]


def main(path: Path) -> None:
    """Record the robustness of every case."""
    verdicts = {
        f"{case} / {seed}": [round(value, 9) for value in their_robustness(parse(case), made_signals(seed))]
        for case in CASES
        for seed in SEEDS
    }
    path.write_text(json.dumps(verdicts, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
