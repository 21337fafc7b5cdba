"""The mission's time window: the error names each late drone and times that would fit."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from blindspot.core.errors import PlanningError
from blindspot.mission.plan import Begin
from blindspot.planning.checker.check import check_plan
from blindspot.planning.fleet.teams import Team
from blindspot.planning.planner import make_plan, make_sorties
from blindspot.planning.reasons.relaxation import LONGER, too_late


@pytest.fixture
def landing_after(mission, with_file):
    """The mission with its latest landing so many seconds after its start."""
    return lambda time_s: with_file(mission, latest_landing=mission.file.start + timedelta(seconds=time_s))


@pytest.fixture
def times_s(plan):
    return [route.expected.flight_time_s for route in plan.routes]


def test_a_flight_that_does_not_fit_is_refused_by_name_with_times_that_would_do(landing_after, plan, site, times_s):
    tight = landing_after(max(times_s) - 10.0)
    with pytest.raises(PlanningError) as reported:
        make_plan(tight, site=site)
    longest = max(plan.routes, key=lambda route: route.expected.flight_time_s).drone
    over_s = int(re.search(rf"{longest} may land (\d+) s too late", str(reported.value))[1])
    assert over_s == pytest.approx(10.0 + LONGER * max(times_s), abs=1.0)
    for key in ("latest_landing", "start"):
        would_do = datetime.fromisoformat(re.search(rf"{key} (\S+)", str(reported.value))[1])
        relaxed = replace(tight, file=tight.file.model_copy(update={key: would_do}))
        assert too_late(relaxed, plan.routes) is None


def test_every_drone_that_is_late_is_named_and_no_other(landing_after, plan, times_s):
    between = landing_after((1.0 + LONGER) * sum(times_s) / 2)
    reported = str(too_late(between, plan.routes))
    for route in plan.routes:
        assert (route.drone in reported) == (route.expected.flight_time_s > sum(times_s) / 2)
    assert all(route.drone in str(too_late(landing_after(1.0), plan.routes)) for route in plan.routes)


@pytest.mark.usefixtures("planned_whole")
def test_a_sortie_beyond_the_sectors_that_would_land_too_late_is_left_out(monkeypatch, mission, site, with_file):
    """The others are planned all the same."""
    made = Team.made

    def once_more(team, *given):
        wanted, flown = made(team, *given)
        return wanted, [*flown, replace(flown[0], patrol=replace(flown[0].patrol, sector=None))]

    monkeypatch.setattr(Team, "made", once_more)
    both = make_sorties(mission, site=site)
    assert [len(plan.routes) for plan in both] == [2, 1]
    ends_s = both[1].begins_s + both[1].routes[0].expected.flight_time_s
    tight = with_file(mission, latest_landing=mission.file.start + timedelta(seconds=ends_s))
    (first,) = make_sorties(tight, site=site)
    assert first.routes == both[0].routes
    assert first.sortie is None


def test_a_mission_without_a_window_bounds_nothing(mission, plan):
    assert mission.file.latest_landing is None
    assert too_late(mission, plan.routes) is None


def test_the_checker_counts_the_time_itself(landing_after, plan, site, times_s):
    late = [v for v in check_plan(plan, landing_after(max(times_s) - 30.0), site) if v.rule == "window"]
    assert late
    assert late[0].time_s == pytest.approx(max(times_s) - 30.0, abs=1.1)
    assert "after the latest landing" in late[0].detail
    assert check_plan(plan, landing_after((1.0 + LONGER) * max(times_s)), site) == ()


def test_flight_time_before_a_route_begins_counts(landing_after, plan, site, times_s):
    """A drone that hovers over its pad with most of its route done has the time behind it."""
    route = plan.routes[0]
    begin = Begin(at=route.over_pad, battery_fraction=0.8, flown_s=times_s[0])
    rest = plan.with_routes([route.model_copy(update={"begin": begin, "steps": route.steps[-1:]})])
    window = landing_after(times_s[0] - 5.0)
    assert any(v.rule == "window" and v.drone == route.drone for v in check_plan(rest, window, site))


@pytest.mark.parametrize(
    ("latest", "message"),
    [
        (datetime(2026, 11, 6, 21, 0), "needs a time zone"),
        (datetime.fromisoformat("2026-11-06T20:00:00+01:00"), "must be after start"),
    ],
)
def test_an_inconsistent_window_is_refused(mission, with_file, latest, message):
    with pytest.raises(ValidationError, match=message):
        with_file(mission, latest_landing=latest)
