"""The part of `blindspot verify` for anything else than a journal: pages, archives, sealed parts and runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from blindspot.cli.parts.output import print_result

if TYPE_CHECKING:
    from blindspot.evidence.acts import Actor
    from blindspot.evidence.verified import Verification


def verified(what: Path, register: Path | None, roots: frozenset[str], who: Actor) -> Verification | None:
    """The verification of a page, an archive, a sealed part or a run; None for anything else. Raises InputError for a
    hostile or unreadable one, and for another file than a register."""
    from blindspot.acts import checked_run
    from blindspot.evidence.public import NOT_PROVEN, check_page
    from blindspot.evidence.verified import check_archive, check_lone_part, verification

    if register is not None or _is_page(what):
        return verification("public page", check_page(what, register), NOT_PROVEN)
    if what.is_file():
        is_part = what.name.endswith(".sealed")
        return check_lone_part(what, roots) if is_part else check_archive(what, roots) if _is_archive(what) else None
    return checked_run(what, who, roots)


def _is_page(what: Path) -> bool:
    from blindspot.evidence.public import FACTS, PAGES

    return all((what / name).is_file() for name in (FACTS, *PAGES.values()))


def _is_archive(what: Path) -> bool:
    with what.open("rb") as file:
        return file.read(2) == b"PK" or what.suffix == ".zip"


def end(what: Path, found: Verification, *, as_json: bool) -> NoReturn:
    """Print the result, and end with the exit code 0 for whole records, 1 for broken ones, and 2 if nothing is
    proven."""
    state = "whole" if found.whole else "BROKEN" if found.is_broken else "nothing is proven"
    lines = [f"{what}: {state}"]
    lines += [f"{check.state}: {check.name}: {check.sentence}" for check in found.checks]
    lines += [f"not proven: {fact}" for fact in found.not_proven]
    print_result(found.model_dump(mode="json", by_alias=True), *lines, as_json=as_json)
    raise typer.Exit(0 if found.whole else 1 if found.is_broken else 2)
