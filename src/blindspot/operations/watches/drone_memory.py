"""The relay's memory of one drone: its order to start, its failures, its measured times and power."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isfinite, isnan, nan

from blindspot.operations.watches.exchange import DroneNow
from blindspot.operations.watches.post_plan import PostPlan

IN_THE_AIR = frozenset({"under_way", "on_post", "holding", "homeward"})
UNCONFIRMED_S = 30.0
"""An ordered start that shows no effect for so long has failed, s."""
RETRY_S, LONGEST_RETRY_S = 15.0, 60.0
"""Rest after a failed start, s; each further failure lengthens the rest by as much."""
DARK_S = 8.0
"""A drone on post with the right to look and without an exposure for so long has no camera, s. The gate needs 2 to 5 s
for the pass, and a camera counts as on for 1 s after an exposure."""
UNCLEARED_S = 5.0
"""A drone on post without a lease for so long has no clearance, s. A late lease takes the look from nobody."""
LEAST_STEPS = 20
"""Least number of steps of the relay in such a time, 2 s of real time. A simulation at ten times the speed counts 8 s
while its messages need more than half a second."""
MEASURES_AFTER_S = 60.0
"""Least time on post from which the power is measured, s."""
CHARGE_STEP = 0.01
"""Autopilots report the charge in whole per cent."""


@dataclass(slots=True)
class Spell:
    """The time for which a fact holds without a break."""

    since_s: float = nan
    steps: int = 0

    def notice(self, now_s: float, *, holds: bool) -> None:
        if not holds:
            self.since_s, self.steps = nan, 0
            return
        self.since_s = now_s if self.steps == 0 else self.since_s
        self.steps += 1

    def lasts(self, now_s: float, longer_s: float) -> bool:
        return now_s - self.since_s > longer_s and self.steps > LEAST_STEPS


@dataclass(slots=True)
class DroneMemory:
    """The relay's knowledge of one drone; `notice` brings the facts of now.

    `leave_s` is the end of its time on post: the end of LOITER_TIME or the end by the battery, whichever is earlier.
    """

    post: PostPlan
    facts: DroneNow = field(default_factory=lambda: DroneNow("out", -inf))
    ordered_s: float = nan
    """When its open order to start was given first; NaN without one."""
    failures: int = 0
    next_try_s: float = -inf
    preflight_s: float = nan
    """The pre-flight that ended at this step; NaN otherwise."""
    way_ratio: float = nan
    """Measured by planned time of the way that ended at this step; NaN otherwise."""
    is_at_view: bool = False
    """On post, or in a hold after it was on post."""
    is_dark: bool = False
    """Its camera made no picture in this turn though it had the right to look."""
    leave_s: float = -inf
    _charge: tuple[float, float] = (-inf, nan)
    """The last known charge: moment, s, and fraction."""
    _arrived: tuple[float, float] | None = None
    """The first known charge of this turn on post."""
    is_uncleared: bool = False
    """Its turn has had no lease for longer than leases are late."""
    _dark: Spell = field(default_factory=Spell)
    _uncleared: Spell = field(default_factory=Spell)

    @property
    def name(self) -> str:
        return self.post.drone

    @property
    def is_able(self) -> bool:
        """Whether it may and can look at its target from here."""
        return self.facts.state == "on_post" and self.facts.cleared and not self.is_dark

    @property
    def is_given_up(self) -> bool:
        """Whether another drone is to look in its place: it holds or is dark, or its lease stays away."""
        return self.facts.state != "on_post" or self.is_dark or self.is_uncleared

    @property
    def may_come(self) -> bool:
        """Whether it may fly a further turn, now or later."""
        return not self.is_at_view and self.facts.state != "out"

    @property
    def is_ordered(self) -> bool:
        return isfinite(self.ordered_s)

    def notice(self, now_s: float, facts: DroneNow) -> None:
        before, self.facts = self.facts, facts
        self._notice_start(now_s, before)
        arrives = facts.state == "on_post" and before.state == "under_way"
        self.way_ratio = (facts.since_s - before.since_s) / self.post.way_s if arrives else nan
        if isfinite(facts.battery_fraction):
            self._charge = (now_s, facts.battery_fraction)
        self._uncleared.notice(now_s, holds=not facts.cleared)
        self.is_uncleared = self._uncleared.lasts(now_s, UNCLEARED_S)
        self.is_at_view = facts.state == "on_post" or (self.is_at_view and facts.state == "holding")
        if not self.is_at_view:
            self._arrived, self._dark, self.is_dark = None, Spell(), False
            return
        if self._arrived is None and isfinite(facts.battery_fraction):
            self._arrived = (now_s, facts.battery_fraction)
        self._notice_camera(now_s)
        loiters_until_s = facts.since_s + self.post.dwell_s if facts.state == "on_post" else inf
        self.leave_s = min(loiters_until_s, self._battery_until_s(now_s))

    def order_start(self, now_s: float) -> None:
        if not self.is_ordered:
            self.ordered_s = now_s

    def _notice_start(self, now_s: float, before: DroneNow) -> None:
        facts, self.preflight_s = self.facts, nan
        if facts.state in IN_THE_AIR:
            self.failures = 0
            if before.state == "starting":
                self.preflight_s = facts.since_s - before.since_s
        elif (before.state == "starting" and facts.state != "starting") or (
            self.is_ordered and facts.state == "ready"
            and (facts.since_s > self.ordered_s or now_s - self.ordered_s > UNCONFIRMED_S)
        ):  # fmt: skip
            self.failures += 1
            self.next_try_s = now_s + min(LONGEST_RETRY_S, RETRY_S * self.failures)
            self.ordered_s = nan
        if facts.state != "ready":
            self.ordered_s = nan

    def _notice_camera(self, now_s: float) -> None:
        facts = self.facts
        is_blind = facts.has_right and facts.cleared and facts.state == "on_post" and not facts.looks
        self._dark.notice(now_s, holds=is_blind)
        self.is_dark = (self.is_dark and not facts.looks) or self._dark.lasts(now_s, DARK_S)

    def _battery_until_s(self, now_s: float) -> float:
        """When the charge, less reserve and way home in the wind, is used up at the larger of the measured and the
        planned power. A charge that was never reported sets no end: the autopilot's own rules call such a drone home.
        """
        at_s, fraction = self._charge
        if isnan(fraction):
            return inf
        post, wind_mps = self.post, self.facts.wind_mps
        planned_w = post.hover_w + (post.cruise_w_per_mps3 * wind_mps**3 if isfinite(wind_mps) else 0.0)
        spare_wh = fraction * post.full_wh - post.reserve_wh - post.home_in_wind_wh(wind_mps)
        return at_s + 3600.0 * max(0.0, spare_wh) / max(planned_w, self._measured_w(at_s, fraction))

    def _measured_w(self, at_s: float, fraction: float) -> float:
        """Mean power on post since the arrival, W; 0 before it can be measured."""
        if self._arrived is None or at_s - self._arrived[0] < MEASURES_AFTER_S:
            return 0.0
        used_wh = (self._arrived[1] - fraction - CHARGE_STEP) * self.post.full_wh
        return 3600.0 * used_wh / (at_s - self._arrived[0])
