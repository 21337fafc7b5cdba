"""A clock that was set is noticed beside the steady one."""

import pytest

from blindspot.nodes.cameras.clock_steps import SETTLED_S, STEP_S, ClockSteps


class Clocks:
    """A clock and the steady one, with the time that a stop of the process takes between two readings."""

    def __init__(self):
        self.utc_s, self.steady_s, self.stop_s = 1000.0, 5.0, 0.0
        self.steps = ClockSteps(lambda: self.utc_s, self.read_steady)

    def read_steady(self):
        self.steady_s += self.stop_s
        self.utc_s += self.stop_s
        return self.steady_s

    def after(self, time_s, *, set_s=0.0):
        self.steady_s += time_s
        self.utc_s += time_s + set_s
        return self.steps.is_settled()


@pytest.mark.parametrize("set_s", [1.5 * STEP_S, -1.5 * STEP_S, 3600.0])
def test_after_a_clock_was_set_it_is_not_settled_for_a_while(set_s):
    clocks = Clocks()
    assert clocks.after(0.2) and clocks.after(0.2)
    assert not clocks.after(0.2, set_s=set_s)
    assert not clocks.after(SETTLED_S - 0.1)
    assert clocks.after(0.2)


def test_a_clock_that_is_slewed_stays_settled():
    clocks = Clocks()
    assert all(clocks.after(0.2, set_s=1e-4) for _ in range(50))


def test_a_process_that_is_stopped_between_two_readings_sees_no_step():
    clocks = Clocks()
    assert clocks.after(0.2)
    clocks.stop_s = 0.5
    assert clocks.after(0.2)
    clocks.stop_s = 0.0
    assert clocks.after(0.2)
