"""A benchmark in parts: each says that it begins and goes on, and its figures are printed as soon as they are known."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from blindspot.core.errors import InputError
from blindspot_lab.bench.target import Target

Parts = Mapping[str, Callable[[], list[Target]]]
TOLD_EVERY_S = 30.0
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
        with _told(f"bench {bench}: {name}, part {number} of {len(chosen)}"):
            measured = parts[name]()
        for target in measured:
            goal = f" (goal {target.goal})" if target.goal else ""
            print(f"{target.name}: {target.measured:.4g} {target.unit}{goal}", file=sys.stderr, flush=True)
        found += measured
    return found


@contextmanager
def _told(what: str, every_s: float = TOLD_EVERY_S) -> Iterator[None]:
    """Say that some work begins, and now and then that it goes on."""
    begun_s, is_done = time.monotonic(), threading.Event()

    def tell() -> None:
        while not is_done.wait(every_s):
            print(f"progress: {what}, {time.monotonic() - begun_s:.0f} s", file=sys.stderr, flush=True)

    print(f"progress: {what}", file=sys.stderr, flush=True)
    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        is_done.set()
        teller.join()
