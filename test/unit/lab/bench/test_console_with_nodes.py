"""Foundations of the console's figures beside a stack: delays of reports, and commands that fail."""

import math
import sys

import pytest

from blindspot.core import BlindspotError
from blindspot_lab.bench.served import standing
from blindspot_lab.bench.served.standing import Standing, until
from blindspot_lab.bench.served.with_nodes import delays_ms


def test_a_report_that_the_page_never_shows_is_late():
    heard = {("drone1", 0): 10.0, ("drone1", 1): 10.5, ("drone1", 2): 11.0}
    assert delays_ms(heard, {("drone1", 0): 10.1, ("drone1", 2): 11.05}, until_s=20.0) == pytest.approx(
        [100.0, math.inf, 50.0]
    )


def test_a_report_at_the_end_of_the_page_is_left_out():
    heard = {("drone1", 0): 10.0, ("drone1", 1): 19.9}
    assert delays_ms(heard, {("drone1", 0): 10.1}, until_s=20.0) == pytest.approx([100.0])


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Commands of the product, played by a program of the test."""

    def plays(code):
        program = tmp_path / "python"
        program.write_text(f"#!/bin/sh\n{code}\n")
        program.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(program))
        return Standing(tmp_path)

    return plays


def test_a_command_that_fails_ends_the_benchmark(command):
    command("exit 0").run("hold")
    with pytest.raises(BlindspotError, match=r"^\./blindspot hold failed with code 3$"):
        command("exit 3").run("hold")


def test_a_command_that_hangs_ends_the_benchmark(command, monkeypatch):
    monkeypatch.setattr(standing, "FLOWN_WITHIN_S", 0.0)
    with pytest.raises(BlindspotError, match="hold does not end within 0 s"):
        command("exec sleep 1000").run("hold")


def test_a_stack_that_does_not_start_is_named(command, tmp_path):
    command("exit 2")
    named = "up ended with code 2 before the stack was ready"
    with pytest.raises(BlindspotError, match=named), standing.standing(tmp_path):
        pass


def test_a_state_that_does_not_come_is_named():
    with pytest.raises(BlindspotError, match="the page is not there within 0 s"):
        until(lambda: False, 0.0, "the page is not there")
