"""A drone has one flight_control on a computer: two would both fly a goal."""

from __future__ import annotations

import pytest

from blindspot.core import InputError
from blindspot.stack.enclaves.only_one import OnlyOne

NAME, DOMAIN = "/test/only_one", 232


def test_a_node_that_runs_already_is_refused_until_the_first_one_has_ended():
    first = OnlyOne(NAME, DOMAIN)
    with pytest.raises(InputError, match="runs already on this computer"):
        OnlyOne(NAME, DOMAIN)
    first.close()
    OnlyOne(NAME, DOMAIN).close()


@pytest.mark.parametrize(("name", "domain"), [("/test/another", DOMAIN), (NAME, DOMAIN - 1)])
def test_another_drone_and_another_domain_are_free(name, domain):
    first = OnlyOne(NAME, DOMAIN)
    OnlyOne(name, domain).close()
    first.close()
