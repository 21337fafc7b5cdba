"""The complete example for department 92 as a question to the rules, and changes of it.

A case is (rule, phase, refusal, changes): the refusal is a part of its evidence, "" if the rule holds. Changes name
fields of the file ("doc", by dotted path; "analytics": values that its schema forbids), of the authorisation, the
profile, its limits, the question and the facts.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from blindspot.law.drafts.rehearsal import rehearsal_context
from blindspot.law.files.authorisation_file import AuthorisationFile
from blindspot.law.files.profiles import profile_of
from blindspot.law.judgement import BY_ID, judge
from blindspot.law.rules.context import Context
from blindspot.law.rules.facts import NOT_PROVIDED, PHASES
from blindspot.law.rules.rule import Ruling
from blindspot.law.signatures.authorisation import Authorisation, load_authorisation

EXAMPLE = Path(__file__).parents[4] / "config" / "authorisations" / "example_92"
NOW = datetime(2026, 11, 27, 19, 0, tzinfo=UTC)
"""The beginning of the first slot: Friday, 20:00 in Paris."""
FACTS = ("ready", "flying", "recorded", "kept", "book")


def changed(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy with fields changed: {"act.department": "91"}; `None` leaves a field out."""
    document = copy.deepcopy(document)
    for path, value in changes.items():
        part: Any = document
        *parents, last = path.split(".")
        for name in parents:
            part = part[int(name)] if isinstance(part, list) else part.setdefault(name, {})
        if value is None:
            part.pop(last, None)
        elif isinstance(part, list):
            part[int(last)] = value
        else:
            part[last] = copy.deepcopy(value)
    return document


@pytest.fixture(scope="session")
def example_document() -> dict[str, Any]:
    return yaml.safe_load((EXAMPLE / "authorisation.yaml").read_text())


@pytest.fixture(scope="session")
def example() -> Authorisation:
    return load_authorisation(EXAMPLE / "authorisation.yaml", EXAMPLE / "trusted_keys")


@pytest.fixture(scope="session")
def question(example: Authorisation, example_document: dict[str, Any]) -> Callable[..., Context]:
    """The context of the example with changes."""

    def make(*, doc: dict[str, Any] | None = None, **changes: Any) -> Context:
        file = AuthorisationFile.model_validate(changed(example_document, doc or {}))
        analytics = file.analytics.model_copy(update=changes.get("analytics", {}))
        file = file.model_copy(update={"analytics": analytics})
        auth = replace(example, file=file, **changes.get("auth", {}))
        ctx = rehearsal_context(auth, changes.get("now", NOW))
        profile = profile_of(file)
        limits = profile.limits.model_copy(update=changes.get("limits", {}))
        ctx = replace(ctx, profile=profile.model_copy(update={"limits": limits, **changes.get("profile", {})}))
        for name in FACTS:
            if name in changes:
                given = changes[name]
                ctx = replace(ctx, **{name: None if given is None else replace(getattr(ctx, name), **given)})
        if "route" in changes:
            assert ctx.plan is not None
            [route] = ctx.plan.routes
            ctx = replace(ctx, plan=ctx.plan.model_copy(update={"routes": tuple(changes["route"](route))}))
        if "plan" in changes:
            assert ctx.plan is not None
            ctx = replace(ctx, plan=ctx.plan.model_copy(update=changes["plan"]))
        return replace(ctx, **changes.get("ctx", {}))

    return make


@pytest.fixture(scope="session")
def ruling(question: Callable[..., Context]) -> Callable[..., Ruling]:
    """The ruling of one rule in one phase on the example with changes."""

    def judged(rule: str, phase: str, changes: dict[str, Any]) -> Ruling:
        ctx = question(**changes)
        assert phase in BY_ID[rule].phases
        if not changes.get("raw") and (rule, phase) not in NOT_PROVIDED:
            [applied] = judge(ctx, [phase], only=[rule]).applied
            assert applied.phase == phase or rule == "AUT-01"
            assert "could not be applied" not in applied.ruling.evidence
            return applied.ruling
        return BY_ID[rule].judge(replace(ctx, phase=phase))

    return judged


@pytest.fixture(scope="session")
def check(ruling: Callable[..., Ruling]) -> Callable[[tuple[str, str, str, dict[str, Any]]], None]:
    def checked(case: tuple[str, str, str, dict[str, Any]]) -> None:
        rule, phase, refusal, changes = case
        changes = dict(changes)
        changes.pop("why", None)
        found = ruling(rule, phase, changes)
        assert found.ok == (refusal == ""), found
        assert refusal in found.evidence, found
        assert found.evidence and (found.ok or found.remedy)
        assert found.ok or found.remedy_fr not in ("", found.remedy), "each remedy is in French, too"

    return checked


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module's CASES become tests with the rule's id in their names."""
    if "case" in metafunc.fixturenames:
        cases = metafunc.module.CASES
        assert all(case[0] in BY_ID and case[1] in PHASES for case in cases)
        names = [f"{case[0]} {case[1]} {'refuses ' + case[2] if case[2] else 'holds ' + case[3].get('why', '')}"
                 for case in cases]  # fmt: skip
        metafunc.parametrize("case", cases, ids=names)
