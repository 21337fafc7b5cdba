"""The names of the checks are data: the printed list, the flown list and the reference have the same ones."""

from __future__ import annotations

from itertools import product

import pytest
from test.unit.flight.preflight.conftest import with_failsafe

from blindspot.flight.preflight.checklist import JOURNAL, Judged
from blindspot.flight.preflight.computer_checks import ON_BOARD, on_board_checks
from blindspot.flight.preflight.conditions import CONDITIONS
from blindspot.flight.preflight.preflight import FIRST, LAST, checks, names_of_checks
from blindspot.flight.route.mission_items import route_items
from blindspot.mission.plan import Point, Waypoint


@pytest.fixture
def whole_list(vehicle):
    """Names of the checks that a flight works through, with every check of the computer."""

    def names(route, settings):
        on_board = on_board_checks(
            lambda: 100.0, lambda _: Judged("fresh"), (2, 12, 0), remote_id=lambda: Judged("ready"), others=lambda: 0,
            fleets=lambda: ("", ""),
        )  # fmt: skip
        listed = checks(vehicle, route, route_items(route), settings, fix=False, on_board=on_board)
        return tuple(check.name for check in listed)

    return names


def test_the_printed_list_is_the_one_that_a_flight_works_through(whole_list, route, along, settings, simulated):
    blind = Waypoint(to=Point(east_m=0.0, north_m=40.0, up_m=62.0), speed_mps=8.0)
    routes = (
        route, along(route), route.model_copy(update={"steps": (blind,)}),
        with_failsafe(route, parameters={"GF_ACTION": 3.0, "NAV_DLL_ACT": 2.0}),
    )  # fmt: skip
    lists = set()
    for each, how in product(routes, (settings, simulated)):
        lists.add(names := names_of_checks(each, how))
        assert names == whole_list(each, how)
    assert len(lists) == 2 * len(routes), "each has its own list"


def test_every_check_has_a_condition_in_the_reference():
    named = [name for names in CONDITIONS for name in names]
    listed = [*(each.name for each in FIRST), *ON_BOARD, "parameters", *(each.name for each in LAST), JOURNAL]
    assert sorted(named) == sorted(["authority", *listed, "left in"])
