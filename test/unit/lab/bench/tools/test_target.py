"""A benchmark in parts speaks as it goes, and measures one part alone if asked."""

from __future__ import annotations

import pytest

from blindspot.core.errors import InputError
from blindspot_lab.bench import coverage, planning, vision
from blindspot_lab.bench.tools.target import Target, in_parts

FAST, SLOW = Target("speed", ">= 2", 3.0, "Hz", True), Target("size", "", 4.0, "MB", None)


def test_each_part_is_named_before_it_begins_and_its_figures_follow_at_once(capsys):
    heard = []

    def second():
        heard.append(capsys.readouterr().err)
        return [SLOW]

    assert in_parts("things", {"first": lambda: [FAST], "second": second}) == [FAST, SLOW]
    assert heard == [
        "progress: bench things: first, part 1 of 2\nspeed: 3 Hz (goal >= 2)\n"
        "progress: bench things: second, part 2 of 2\n"
    ]
    assert capsys.readouterr().err == "size: 4 MB\n"


def test_a_part_that_fails_leaves_the_figures_before_it(capsys):
    with pytest.raises(ZeroDivisionError):
        in_parts("things", {"first": lambda: [FAST], "second": lambda: [1 / 0]})
    assert "speed: 3 Hz" in capsys.readouterr().err


def test_one_part_alone(capsys):
    assert in_parts("things", {"first": lambda: [1 / 0], "second": lambda: [SLOW]}, "second") == [SLOW]
    assert "first" not in capsys.readouterr().err


@pytest.mark.parametrize("bench", [coverage, planning, vision])
def test_an_unknown_part_is_refused_with_the_names_of_all(bench):
    with pytest.raises(InputError, match=r"--only: sky is no part of .*; it has [a-z]+, [a-z]+"):
        bench.run("sky")
