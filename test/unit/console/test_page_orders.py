"""Stops of pages, from a page's message to the owner of the graph."""

import pytest

from blindspot.console.page_orders import MOST_WAITING, PageOrders

HOLD = {"id": "a", "order": "hold", "drones": ["drone1"], "person": "A. Martin", "reason": "a crane moves"}


@pytest.fixture
def stops():
    return PageOrders(["drone1", "drone2"], "user")


def waiting(stops):
    return list(iter(stops.next, None))


def test_a_stop_has_its_person_and_reason_and_never_waits_for_them(stops):
    assert stops.ask(HOLD)
    assert stops.ask(HOLD | {"id": "b", "order": "abort", "drones": [], "person": " ", "reason": ""})
    first, second = waiting(stops)
    assert (first.order, first.drones, first.person, first.reason) == (
        "hold", ("drone1",), "A. Martin", "a crane moves",
    )  # fmt: skip
    assert (second.order, second.drones, second.person, second.reason) == ("abort", (), "user", "stop from the console")


def test_two_clicks_of_one_order_are_one_order(stops):
    woken = []
    stops.on_waiting = lambda: woken.append(True)
    assert [stops.ask(HOLD) for _ in range(2)] == [True, True]
    assert woken == [True]
    assert len(waiting(stops)) == 1
    assert stops.ask(HOLD) and waiting(stops) == []


@pytest.mark.parametrize(
    "said",
    [None, 5, "hold", [], {}, HOLD | {"order": "resume"}, HOLD | {"order": "fly"}, HOLD | {"drones": ["drone9"]},
     HOLD | {"drones": [5]}, HOLD | {"drones": None}, HOLD | {"id": ""}, HOLD | {"id": 5}, HOLD | {"id": "x" * 100},
     HOLD | {"person": None}, HOLD | {"reason": "x" * 5000}],
)  # fmt: skip
def test_a_page_orders_nothing_else(stops, said):
    assert not stops.ask(said)
    assert waiting(stops) == []


def test_the_number_of_waiting_orders_is_bounded(stops):
    taken = [stops.ask(HOLD | {"id": str(number)}) for number in range(MOST_WAITING + 1)]
    assert taken.count(True) == MOST_WAITING
