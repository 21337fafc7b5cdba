"""The result of a benchmark: a goal and the measured figure. One in parts prints each figure as soon as it is known."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from blindspot.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Target:
    """One figure. `met` is None if there is no verdict (reference tool absent, or no goal set)."""

    name: str
    goal: str
    measured: float
    unit: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures with tables of further ones, by name, for the JSON document."""

    targets: list[Target]
    tables: Mapping[str, list[dict[str, object]]]


Parts = Mapping[str, Callable[[], list[Target]]]
SPOKEN_EVERY_S = 30.0
"""Wall time after which a part says again that it goes on."""


def in_parts(bench: str, parts: Parts, only: str | None = None) -> list[Target]:
    """Measure the parts one after the other, or the one that is named; the figures of all of them. Progress and figures
    go to standard error. Raises InputError for an unknown name.

    >>> in_parts("nothing", {"all of it": list})
    []
    """
    if only is not None and only not in parts:
        raise InputError("bench", "--only", f"{only} is no part of {bench}", f"it has {', '.join(parts)}")
    found: list[Target] = []
    chosen = [only] if only is not None else list(parts)
    for number, name in enumerate(chosen, 1):
        with _spoken(f"bench {bench}: {name}, part {number} of {len(chosen)}"):
            measured = parts[name]()
        for target in measured:
            goal = f" (goal {target.goal})" if target.goal else ""
            print(f"{target.name}: {target.measured:.4g} {target.unit}{goal}", file=sys.stderr, flush=True)
        found += measured
    return found


@contextmanager
def _spoken(what: str, every_s: float = SPOKEN_EVERY_S) -> Iterator[None]:
    """Say that some work begins, and now and then that it goes on."""
    begun_s, is_done = time.monotonic(), threading.Event()

    def speak() -> None:
        while not is_done.wait(every_s):
            print(f"progress: {what}, {time.monotonic() - begun_s:.0f} s", file=sys.stderr, flush=True)

    print(f"progress: {what}", file=sys.stderr, flush=True)
    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield
    finally:
        is_done.set()
        speaker.join()
