"""A rule of the law, and its ruling on one question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from blindspot.law.files.profiles import Module
from blindspot.law.rules.context import Context
from blindspot.law.rules.facts import PHASES, Missing, Phase


@dataclass(frozen=True, slots=True)
class Ruling:
    """The answer of one rule: `evidence` is the fact that decided, `remedy` states what would satisfy the rule."""

    ok: bool
    evidence: str
    remedy: str = ""
    remedy_fr: str = ""
    provided: bool = True
    """Whether this version provides the fact that the rule asks for; without it, `ok` is false."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. A rule applies to profiles with the rule's module in `modules`; `core` applies to all."""

    id: str
    article: str
    phases: tuple[Phase, ...]
    module: Module
    en: str
    fr: str
    judge: Callable[[Context], Ruling]
    version: int = 1


def rule(
    id_: str, article: str, phases: str, en: str, fr: str, *, module: Module = "core"
) -> Callable[[Callable[[Context], Ruling]], Rule]:
    """Make a rule of a function. `phases` are separated by spaces."""
    of: tuple[Phase, ...] = tuple(phase for phase in PHASES if phase in phases.split())

    def make(judge: Callable[[Context], Ruling]) -> Rule:
        return Rule(id_, article, of, module, en, fr, judge)

    return make


def met(evidence: str) -> Ruling:
    return Ruling(True, evidence)


def broken(evidence: str, remedy: str, remedy_fr: str) -> Ruling:
    return Ruling(False, evidence, remedy, remedy_fr)


def unknown(fact: str) -> Ruling:
    """A fact that nobody reports counts against the flight."""
    return broken(f"it is unknown {fact}", "have the stack report it", "le faire rapporter par le système")


def not_provided(missing: Missing) -> Ruling:
    """A fact that this version can't have never reads as kept."""
    said = f"not provided by this version: {missing.en}"
    if missing.of_recordings:
        return Ruling(False, said, "fly without a recording", "voler sans enregistrer", provided=False)
    return Ruling(False, said, "wait for a version that provides it", "attendre une version qui l'apporte", False)
