"""Applies the rules of the law to a question. Default deny: an exception in a rule is a refusal with the rule's id.

The same question always gives the same judgement, to the byte.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from blindspot import __version__
from blindspot.core import one_line
from blindspot.law.files.profiles import Profile
from blindspot.law.rules import acc, aut, avi, dwl, geo, int as interconnection, log, pub, pur, rec, ret, sen, tim
from blindspot.law.rules.context import Context
from blindspot.law.rules.facts import NOT_PROVIDED, PHASES, Phase
from blindspot.law.rules.rule import Rule, Ruling, broken, not_provided
from blindspot.law.signatures.signing import signed_content
from blindspot.law.verdict import Verdict

_FILES = (aut, pur, tim, geo, sen, dwl, interconnection, rec, acc, ret, log, pub, avi)
RULES: tuple[Rule, ...] = tuple(each for file in _FILES for each in vars(file).values() if isinstance(each, Rule))
"""All rules, in the order of the law's families."""
BY_ID = {each.id: each for each in RULES}

AT_EACH_LEASE = ("AUT-02", "AUT-05", "AUT-07", "TIM-02", "TIM-03")
"""Rules on the authorisation and the time alone: every lease is judged by these rules."""
OF_THE_PLACE, OF_THE_PICTURE = ("GEO-01", "DWL-01"), ("SEN-02", "SEN-03", "AVI-01")
"""Rules on each exposure in flight; the first two also need the detector's report on its masks."""
OF_THE_MASKS = ("DWL-01", "REC-02")
"""Rules on what each masked picture still shows."""
OF_A_REAL_FLIGHT = ("AVI-02", "AVI-05", "AVI-06", "AVI-08", "INT-03", "LOG-01")
"""Rules on each lease of a real flight under an authority's profile."""
OF_WHAT_IS_KEPT = ("RET-01", "RET-02", "DWL-02")
"""Rules on earlier recordings, judged before the next recording."""
OF_A_RECORDING = ("REC-01", "SEN-01", "INT-01", "RET-01", "REC-03")
JUDGED_AT: dict[str, tuple[Phase, tuple[str, ...]]] = {
    "lease": ("IF", (*AT_EACH_LEASE, "PUR-04")),
    "exposure": ("IF", (*OF_THE_PLACE, *OF_THE_PICTURE)),
    "masks": ("RC", OF_THE_MASKS),
    "lease (real)": ("IF", OF_A_REAL_FLIGHT),
    "detector": ("PF", ("INT-01", "INT-04")),
    "recorder": ("RC", OF_A_RECORDING),
    "recorder, before": ("RT", OF_WHAT_IS_KEPT),
    "recorder, in flight": ("IF", ("DWL-02",)),
    "export": ("RT", ("ACC-02",)),
}
"""Where the stack judges a rule besides the gate: the phase, and the ids. PUR-04 is the minutes of the day there."""


