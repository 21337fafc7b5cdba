import pytest

from blindspot.flight.vehicle.requests import Ended, Lane, until


def wait_for(facts, name, log):
    log.append(f"start {name}")
    while name not in facts:
        yield
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


def test_waiting_ends_with_the_fact_or_the_time():
    now_s = [0.0]
    waiting = until(lambda: False, lambda: now_s[0], 2.0)
    next(waiting)
    now_s[0] = 2.0
    with pytest.raises(StopIteration) as stopped:
        next(waiting)
    assert stopped.value.value is False
