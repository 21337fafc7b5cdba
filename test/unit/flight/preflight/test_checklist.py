"""How a list is worked through: waiting, asking again, correcting, stopping."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blindspot.flight.preflight.checklist import Check, Judged, Preflight
from blindspot.flight.vehicle.vehicle import Reply
from blindspot.flight.watch.ladder import Situation
from blindspot.flight.watch.surroundings import Around

BAD = Judged("empty", "fill it")


@pytest.fixture
def at(parked, route, settings):
    return lambda stamp_s: Situation(replace(parked, stamp_s=stamp_s), "ok", 0.0, route, settings, Around())


def good(*_: object) -> Judged:
    return Judged("full")


def bad(*_: object) -> Judged:
    return BAD


def settled(state: str, detail: str = "", value: float = 0.0) -> Reply:
    reply = Reply()
    reply.settle(state, detail, value)
    return reply


def test_a_passed_check_reports_its_value(at):
    run = Preflight(iter([Check("tank", good), Check("wheel", good)]))
    assert run.step(at(0.0)) == ""
    assert [str(line) for line in run.lines] == ["tank: full", "wheel: full"]
    assert run.doing == ""


def test_a_flight_stops_at_the_first_that_fails(at):
    run = Preflight(iter([Check("tank", bad), Check("wheel", good)]))
    assert run.step(at(0.0)) == "tank: empty; fill it"
    assert len(run.lines) == 1


def test_a_crew_hears_the_whole_list_and_the_first_problem(at):
    run = Preflight(iter([Check("tank", bad), Check("wheel", good), Check("oil", bad)]), to_the_end=True)
    assert run.step(at(0.0)) == "tank: empty; fill it"
    assert [line.ok for line in run.lines] == [False, True, False]


def test_nothing_more_is_asked_after_a_decisive_failure(at):
    run = Preflight(iter([Check("link", bad, decisive=True), Check("wheel", good)]), to_the_end=True)
    assert run.step(at(0.0)) == "link: empty; fill it"
    assert len(run.lines) == 1


def test_a_check_waits_from_its_own_start_and_no_longer(at):
    first = Check("tank", lambda s, _: Judged("full") if s.seen.stamp_s >= 3.0 else BAD, within_s=5.0)
    run = Preflight(iter([first, Check("oil", bad, within_s=5.0)]))
    assert run.step(at(0.0)) is None
    assert run.doing == "tank"
    assert run.step(at(3.0)) is None
    assert run.doing == "oil"
    assert run.step(at(7.9)) is None
    assert run.step(at(8.0)) == "oil: empty; fill it"


def test_a_pending_request_is_waited_for_and_asked_once(at):
    asked = []

    def ask() -> Reply:
        asked.append(Reply())
        return asked[-1]

    run = Preflight(iter([Check("tank", lambda _, value: Judged(f"{value:g} l"), ask=ask)]))
    assert run.step(at(0.0)) is None
    assert run.step(at(100.0)) is None
    asked[0].settle("ok", "", 7.0)
    assert run.step(at(100.1)) == ""
    assert len(asked) == 1
    assert run.lines[0].value == "7 l"


@pytest.mark.parametrize("state", ["refused", "timed out"])
def test_a_refusal_is_reported_with_its_remedy(at, state):
    run = Preflight(iter([Check("tank", ask=lambda: settled(state, "no answer"), todo="look at it")]))
    assert run.step(at(0.0)) == "tank: no answer; look at it"


def test_a_refusal_is_asked_again_while_there_is_time(at):
    replies = [settled("refused", "busy"), settled("ok")]
    run = Preflight(iter([Check("tank", ask=lambda: replies.pop(0), within_s=5.0)]))
    assert run.step(at(0.0)) is None
    assert run.step(at(0.1)) == ""


def test_a_wrong_value_is_corrected_once_and_reported(at):
    asked = []
    check = Check("tank", bad, ask=lambda: settled("ok"), fix=lambda: asked.append("fix") or settled("ok"))
    run = Preflight(iter([check]))
    assert run.step(at(0.0)) == ""
    assert asked == ["fix"]
    assert str(run.lines[0]) == "tank: was empty, corrected"


def test_a_right_value_is_not_corrected(at):
    run = Preflight(iter([Check("tank", good, ask=lambda: settled("ok"), fix=lambda: settled("refused", "no"))]))
    assert run.step(at(0.0)) == ""


def test_a_failed_correction_fails_at_once(at):
    check = Check("tank", bad, ask=lambda: settled("ok"), within_s=9.0, fix=lambda: settled("refused", "it is locked"))
    assert "it is locked" in str(Preflight(iter([check])).step(at(0.0)))
