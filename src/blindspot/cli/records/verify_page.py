"""The part of `blindspot verify` for a public page."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import typer

from blindspot.cli.parts.output import print_result

SCHEMA = "blindspot.verification/1"


def is_page(what: Path) -> bool:
    """Whether a folder holds a public page."""
    from blindspot.evidence.public import FACTS, PAGES

    return all((what / name).is_file() for name in (FACTS, *PAGES.values()))


def verify_page(folder: Path, register: Path | None, *, as_json: bool) -> NoReturn:
    """Check a public page and end with the exit code 0, or 1 if a check is broken. Raises InputError for a folder
    without a page, and for another file than a register."""
    from blindspot.evidence.public import NOT_PROVEN, check_page

    checks = check_page(folder, register)
    is_whole = all(check.state != "broken" for check in checks)
    said = {
        "schema": SCHEMA, "kind": "public page", "whole": is_whole, "checks": [asdict(check) for check in checks],
        "not_proven": NOT_PROVEN,
    }  # fmt: skip
    lines = [f"{folder}: {'whole' if is_whole else 'BROKEN'}"]
    lines += [f"{check.state}: {check.name}: {check.sentence}" for check in checks]
    lines += [f"not proven: {fact}" for fact in NOT_PROVEN]
    print_result(said, *lines, as_json=as_json)
    raise typer.Exit(0 if is_whole else 1)
