import pytest
from hypothesis import given, strategies as st

from blindspot.law.leases.lease import LeaseWatch

ORDER = ("ok", "inhibit", "hold", "return")


def test_never_heard_is_lost():
    assert LeaseWatch().at(0.0) == "return"


@pytest.mark.parametrize(
    ("silent_s", "state"),
    [(0.0, "ok"), (2.9, "ok"), (3.0, "inhibit"), (9.9, "inhibit"), (10.0, "hold"), (29.9, "hold"), (30.0, "return")],
)
def test_silence_climbs_the_ladder(silent_s, state):
    watch = LeaseWatch()
    watch.heard(True, 1e9, 100.0)
    assert watch.at(100.0 + silent_s) == state


def test_a_lease_past_its_end_inhibits_at_once():
    watch = LeaseWatch()
    watch.heard(True, 101.0, 100.0)
    assert watch.at(100.9) == "ok"
    assert watch.at(101.0) == "inhibit"


def test_a_refusal_inhibits_at_once_and_moves_the_drone_later():
    watch = LeaseWatch()
    watch.heard(True, 103.0, 100.0)
    watch.heard(False, 0.0, 100.5, "outside the slot")
    assert watch.at(100.5) == "inhibit"
    assert watch.reason == "outside the slot"
    for second in range(101, 131):
        watch.heard(False, 0.0, float(second))
    assert watch.at(110.0) == "hold"
    assert watch.at(130.0) == "return"


def test_a_lease_that_was_over_when_it_came_is_no_lease():
    watch = LeaseWatch()
    watch.heard(True, 99.0, 100.0)
    assert watch.at(100.0) == "return"


def test_a_lease_without_the_right_to_look_inhibits_the_sensor_and_moves_nothing():
    watch = LeaseWatch()
    assert not watch.may_look(100.0)
    watch.heard(True, 103.0, 100.0, may_look=True)
    assert watch.may_look(102.9) and not watch.may_look(103.0)
    for second in range(101, 200):
        watch.heard(True, second + 3.0, float(second))
        assert watch.at(second + 0.5) == "ok" and not watch.may_look(second + 0.5)
    watch.heard(True, 203.0, 200.0, may_look=True)
    assert watch.may_look(200.0)
    watch.heard(False, 200.5, 200.5, may_look=True)
    assert not watch.may_look(200.5), "a refusal has no right"


messages_heard = st.lists(st.tuples(st.floats(0, 5), st.booleans(), st.floats(-2, 5)), max_size=20)


@given(messages=messages_heard, later_s=st.floats(0, 60))
def test_silence_never_improves_the_permitted_state(messages, later_s):
    watch, now_s = LeaseWatch(), 0.0
    for wait_s, granted, valid_s in messages:
        now_s += wait_s
        watch.heard(granted, now_s + valid_s, now_s)
    assert ORDER.index(watch.at(now_s + later_s)) >= ORDER.index(watch.at(now_s))
