"""The renewed papers of an authorisation: whether each paper counts at a moment, and since when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from blindspot.law.drafts.rehearsal import rehearsal_context
from blindspot.law.files.profiles import profile_of
from blindspot.law.judgement import judge
from blindspot.law.rules.facts import Phase
from blindspot.law.signatures.authorisation import Authorisation


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper: the rule's `problem` ("" if the paper counts), the `remedy`, and the time of the paper (`None` without
    a paper). A paper is not `needed` under a profile without its rule."""

    name: str
    needed: bool
    problem: str = ""
    remedy: str = ""
    since: datetime | None = None


_RULES = {
    "authorisation": ("AUT-01", "AUT-02", "AUT-07", "TIM-03"), "zones": ("AVI-02",), "revocation list": ("AUT-05",),
    "notices to airmen": ("AVI-10",), "statement of separation": ("INT-03",), "register": ("LOG-02", "LOG-03"),
}  # fmt: skip
"""Each paper with the judging rules."""


def judge_papers(
    auth: Authorisation, at: datetime, register_sent: datetime | None, *, register_complete: bool | None
) -> tuple[Paper, ...]:
    """The papers of an authorisation, judged for a real flight at `at` by the facts of the register. Plan and aircraft
    are assumed to be right. A profile whose pre-flight is the drone's own needs the authorisation alone.

    Raises InputError if the profile or the area can't be read.
    """
    profile, assumed = profile_of(auth.file), rehearsal_context(auth, at)
    assert assumed.ready is not None and assumed.book is not None
    ctx = replace(
        assumed, ready=replace(assumed.ready, separated_at=None, notam_at=None),
        book=replace(assumed.book, register_sent=register_sent, register_complete=register_complete),
    )  # fmt: skip
    by_authority = profile.preflight_by == "authority" and profile.level > 0
    phases: tuple[Phase, ...] = ("PL", "PF") if by_authority else ("PL",)
    known = {
        "revocation list": auth.revocations.issued if auth.revocations is not None else None,
        "notices to airmen": auth.notices.retrieved if auth.notices is not None else None,
        "statement of separation": auth.separation.stated if auth.separation is not None else None,
        "register": register_sent,
    }
    found = []
    for name, rules in _RULES.items():
        applied = judge(ctx, phases, only=rules).applied
        is_paper = name == "authorisation" or (by_authority and bool(applied))
        is_named = name != "revocation list" or auth.file.revocation is not None
        broken = next((each.ruling for each in applied if not each.ruling.ok), None)
        if not (is_paper and is_named):
            found.append(Paper(name, needed=False))
        elif broken is None:
            found.append(Paper(name, needed=True, since=known.get(name)))
        else:
            found.append(Paper(name, True, broken.evidence, broken.remedy, known.get(name)))
    return tuple(found)