@dataclass(frozen=True, slots=True)
class Applied:
    """One rule, as applied in one phase; `article` is the rule's source in the profile."""

    rule: Rule
    phase: Phase
    article: str
    ruling: Ruling
    refuses: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """The rulings on one question."""

    at: datetime
    simulated: bool
    authorisation: str
    content_sha256: str
    """Hash of the signed content of the authorisation."""
    profile: str
    profile_sha256: str
    plan_sha256: str
    applied: tuple[Applied, ...]

    @property
    def go(self) -> bool:
        """Whether no rule refuses. A judgement without any rule permits nothing."""
        return bool(self.applied) and not any(each.refuses for each in self.applied)

    @property
    def refusals(self) -> tuple[Verdict, ...]:
        """One verdict for each broken rule; a rule that is broken in two phases for one reason stands once."""
        refused = (each for each in self.applied if each.refuses)
        return tuple(dict.fromkeys(map(_verdict, refused)))

    @property
    def missing(self) -> tuple[str, ...]:
        """The rules whose fact this version does not provide."""
        return tuple(dict.fromkeys(each.rule.id for each in self.applied if not each.ruling.provided))

    def to_json(self) -> str:
        """Canonical JSON, schema `blindspot.judgement/1`, with the versions of the rules and of the software."""
        said = {
            "schema": "blindspot.judgement/1", "software": __version__, "at": self.at.isoformat(),
            "simulated": self.simulated, "go": self.go,
            "authorisation": {"id": self.authorisation, "sha256": self.content_sha256},
            "profile": {"id": self.profile, "sha256": self.profile_sha256}, "plan": self.plan_sha256,
            "rulings": [
                {"rule": each.rule.id, "version": each.rule.version, "phase": each.phase, "article": each.article,
                 "ok": each.ruling.ok, "provided": each.ruling.provided, "evidence": each.ruling.evidence,
                 "remedy": each.ruling.remedy, "remedy_fr": each.ruling.remedy_fr}
                for each in self.applied
            ],
        }  # fmt: skip
        return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    @property
    def sha256(self) -> str:
        """Hash of the canonical JSON: the id of the judgement in the journal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def rules_of(profile: Profile, phase: Phase) -> Iterator[Rule]:
    for each in RULES:
        if phase in each.phases and (each.module == "core" or each.module in profile.modules):
            yield each


def judge(
    ctx: Context, phases: Collection[Phase], *, only: Collection[str] = (), without: Collection[str] = ()
) -> Judgement:
    """Apply every rule of the question's profile in these phases; `only` and `without` narrow the rules by id.

    Every judgement of a real flight also names each rule whose fact this version does not provide, of any phase.
    Without an authorisation, a profile or an area only AUT-01 answers: it refuses.
    """
    if ctx.auth is None or ctx.profile is None or ctx.problem:
        applied: tuple[Applied, ...] = (_apply(BY_ID["AUT-01"], ctx, "PL"),)
    else:
        applied = tuple(
            _apply(each, ctx, phase)
            for phase in PHASES
            for each in rules_of(ctx.profile, phase)
            if phase in phases or (not only and _is_missing(each, phase, ctx))
            if (not only or each.id in only) and each.id not in without
        )  # fmt: skip
    auth, profile = ctx.auth, ctx.profile
    content = hashlib.sha256(signed_content(auth.file)).hexdigest() if auth is not None else ""
    return Judgement(
        ctx.now_utc, ctx.simulated, auth.id if auth is not None else "", content,
        profile.id if profile is not None else "", profile.sha256 if profile is not None else "",
        ctx.plan.sha256 if ctx.plan is not None else "", applied,
    )  # fmt: skip


def refusals(ctx: Context, phase: Phase, only: Collection[str]) -> tuple[Verdict, ...]:
    """The refusals of a few rules, without the record of a judgement: cheap enough for every lease.

    Raises ValueError for an id without a rule in the phase: such a rule would be skipped in silence.
    """
    if missing := sorted(set(only) - {each.id for each in RULES if phase in each.phases}):
        raise ValueError(f"no rule of phase {phase} is {', '.join(missing)}")
    if ctx.auth is None or ctx.profile is None or ctx.problem:
        found = [_apply(BY_ID["AUT-01"], ctx, "PL")]
    else:
        found = [_apply(each, ctx, phase) for each in rules_of(ctx.profile, phase) if each.id in only]
    return tuple(_verdict(each) for each in found if each.refuses)


def _verdict(each: Applied) -> Verdict:
    said = each.ruling
    return Verdict(each.rule.id, each.article, said.evidence, said.remedy, said.remedy_fr)


def _apply(each: Rule, ctx: Context, phase: Phase) -> Applied:
    article = ctx.profile.article(each.id, each.article) if ctx.profile is not None else each.article
    if missing := NOT_PROVIDED.get((each.id, phase)):
        refuses = not ctx.simulated and not missing.of_recordings and is_needed(each.id, ctx.profile)
        return Applied(each, phase, article, not_provided(missing), refuses)
    try:
        ruling = each.judge(replace(ctx, phase=phase))
    except Exception as error:  # any exception refuses: a rule that can't answer must not permit
        ruling = broken(
            f"the rule could not be applied: {one_line(error)}", "correct what it names", "corriger ce qu'elle nomme"
        )
    return Applied(each, phase, article, ruling, not ruling.ok)


def _is_missing(each: Rule, phase: Phase, ctx: Context) -> bool:
    """Whether a real flight lacks a fact of any phase; facts of recordings only if the authorisation allows a
    recording."""
    missing = NOT_PROVIDED.get((each.id, phase))
    return missing is not None and not ctx.simulated and (ctx.file.recording.allowed or not missing.of_recordings)


def is_needed(rule: str, profile: Profile | None) -> bool:
    """Whether the law asks for a rule (id), and not only the product's own policy."""
    return profile is None or profile.is_by_law(rule, BY_ID[rule].article)


def lacking_for_recordings(profile: Profile) -> tuple[str, ...]:
    """The rules on recordings that the law of a profile asks for, and whose fact this version does not provide."""
    return tuple(
        dict.fromkeys(
            each.id for phase in ("RC", "RT", "IF") for each in rules_of(profile, phase)
            if (each.id, phase) in NOT_PROVIDED and is_needed(each.id, profile)
        )
    )  # fmt: skip


def refusal(rule: str, reason: str, remedy: str, remedy_fr: str, profile: Profile | None = None) -> Verdict:
    """A refusal by a rule for a reason that its function does not see, such as an unreadable ledger."""
    usual = BY_ID[rule].article
    return Verdict(rule, profile.article(rule, usual) if profile is not None else usual, reason, remedy, remedy_fr)
