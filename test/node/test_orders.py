"""Orders of a person as they are sent, and the states that confirm them."""

from __future__ import annotations

import time

import pytest
from blindspot_msgs.msg import DroneStatus
from blindspot_msgs.srv import Order
from std_msgs.msg import Header

from blindspot.flight.control import because
from blindspot.flight.control.orders import CALLED_OFF
from blindspot.mission.plan import Aim, Point
from blindspot.nodes.graph.messages import stamp
from blindspot.nodes.orders.flight_orders import LANDS
from blindspot.nodes.orders.ordering import Confirmation, Orders, is_out, may_fly

FAILSAFE = "the autopilot's own failsafe No valid position estimate"


def status(phase: str, *, autopilot: str = "up", reason: str = "", at_s: float = 0.0) -> DroneStatus:
    header = Header(stamp=stamp(at_s))
    return DroneStatus(header=header, drone="drone1", phase=phase, autopilot=autopilot, reason=reason)


def test_an_order_is_sent_with_its_person_its_reason_and_its_details(graph):
    heard: list[Order.Request] = []

    def take(request, response):
        heard.append(request)
        response.success, response.message = True, "sent to drone1"
        return response

    graph.peer.create_service(Order, "order", take)
    orders = Orders(graph.peer)
    graph.spin_until(lambda: orders.is_ready)
    sent = orders.send(
        "inspect", ("drone1",), "A. Martin", "a noise", position=Point(east_m=1.0, north_m=2.0, up_m=60.0),
        aim=Aim(heading_deg=90.0, pitch_deg=-60.0), seconds=20.0,
    )  # fmt: skip
    graph.spin_until(sent.done)
    assert sent.result().success and sent.result().message == "sent to drone1"
    (asked,) = heard
    assert (asked.order, asked.drones, asked.person, asked.reason) == ("inspect", ["drone1"], "A. Martin", "a noise")
    assert (asked.position.x, asked.position.y, asked.position.z) == (1.0, 2.0, 60.0)
    assert (asked.heading_deg, asked.pitch_deg, asked.seconds) == (90.0, -60.0, 20.0)
    at_ns, _, signed = asked.signature.partition(":")
    assert abs(time.time_ns() - int(at_ns)) < 60 * 10**9 and not signed, "its time, so that it can be too old"


@pytest.mark.parametrize(
    ("order", "shows", "does_not"),
    [
        ("hold", status("hold"), status("en_route")),
        ("resume", status("en_route"), status("hold")),
        ("resume", status("landing"), status("landing", reason="the home position stays away")),
        ("return_home", status("return"), status("hold")),
        ("return_home", status("failed", autopilot="down"), status("failed", autopilot="unknown")),
        ("return_home", status("landing", reason="called off"), status("landing", reason=FAILSAFE)),
        ("return_home", status("landed", reason=FAILSAFE), status("return", reason=FAILSAFE)),
        ("return_home", status("return"), status("landing", reason=because(f"{LANDS} by C. Berg", "fog"))),
        ("return_home", status("landed"), status("landed", reason=f"{LANDS} from the ground")),
        ("abort", status("landing"), status("return")),
        ("abort", status("landing", reason="ordered to land by A. Martin"), status("landing", reason=FAILSAFE)),
        ("hold", status("preflight", reason="held by A. Martin"), status("preflight", reason="firmware")),
        ("hold", status("landing", reason=f"held by A. Martin: fog; {CALLED_OFF}"), status("landing")),
        ("hold", status("landed", reason=f"held by A. Martin; {CALLED_OFF}"), status("landed", reason="fog")),
        ("resume", status("preflight", reason="firmware"), status("preflight", reason="held by A. Martin: fog")),
        ("jump", status("en_route", reason="A. Martin jumps to step 2"), status("en_route")),
        ("inspect", status("inspect"), status("hold")),
    ],
)
def test_an_order_is_confirmed_by_the_state_that_it_causes(order, shows, does_not):
    waits = Confirmation(order, ["drone1"], {})
    waits.look({"drone1": does_not})
    assert waits.open == ("drone1",)
    waits.look({"drone1": shows})
    assert waits.open == () and waits.shown == {"drone1": shows}


def test_a_state_from_before_the_order_confirms_nothing():
    before = {"drone1": status("hold", at_s=7.0)}
    waits = Confirmation("hold", ["drone1", "drone2"], before)
    for repeated in (before, {"drone1": status("hold", at_s=7.0)}):  # as a late subscriber gets it
        waits.look(repeated)
        assert waits.open == ("drone1", "drone2")
    waits.look({"drone1": status("hold", at_s=7.5)})
    assert waits.open == ("drone2",)


@pytest.mark.parametrize(
    ("phase", "autopilot", "flies", "out"),
    [
        ("idle", "down", False, False),
        ("idle", "unknown", False, False),
        ("landed", "unknown", False, False),
        ("idle", "up", True, True),
        ("failed", "unknown", True, True),
        ("failed", "down", False, False),
        ("preflight", "down", False, True),
        ("en_route", "unknown", True, True),
    ],
)
def test_an_unknown_autopilot_may_be_in_the_air_during_a_flight(phase, autopilot, flies, out):
    assert (may_fly(status(phase, autopilot=autopilot)), is_out(status(phase, autopilot=autopilot))) == (flies, out)
