"""A node's time as a count that only goes forward, and the periodic work of a node that watches a flight."""

from __future__ import annotations

from collections.abc import Callable
from math import floor
from weakref import WeakKeyDictionary, ref

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from blindspot.nodes.graph.messages import now_s

LOOK_S = 0.001
"""Period of the timer in simulated time: shorter than each step of `/clock`."""
ROUNDING_S = 1e-6

_TICKERS: WeakKeyDictionary[Node, ref[_Ticker]] = WeakKeyDictionary()
"""The ticker of each node. The node's timer holds the ticker: held here, the ticker would keep the node for ever."""


class ForwardClock:
    """Seconds for silences, leases and time-outs: call the object. It goes on forward if the node's clock is set back.
    Otherwise a lease would hold, and a dead node would count as alive, for as long as the clock was set back.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._last_s = now_s(node)
        self._set_back_s = 0.0

    def __call__(self) -> float:
        clock_s = now_s(self._node)
        self._set_back_s += max(0.0, self._last_s - clock_s)
        self._last_s = clock_s
        return clock_s + self._set_back_s

    def of(self, stamp_s: float) -> float:
        """A stamp of the node's present clock, converted to this count."""
        return self() + stamp_s - self._last_s


def every(node: Node, period_s: float, act: Callable[[], None]) -> None:
    """Call `act` each `period_s` seconds: of simulated time, else of the steady clock. Missed calls are left out.

    A timer of the system's clock stands still for as long as that clock is set back, while the node's heartbeat goes
    on and it counts as alive. Measured: set back by 60 s, the timer stood still for 60 s.

    In simulated time, rclpy's EventsExecutor (7.1) calls a timer that waits for its turn once for each message on
    `/clock`, and each call moves the timer's next time by a period. Measured in a stack on a busy computer: a timer of
    0.5 s was called 250 times too often, and was silent for 40 s. So the node has one short timer, which looks what is
    due.

    Example: `every(self, 0.5, self._publish_status)`.
    """
    if node.get_parameter("use_sim_time").value:
        _ticker_of(node).add(period_s, act)
    else:
        node.create_timer(period_s, act, clock=Clock(clock_type=ClockType.STEADY_TIME))


def _ticker_of(node: Node) -> _Ticker:
    known = _TICKERS.get(node)
    ticker = None if known is None else known()
    if ticker is None:
        ticker = _Ticker(node)
        _TICKERS[node] = ref(ticker)
    return ticker


class _Work:
    def __init__(self, period_s: float, act: Callable[[], None], time_s: float) -> None:
        self._period_s, self._act, self._due_s = period_s, act, time_s + period_s

    def do_if_due(self, time_s: float) -> None:
        if time_s < self._due_s - self._period_s - ROUNDING_S:  # the clock was set back
            self._due_s = time_s
        if time_s >= self._due_s - ROUNDING_S:
            self._due_s += self._period_s * (1 + floor((time_s + ROUNDING_S - self._due_s) / self._period_s))
            self._act()


class _Ticker:
    """Does the work that is due by a node's clock."""

    def __init__(self, node: Node) -> None:
        self._node, self._works = ref(node), list[_Work]()
        node.create_timer(LOOK_S, self._look)

    def add(self, period_s: float, act: Callable[[], None]) -> None:
        self._works.append(_Work(period_s, act, self._time_s()))

    def _time_s(self) -> float:
        node = self._node()
        return 0.0 if node is None else now_s(node)

    def _look(self) -> None:
        time_s = self._time_s()
        for work in self._works:
            work.do_if_due(time_s)
