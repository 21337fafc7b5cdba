"""Sequences that wait, advanced by steps, never blocking; requests of a lane, one after the other."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from blindspot.flight.vehicle.requests import Ended, Lane, Script, Until, within


async def wait_for(facts, name, log):
    log.append(f"start {name}")
    await Until(lambda: name in facts, lambda: 0.0, math.inf)
    return Ended("ok", name)


def test_requests_of_a_lane_run_one_after_the_other():
    lane, facts, log = Lane(), set(), []
    first, second = lane.ask(wait_for(facts, "a", log)), lane.ask(wait_for(facts, "b", log))
    lane.advance()
    assert log == ["start a"]
    facts.update("ab")
    lane.advance()
    assert log == ["start a", "start b"]
    assert first.ok
    assert second.ok


def test_abandoned_requests_send_nothing_more():
    lane, facts, log = Lane(), {"a", "b"}, []
    waiting = lane.ask(wait_for(set(), "x", log))
    never = lane.ask(wait_for(facts, "a", log))
    lane.abandon("why")
    lane.advance()
    assert log == ["start x"]
    assert (waiting.state, waiting.detail) == ("refused", "why")
    assert never.state == "refused"


def test_a_reply_is_settled_once():
    lane = Lane()
    reply = lane.ask(wait_for({"a"}, "a", []))
    reply.settle("timed out", "late")
    assert (reply.state, reply.detail) == ("ok", "a")


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


@pytest.mark.parametrize("steps", [1, 3])
def test_a_request_that_is_late_sends_nothing_more(clock, steps):
    sent, late = [], Ended("refused", "late")

    async def repeats():
        while True:
            sent.append("again")
            await Until(lambda: False, clock, 0.5)

    script = Script(within(repeats(), clock, 2.0, late))
    for _ in range(steps):
        script.step()
    clock.now_s = 2.0
    script.step()
    assert script.value is late and sent == ["again"]


def test_a_request_that_ends_in_time_gives_its_own_result(clock):
    script = Script(within(wait_for({"a"}, "a", []), clock, 2.0, Ended("refused", "late")))
    script.step()
    assert script.value == Ended("ok", "a")
