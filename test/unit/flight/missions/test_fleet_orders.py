import pytest
from hypothesis import given, strategies as st

from blindspot.flight.missions.fleet_orders import InProgress, addressees, why_busy, why_not_ordered

FLEET = ("drone1", "drone2", "drone3", "drone4")
MISSIONS = {
    "north": InProgress(("drone1", "drone2"), flying=("drone1", "drone2")),
    "south": InProgress(("drone3",)),
}
"""One mission in flight, one that is being cleared."""


def test_an_order_without_names_reaches_every_drone_that_flies():
    assert addressees("hold", [], FLEET, MISSIONS).to == {"north": ("drone1", "drone2")}


@pytest.mark.parametrize("order", ["return_home", "abort"])
def test_an_order_that_ends_a_flight_also_calls_off_a_mission_on_the_ground(order):
    assert addressees(order, [], FLEET, MISSIONS).to == {"north": ("drone1", "drone2"), "south": ("drone3",)}
    assert addressees(order, ["drone3"], FLEET, MISSIONS).to == {"south": ("drone3",)}
    assert addressees("hold", ["drone3"], FLEET, MISSIONS).to == {}


def test_a_resume_without_names_takes_no_drone_from_its_pilot_while_others_wait_for_it():
    held = {"south": InProgress(("drone3",), flying=("drone3",))}
    taken = {"north": InProgress(("drone1", "drone2"), flying=("drone1", "drone2"), piloted=("drone2",))}
    found = addressees("resume", [], FLEET, held | taken)
    assert found.to == {"south": ("drone3",), "north": ("drone1",)}
    assert found.missed == ("drone2 is in the pilot's hands: name the drone to resume it",)
    assert addressees("resume", ["drone2"], FLEET, held | taken).to == {"north": ("drone2",)}
    assert addressees("abort", [], FLEET, held | taken).to == {"south": ("drone3",), "north": ("drone1", "drone2")}
    alone = InProgress(("drone1", "drone2"), flying=("drone2",), piloted=("drone2",))
    assert addressees("resume", [], FLEET, {"north": alone}).to == {"north": ("drone2",)}


def test_each_named_drone_that_is_not_reached_gets_a_sentence():
    found = addressees("hold", ["drone2", "drone4", "drone9"], FLEET, MISSIONS)
    assert found.to == {"north": ("drone2",)}
    assert found.missed == ("drone4 flies no mission", "the fleet has no drone 'drone9'")


def test_an_order_to_any_number_of_unknown_drones_is_refused_in_a_short_message() -> None:
    found = addressees("hold", ["x" * 1000 + str(number) for number in range(1000)], FLEET, {})
    assert len(found.missed) == 13 and found.missed[-1] == "988 more can't be reached"
    assert len("; ".join(found.missed)) < 2000


@pytest.mark.parametrize("names", [[], ["drone1", "drone2"]])
@pytest.mark.parametrize("order", ["jump", "inspect"])
def test_a_jump_and_an_inspection_are_for_one_drone(order, names):
    found = addressees(order, names, FLEET, MISSIONS)
    assert found.to == {} and found.missed == (f"{order} needs the name of one drone",)
    assert addressees(order, ["drone2"], FLEET, MISSIONS).to == {"north": ("drone2",)}


def test_a_changed_pack_is_reported_by_name_for_a_drone_that_waits_for_it():
    missions = {"north": InProgress(("drone1", "drone2"), swapping=("drone1",))}
    assert addressees("swapped", ["drone1"], FLEET, missions).to == {"north": ("drone1",)}
    assert addressees("swapped", ["drone2"], FLEET, missions).missed == ("drone2 waits for no other pack",)
    assert addressees("swapped", [], FLEET, missions).to == {}


@pytest.mark.parametrize("order", ["", "stand_by", "reattach", "HOLD", "\x1b[2J"])
def test_another_order_reaches_nobody(order):
    found = addressees(order, [], FLEET, MISSIONS)
    assert found.to == {} and "is no order" in found.missed[0]


@given(order=st.sampled_from(["hold", "resume", "return_home", "abort"]), names=st.lists(st.sampled_from(FLEET)))
def test_an_order_reaches_named_drones_alone_and_misses_none_silently(order, names):
    found = addressees(order, names, FLEET, MISSIONS)
    reached = {drone for drones in found.to.values() for drone in drones}
    assert reached <= set(names or FLEET)
    assert len(reached) + len(found.missed) >= len(set(names))


def test_a_person_orders_with_name_and_reason_and_as_one_of_the_operators():
    assert why_not_ordered("A. Martin", "wind", ()) == ""
    assert why_not_ordered("A. Martin", "wind", ("A. Martin",)) == ""
    for nobody in ("", "\u200b", " \t"):
        assert "name of a person" in why_not_ordered(nobody, "wind", ())
    assert "a reason" in why_not_ordered("A. Martin", "", ())
    assert "B. Other is no operator" in why_not_ordered("B. Other", "wind", ("A. Martin", "C. Durand"))


def test_a_busy_drone_is_named_with_its_mission():
    missions = {"north": ("Evening", ("drone1", "drone2"))}
    assert why_busy(["drone3", "drone2"], missions) == (
        "drone2 flies mission Evening (run north): wait for its end, or leave drone2 out"
    )
    assert why_busy(["drone3"], missions) == ""


@pytest.mark.parametrize("unseen", ["", " ", "\u200b", "\u2060\u00ad", "\u3164", "\u2800", "\u0301", "\t\n"])
def test_a_name_that_nobody_can_see_is_none(unseen):
    assert why_not_ordered(unseen, "a crane", ()) == "an order needs the name of a person"
    assert why_not_ordered("A. Martin", unseen, ()) == "an order needs a reason"
    assert why_not_ordered("\u674e", "\u0623", ()) == ""
