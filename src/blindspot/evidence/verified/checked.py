"""The result of a verification: a verdict in words for each check, as published in a JSON schema."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from blindspot.core import Section

State = Literal["proven", "broken", "unknown"]
Kind = Literal["run", "archive", "part", "public page"]
MOST_SHOWN = 10
"""Names in one sentence; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One checked property, with a sentence about it."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: Annotated[str, Field(description="Name of the checked property")]
    state: Annotated[State, Field(description="`unknown`: the files say nothing about it")]
    sentence: Annotated[str, Field(description="The verdict in words")]


class Verification(Section):
    """The result of `blindspot verify` for anything else than a journal."""

    schema_: Literal["blindspot.verification/1"] = Field(
        "blindspot.verification/1", alias="schema", description="Kind and version of the document"
    )
    kind: Kind = Field(description="Kind of the verified records")
    whole: bool = Field(description="Whether a check is proven, and none is broken")
    checks: tuple[Checked, ...] = Field(description="All checks")
    not_proven: tuple[str, ...] = Field(description="Facts that no check of this kind proves")

    @property
    def is_broken(self) -> bool:
        """Whether a check is broken. Records without a proven check are neither whole nor broken."""
        return any(check.state == "broken" for check in self.checks)


def verification(kind: Kind, checks: Iterable[Checked], not_proven: Iterable[str]) -> Verification:
    """The result of these checks."""
    kept = tuple(checks)
    states = {check.state for check in kept}
    whole = "proven" in states and "broken" not in states
    return Verification(kind=kind, whole=whole, checks=kept, not_proven=tuple(not_proven))


def listed(names: Iterable[str]) -> str:
    """The first names, and the number of the others."""
    kept = list(names)
    more = f", and {len(kept) - MOST_SHOWN} more" if len(kept) > MOST_SHOWN else ""
    return ", ".join(kept[:MOST_SHOWN]) + more
