"""Every row of the table of failed answers, and that any other failed request is repeated."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blindspot.flight.control.answers import ANSWERS, FAILED
from blindspot.flight.control.inspect import Inspection
from blindspot.flight.control.pending_command import ASK_AGAIN_S
from blindspot.flight.route.phases import PHASES
from blindspot.flight.vehicle.vehicle import Firmware
from blindspot.mission.plan import Aim, Point

LOOK = Inspection("A. Martin", Point(east_m=40.0, north_m=50.0, up_m=60.0), Aim(heading_deg=0.0, pitch_deg=-60.0), 5.0)
WAITS = ("pending", "")


@pytest.fixture(scope="session")
def parked(parked):
    """With a firmware that can return along the mission."""
    return replace(parked, firmware=Firmware("PX4", (1, 17, 0), "release"))


@pytest.fixture
def asks(new_flight, vehicle, route, along, settings, parked, flying, fly_to_view):
    """Brings a flight into a phase whose request, named last in `vehicle.asked`, is unanswered; by phase and the words
    of `only_if`, if its row has them."""

    def begun(given=route):
        return new_flight(vehicle, given, settings, clear_way=lambda *_: vehicle.answer("clear"))

    def at_view(given=route):
        vehicle.answers = {}
        flight = fly_to_view(begun(given))
        vehicle.answers = dict.fromkeys(("AUTO.LOITER", "AUTO.RTL", "AUTO.LAND", "AUTO.MISSION", "OFFBOARD"), WAITS)
        return flight

    def armed(*, runs):
        flight, vehicle.now, vehicle.answers = begun(), parked, {"arm": WAITS, "disarm": WAITS}
        flight.start(0.0)
        flight.step(0.1, "ok")
        vehicle.now = replace(vehicle.now, armed=runs)
        return flight

    def called_off():
        flight = armed(runs=False)
        flight.abort()
        return flight

    def inspects():
        flight = at_view()
        del vehicle.answers["AUTO.LOITER"]
        flight.inspect(LOOK)
        for tick in range(4):
            flight.step(21.0 + tick / 10, "ok")
        return flight

    def resumed(*, from_pilot):
        flight = at_view()
        del vehicle.answers["AUTO.LOITER"]
        if from_pilot:
            vehicle.now = flying(mode="POSCTL")
        else:
            flight.hold()
        flight.step(21.1, "ok")
        flight.resume("A. Martin")
        return flight

    def ordered(order, given=route):
        flight = at_view(given)
        if given is not route:
            items = len(flight.items)
            vehicle.now = replace(vehicle.now, mission_items=items)
            flight.step(20.2, "ok")
            vehicle.answers |= {f"along {items} from {n} in the mission": WAITS for n in range(items)}
        getattr(flight, order)()
        return flight

    ways = {
        ("armed", True): lambda: armed(runs=False), ("armed", False): lambda: armed(runs=True),
        ("landing", True): called_off, ("landing", False): lambda: ordered("abort"),
        ("inspect", False): inspects, ("hold", False): lambda: ordered("hold"),
        ("en_route", True): lambda: resumed(from_pilot=True), ("en_route", False): lambda: resumed(from_pilot=False),
        ("return", True): lambda: ordered("return_home", along(route)),
        ("return", False): lambda: ordered("return_home"),
    }  # fmt: skip
    return lambda phase, only_if: ways[phase, bool(only_if)]()


def fail_the_request(flight, vehicle, answer):
    vehicle.replies[vehicle.asked[-1]].settle(answer, "too busy")
    flight.step(flight.seen.stamp_s + 0.1, "ok")


@pytest.mark.parametrize(
    ("row", "answer"), [(row, answer) for row in ANSWERS for answer in row.answers],
    ids=lambda x: x if isinstance(x, str) else f"{x.phase} to {x.then}",
)  # fmt: skip
def test_a_failed_answer_leads_where_its_row_says(asks, vehicle, row, answer):
    flight = asks(row.phase, row.only_if)
    assert flight.phase == row.phase
    asked = len(vehicle.asked)
    fail_the_request(flight, vehicle, answer)
    assert flight.phase == row.then and "too busy" in flight.reason
    if PHASES[row.then].airborne:
        assert len(vehicle.asked) > asked, "the phase asks for its own mode at once"


@pytest.mark.parametrize("phase", [name for name, phase in PHASES.items() if phase.command or name == "en_route"])
@pytest.mark.parametrize("answer", FAILED)
def test_a_failed_answer_without_a_row_is_asked_again(asks, vehicle, phase, answer):
    if any(row.phase == phase and answer in row.answers and not row.only_if for row in ANSWERS):
        return
    flight = asks(phase, "")
    request, asked = vehicle.asked[-1], len(vehicle.asked)
    fail_the_request(flight, vehicle, answer)
    assert flight.phase == phase and len(vehicle.asked) == asked, "not at once"
    flight.step(flight.seen.stamp_s + ASK_AGAIN_S, "ok")
    assert flight.phase == phase and len(vehicle.asked) > asked and vehicle.asked[-1] == request
