"""A drone has one flight_control on a computer: two would both fly a goal."""

from __future__ import annotations

import os

import pytest

from blindspot.core import InputError
from blindspot.stack.enclaves.only_one import FOREIGN_WITHIN_S, ForeignNameError, OnlyOne

NAME, DOMAIN = "/test/only_one", 232


def test_a_node_that_runs_already_is_refused_until_the_first_one_has_ended():
    first = OnlyOne(NAME, DOMAIN)
    with pytest.raises(
        InputError, match=rf"runs already on this computer, in ROS domain 232: process {os.getpid()} of user"
    ):
        OnlyOne(NAME, DOMAIN)
    first.close()
    OnlyOne(NAME, DOMAIN).close()


@pytest.mark.parametrize(("name", "domain"), [("/test/another", DOMAIN), (NAME, DOMAIN - 1)])
def test_another_drone_and_another_domain_are_free(name, domain):
    first = OnlyOne(NAME, DOMAIN)
    OnlyOne(name, domain).close()
    first.close()


HOLDS = (
    "held = socket.socket(socket.AF_UNIX); held.bind(sys.argv[1].replace('@@', '\\0')); {} "
    "print('held', flush=True); time.sleep(60)"
)


@pytest.mark.parametrize(
    ("listens", "named"), [("held.listen(1);", r"process \d+ of user nobody holds"), ("", "an unknown process holds")]
)
def test_a_name_that_another_user_holds_is_tried_again_and_its_holder_is_named(as_nobody, listens, named):
    squatter = as_nobody(HOLDS.format(listens), f"@@blindspot{NAME}@{DOMAIN}")
    assert squatter.stdout.readline() == "held\n"
    passed_s = [0.0]

    def wait(seconds: float) -> None:
        passed_s[0] += seconds

    with pytest.raises(ForeignNameError, match=named):
        OnlyOne(NAME, DOMAIN, lambda: passed_s[0], wait)
    assert FOREIGN_WITHIN_S <= passed_s[0] < FOREIGN_WITHIN_S + 1.0

    def end(_: float) -> None:
        squatter.kill()
        squatter.wait()

    OnlyOne(NAME, DOMAIN, lambda: 0.0, end).close()
