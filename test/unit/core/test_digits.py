"""A value never reads as its limit unless it is the limit."""

from math import inf, nan
from random import Random

import pytest

from blindspot.core.plain_text import beside, exact


def test_a_value_reads_on_its_own_side_of_the_limit():
    random = Random(4)
    for _ in range(2000):
        limit = round(random.uniform(0.5, 10 ** random.uniform(0.0, 6.0)), random.randint(0, 3))
        value = limit + random.choice((-1, 0, 1)) * 10 ** random.uniform(-7.0, 2.0)
        for form in (".0f", ".1f", "g"):
            text = beside(value, limit, form)
            assert (float(text) > float(exact(limit))) == (value > limit), (value, limit)
            assert (float(text) < float(exact(limit))) == (value < limit), (value, limit)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [(119.96, ".1f", "119.96"), (120.0, ".1f", "120.0"), (120.04, ".1f", "120.04"), (133.37, ".1f", "133.4"),
     (60.3, ".0f", "60.3"), (200_000.4, ".0f", "200000"), (nan, ".1f", "nan"), (inf, "g", "inf")],
)  # fmt: skip
def test_a_value_has_no_more_digits_than_its_side_needs(value, form, text):
    assert beside(value, 60.0 if value < 100 else 120.0, form) == text


def test_a_limit_has_the_digits_of_its_file():
    assert [exact(limit) for limit in (120.0, 119.9 - 0.6, 149_999.5, 1e6)] == ["120", "119.3", "149999.5", "1000000"]
