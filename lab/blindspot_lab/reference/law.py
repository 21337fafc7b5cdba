"""The rules that may refuse a flight or a recording, and the profiles that need them."""

from __future__ import annotations

from blindspot.law.files.profiles import load_profile, profile_names
from blindspot.law.judgement import JUDGED_AT, RULES
from blindspot.law.rules.facts import NOT_PROVIDED, PHASES, source_of
from blindspot.law.rules.rule import Rule
from blindspot.law.verdict import PRODUCT_RULES
from blindspot_lab.reference.markdown import code, page, table

WHERE = """Phases: PL planning, PF pre-flight, IF in flight, RC recording, RT retention. Group `core` applies to every \
profile, another group where the profile names it.

Judged: *gate* is the clearance of a plan, *gate (real)* the clearance of a real flight under an authority's profile, \
*lease* twice a second, *lease (real)* each lease of a real flight, *exposure* each exposure in flight, *masks* the \
detector's report on each masked picture, *detector* and *recorder* their start, \
*recorder, before* the recordings kept before another one, *recorder, in flight* each picture that may be recorded, \
*export* `runs export`. No node \
judges a rule that says *rehearsal only*."""


def judged_today(rule: Rule) -> tuple[str, ...]:
    """Where the stack applies a rule: at the gate, for real flights of an authority alone, or later (`JUDGED_AT`)."""
    gate = {"PL": "gate", "PF": "gate (real)"}
    first = [gate[phase] for phase in rule.phases if phase in gate][:1]
    return (*first, *(place for place, (_, ids) in JUDGED_AT.items() if rule.id in ids)) or ("rehearsal only",)


def rule_page() -> str:
    """The page of the rules."""
    rules = (
        (code(x.id), x.article, " ".join(x.phases), ", ".join(judged_today(x)), x.module, x.en) for x in RULES
    )  # fmt: skip
    missing = [(code(rule), phase, fact.en) for (rule, phase), fact in NOT_PROVIDED.items()]
    return page(
        "Rules", "The gate refuses by default. A refusal names its rule, the source, the deciding fact and the remedy.",
        WHERE, table(("Rule", "Source", "Phases", "Judged", "Group", "The rule"), rules),
        "## Rules of the product", "These rules stand beside the law and hold in every profile.",
        table(("Rule", "Reason of the refusal"), ((code(name), text) for name, text in PRODUCT_RULES.items())),
        "## Sources of the facts",
        "The stack measures a fact, a person signs for the fact, or this version does not provide it.",
        table(("Rule", "Measured", "Signed by a person", "Not provided"), map(_facts, RULES)),
        "### Facts that this version does not provide",
        table(("Rule", "Phase", "Missing"), missing) if missing else "None: each rule has its fact.",
    )  # fmt: skip


def _facts(rule: Rule) -> tuple[str, ...]:
    phases = {source: [x for x in PHASES if x in rule.phases and source_of(rule.id, x) == source]
              for source in ("measured", "signed", "not provided")}  # fmt: skip
    return code(rule.id), *(" ".join(each) for each in phases.values())


def profile_page() -> str:
    """The page of the profiles of this version."""
    rows = []
    for name in profile_names():
        x = load_profile(name)
        real = x.off_because or ("never" if x.level == 0 else f"yes; the {x.preflight_by} judges pre-flight")
        rows.append((code(name), x.title.en, str(x.signers), ", ".join(x.needs), ", ".join(x.modules), real))
    heading = ("Profile", "For", "Signatures", "Sections", "Groups of rules", "Real flights")
    return page(
        "Profiles", "A profile states the sections, limits and rules of an authorisation.", table(heading, rows)
    )
