"""The meaning of `--json` on every command: one JSON document on standard output, all else on standard error."""

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
