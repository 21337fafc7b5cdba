"""Output of commands. `--json` means the same for each: the result is one JSON document on standard output, and all
else goes to standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Annotated, Any

import typer

from blindspot.core import escape_codes, print_plain

AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as one JSON document, and all else on standard error.")
]


@contextmanager
def only_json(*, is_asked: bool) -> Iterator[None]:
    """While this is entered with `--json`, everything that is printed goes to standard error."""
    if not is_asked:
        yield
        return
    with redirect_stdout(sys.stderr):
        yield


def print_json(document: Any) -> None:
    """Print the document of a command, as UTF-8. Codes that a terminal would obey are written as JSON's escapes."""
    print(escape_codes(json.dumps(document, ensure_ascii=False, indent=1)))


def print_result(document: Any, *lines: str, as_json: bool) -> None:
    """Print the result of a command: the document with `--json`, otherwise the lines for a person."""
    if as_json:
        print_json(document)
    else:
        for line in lines:
            print_plain(line)
