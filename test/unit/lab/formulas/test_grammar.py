"""The language of the formulas."""

import pytest

from blindspot_lab.formulas.grammar import (
    Always,
    Both,
    Either,
    Eventually,
    Implies,
    Not,
    Signal,
    Until,
    parse,
    signals_of,
)


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("a", Signal("a")),
        ("a >= -1.5", Signal("a", ">=", -1.5)),
        ("not a and b or c", Either(Both(Not(Signal("a")), Signal("b")), Signal("c"))),
        ("a -> b -> c", Implies(Signal("a"), Implies(Signal("b"), Signal("c")))),
        ("always a -> b", Implies(Always(Signal("a")), Signal("b"))),
        ("always (a -> eventually[0, 5] b)", Always(Implies(Signal("a"), Eventually(Signal("b"), (0.0, 5.0))))),
        ("a until[1, 2] b and c", Both(Until(Signal("a"), Signal("b"), (1.0, 2.0)), Signal("c"))),
    ],
)
def test_words_bind_as_written(text, formula):
    assert parse(text) == formula


@pytest.mark.parametrize(
    "text", ["", "a >=", "a >= b", "(a", "a b", "a until b", "always[3, 1] a", "always[-1, 1] a", "and", "a ? b", "a;"]
)
def test_a_text_that_is_no_formula_is_refused(text):
    with pytest.raises(ValueError, match="at"):
        parse(text)


def test_all_signals_are_named():
    assert signals_of(parse("always (a and b >= 1 -> c until[0, 1] not d)")) == {"a", "b", "c", "d"}
