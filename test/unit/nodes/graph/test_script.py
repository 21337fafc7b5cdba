"""Sequences that wait: advanced by steps, never blocking; a time-out gives False."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from blindspot.nodes.graph.script import Script, Until


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_fact_that_holds_already_is_not_waited_for(clock):
    async def work() -> bool:
        return await Until(lambda: True, clock, 1.0)

    script = Script(work())
    script.step()
    assert script.done and script.value is True


def test_a_fact_is_waited_for_step_by_step(clock):
    facts: set[str] = set()

    async def work() -> str:
        assert await Until(lambda: "door" in facts, clock, math.inf)
        facts.add("passed")
        await Until(lambda: "home" in facts, clock, math.inf)
        return "arrived"

    script = Script(work())
    script.step()
    script.step()
    assert not script.done and "passed" not in facts
    facts.add("door")
    script.step()
    assert "passed" in facts and not script.done
    facts.add("home")
    script.step()
    assert script.done and script.value == "arrived"


@given(limit_s=st.floats(0.0, 1e6, allow_subnormal=False), early=st.floats(0.0, 0.99))
def test_a_fact_that_does_not_come_is_false_at_its_limit_and_not_before(limit_s, early):
    clock = Clock()

    async def work() -> bool:
        return await Until(lambda: False, clock, limit_s)

    script = Script(work())
    script.step()
    clock.now_s = limit_s * early
    script.step()
    assert script.done == (limit_s == 0.0)
    clock.now_s = limit_s
    script.step()
    assert script.done and script.value is False


def test_the_limit_counts_from_the_wait_and_not_from_the_start(clock):
    facts: set[str] = set()

    async def work() -> bool:
        await Until(lambda: "first" in facts, clock, math.inf)
        return await Until(lambda: False, clock, 5.0)

    script = Script(work())
    script.step()
    clock.now_s = 100.0
    facts.add("first")
    script.step()
    assert not script.done
    clock.now_s = 105.0
    script.step()
    assert script.value is False


def test_a_fact_that_comes_with_the_limit_counts(clock):
    async def work() -> bool:
        return await Until(lambda: clock.now_s >= 5.0, clock, 5.0)

    script = Script(work())
    script.step()
    clock.now_s = 5.0
    script.step()
    assert script.value is True


def test_an_error_comes_out_of_the_step_and_steps_after_the_end_do_nothing(clock):
    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Script(fails()).step()

    async def ends() -> int:
        return 3

    script = Script(ends())
    script.step()
    script.step()
    assert script.value == 3
