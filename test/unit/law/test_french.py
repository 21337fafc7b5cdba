"""Each text in which the law gives a fact has its French: the texts are found in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from blindspot import law
from blindspot.law.files.profiles import FOLDER, load_profile, profile_names
from blindspot.law.french import FILE, said
from blindspot.law.judgement import RULES
from blindspot.law.verdict import Verdict
from blindspot.mission import px4_plan_parameters
from blindspot.nodes.rights import links

FOLDER_OF_LAW = Path(law.__file__).parent
PARAMETERS = Path(px4_plan_parameters.__file__)
COMMANDS = FOLDER_OF_LAW.parent / "cli" / "law"
TEXT_OF = {
    "met": 0, "broken": 0, "unknown": 0, "_refused": 1, "refusal": 1, "Verdict": 2, "_not_yours": 0, "_too_close": 0,
    "ZonesError": 0, "PopulationError": 0,
    "Notices": "problem", "Separation": "problem", "Revocations": "problem",
}  # fmt: skip
"""Calls that say a fact: the place or the name of the argument."""
SAYING = {
    "why_refused", "_act_problem", "operator_problem", "serial_problem", "numbers_problem", "judge_geozones",
    "zones_problem", "noticed_problem", "_entered", "wider_than_cleared", "_wider", "_why_still_off", "not_judged",
}  # fmt: skip
"""Functions that return a fact, or yield several."""
PASSED_ON = {
    "*problem", "auth.act_problem", "ctx.problem", "day", "notices.problem", "over.evidence", "problem", "reason",
    "ruling.evidence", "said.evidence", "self.problem", "statement.problem", "str(error)", "why", "None",
    "_entered(_closed(found, auth, now_utc), plan, now_utc)", "_entered(found, plan, now_utc)",
    "self._counters(auth)", "self._watched()", "state",
}  # fmt: skip
"""Facts that another call has said, or that are a fault of a user's file."""
FIELD = re.compile(r"\{(\w*)\}")
CATALOGUE = yaml.safe_load(FILE.read_text(encoding="utf-8"))
WORDINGS = CATALOGUE["texts"] | CATALOGUE["parts"]
KNOWN = {FIELD.sub("{}", english) for english in WORDINGS}
PACKS = [path.stem for path in FOLDER.glob("packs/*.yaml")]
LINKS = Path(links.__file__)
"""Says what is connected (INT-03)."""
SAYING_FILES = [*FOLDER_OF_LAW.rglob("*.py"), *COMMANDS.glob("*.py"), *FOLDER.rglob("*.yaml"), PARAMETERS, LINKS]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def texts_of(node: ast.expr, scope: ast.AST) -> Iterator[str]:
    """The templates of an expression, each field as {}; an expression without one by its source."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from (*texts_of(node.body, scope), *texts_of(node.orelse, scope))
    elif isinstance(node, ast.BoolOp):
        yield from (text for value in node.values for text in texts_of(value, scope))
    elif isinstance(node, ast.Tuple):
        yield from texts_of(node.elts[0], scope)
    elif ast.unparse(node) == "'; '.join(found)":
        added = (call.args[0] for call in calls_in(scope) if ast.unparse(call.func).endswith((".append", ".extend")))
        yield from (text for each in added for text in texts_of(getattr(each, "elt", each), scope))
    elif isinstance(node, ast.Name) and (given := list(assigned(node.id, scope))):
        yield from (text for value in given for text in texts_of(value, scope))
    else:
        yield f"code: {ast.unparse(node)}"


def calls_in(scope: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(scope) if isinstance(node, ast.Call))


def assigned(name: str, scope: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(scope):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            yield from (value for each, value in pairs if ast.unparse(each) == name)


def said_in(path: Path) -> Iterator[str]:
    """The templates of all facts that a file says."""
    tree = tree_of(path)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for scope in (*functions, tree):
        inner = scope.body if scope is not tree else [node for node in tree.body if isinstance(node, ast.Assign)]
        for node in (each for part in inner for each in ast.walk(part)):
            if isinstance(node, ast.Call) and (place := TEXT_OF.get(getattr(node.func, "id", ""))) is not None:
                given = dict(enumerate(node.args)) | {each.arg: each.value for each in node.keywords}
                yield from texts_of(given[place], scope) if place in given else ()
            elif isinstance(node, ast.Return | ast.Yield) and getattr(scope, "name", "") in SAYING and node.value:
                yield from texts_of(node.value, scope)


TEXTS = sorted({text for path in FOLDER_OF_LAW.rglob("*.py") for text in said_in(path) if FIELD.sub("", text).strip()})


def filled(wording: str) -> str:
    """A text of a wording; each field holds a word that no wording has."""
    return FIELD.sub(r"<\1>", wording)


def has_french(template: str) -> bool:
    if template in KNOWN or not re.search("[a-z]", FIELD.sub("", template)):
        return True
    mark = next((mark for mark in ("; ", ": ") if mark in template), None)
    return mark is not None and all(map(has_french, template.split(mark, 1)))


def test_the_texts_are_found_in_the_source():
    assert len(TEXTS) > 300
    assert "{} would fly at {} m/s" in TEXTS and "whether there is a source of sound" in TEXTS
    assert "consent for {}: {}" in TEXTS and "the journal is kept for {} days" in TEXTS


def test_each_fact_that_is_no_literal_is_said_by_another_call():
    code = {text.removeprefix("code: ") for text in TEXTS if text.startswith("code: ")}
    assert code <= PASSED_ON, "write its text at the call, so that its French is looked for"


def test_each_text_of_the_law_has_its_french():
    texts = [text for text in TEXTS if not text.startswith("code: ")]
    reasons = [text for rule in px4_plan_parameters.SETTABLE.values() for text in (rule.reason, str(rule))]
    assert [text for text in (*texts, *reasons) if not has_french(text)] == []


def test_each_source_of_a_rule_has_its_french():
    """A source in French alone, such as an article of the code, stays as it is."""
    profiles = [*map(load_profile, profile_names()), *(load_profile("GENERIC-PUBLIC", pack) for pack in PACKS)]
    sources = {rule.article for rule in RULES} | {each for found in profiles for each in found.articles.values()}
    english = re.compile(r"policy|law\b|bill|Act\b|EU |GDPR| and |proportionality")
    assert [source for source in sorted(sources) if english.search(said(source, "fr"))] == []


@pytest.mark.parametrize("section", ["texts", "parts"])
def test_each_wording_is_the_one_that_its_text_finds(section):
    for english, french in CATALOGUE[section].items():
        assert "; " not in english, "a text is taken apart there"
        assert sorted(FIELD.findall(english)) == sorted(FIELD.findall(french)), english
        before = ("", "") if section == "texts" else ("it is unknown ", "on ignore ")
        assert said(before[0] + filled(english), "fr") == before[1] + filled(french)


def test_no_wording_is_left_that_the_law_no_longer_says():
    written = {text for path in SAYING_FILES for text in templates_in(path)}
    pieces = {piece for text in written for half in text.split("; ") for piece in (half, *half.split(": "))}
    pieces |= {text for rule in px4_plan_parameters.SETTABLE.values() for text in f"{rule.reason}; {rule}".split("; ")}
    assert [english for english in WORDINGS if FIELD.sub("{}", english) not in pieces] == []


def templates_in(path: Path) -> Iterator[str]:
    """All texts of a file, facts or not; of a profile its plain values."""
    if path.suffix == ".yaml":
        yield from re.split(r'["{}\n]', path.read_text(encoding="utf-8"))
    else:
        for node in ast.walk(tree_of(path)):
            yield from texts_of(node, node) if isinstance(node, ast.Constant | ast.JoinedStr) else ()


def test_a_verdict_is_in_french_from_its_rule_to_its_remedy():
    verdict = Verdict(
        "AVI-02", "EU 2019/947 art. 15", "drone1's route, fence or way home is in the zone Z1 (Port), without the "
        "consent of its authority, at 48.10000, 2.20000 (3 m east, 5 m north)", "plan outside", "planifier ailleurs",
    )  # fmt: skip
    assert verdict.text("fr") == (
        "AVI-02 (règlement (UE) 2019/947, art. 15) : le trajet, la clôture virtuelle ou le retour de drone1 passe dans "
        "la zone Z1 (Port), sans l'accord de son autorité, à 48.10000, 2.20000 (3 m est, 5 m nord) ; planifier ailleurs"
    )
    assert verdict.text("en") == str(verdict)


def test_a_purpose_has_the_french_of_its_own_file():
    assert said("L242-5-I-3: prevention of acts of terrorism", "fr") == "L242-5-I-3 : prévention d'actes de terrorisme"


def test_a_text_of_a_user_stays_as_it_is():
    assert said("authorisation.yaml: act: is missing; add it", "fr") == "authorisation.yaml: act: is missing ; add it"
    assert said("no pilot is designated", "en") == "no pilot is designated"
