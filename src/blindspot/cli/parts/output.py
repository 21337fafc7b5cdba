"""Output of commands: figures, and one JSON document on standard output for `--json`, all else on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any


@contextmanager
def only_json(*, is_asked: bool) -> Iterator[None]:
    """While this is entered with `--json`, everything that is printed goes to standard error."""
    if not is_asked:
        yield
        return
    with redirect_stdout(sys.stderr):
        yield


def print_json(document: Any) -> None:
    """Print the document of a command."""
    print(json.dumps(document, ensure_ascii=False, indent=1))


def square_metres(area_m2: float) -> str:
    """Whole square metres, by thousands: "6 692 m2"."""
    return f"{area_m2:,.0f} m2".replace(",", " ")
