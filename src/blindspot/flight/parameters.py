"""PX4's parameters that decide what the autopilot does on its own, and what each may be before a flight.

The plan gives some of them (`Route.failsafe`), which are judged here as well: a plan can't switch a failsafe off. The
others are the vehicle's own and block the flight where they are wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, nan

from blindspot.planning.plan import Route

_FLOAT32 = 1e-6  # the autopilot keeps 0.15 as 0.15000000596


@dataclass(frozen=True, slots=True)
class Allowed:
    """Values that a parameter may have: inside one of `ranges` (low, high). `best` is what `--set` writes."""

    best: float
    ranges: tuple[tuple[float, float], ...]

    def holds(self, value: float) -> bool:
        return any(low - _FLOAT32 * abs(low) <= value <= high + _FLOAT32 * abs(high) for low, high in self.ranges)

    def __str__(self) -> str:
        return " or ".join(f"{low:g}" if low == high else f"{low:g} to {high:g}" for low, high in self.ranges)


def _only(*values: float) -> Allowed:
    return Allowed(values[0], tuple((value, value) for value in values))


def _between(low: float, high: float, best: float) -> Allowed:
    return Allowed(best, ((low, high),))


ANY = Allowed(nan, ((-inf, inf),))


@dataclass(frozen=True, slots=True)
class Rule:
    """What one parameter may be on hardware, and in simulation where that differs; `reason` is told when it is not."""

    name: str
    hardware: Allowed
    reason: str
    simulation: Allowed | None = None
    needs_restart: bool = False
    """It is read when the autopilot starts, so that setting it mends nothing yet."""
    since: tuple[int, int] = (0, 0)
    """The PX4 that brought it; an older one has none, and does what `hardware` asks for."""

    def allowed(self, *, simulated: bool) -> Allowed:
        return self.simulation if simulated and self.simulation is not None else self.hardware


RULES: Mapping[str, Rule] = {rule.name: rule for rule in (
    Rule("COM_OF_LOSS_T", _between(0.0, 1.0, 1.0), "lost set-points must be noticed within a second"),
    Rule("COM_OBL_RC_ACT", _only(3, 4, 5), "lost set-points return, land or hold; the default waits for a stick"),
    Rule("COM_FAIL_ACT_T", _between(0.0, 5.0, 5.0), "a failsafe may wait no longer in hold than the plan counts on"),
    Rule("COM_LOW_BAT_ACT", _only(3, 2), "a critical battery returns or lands; the default only warns"),
    Rule("BAT_LOW_THR", _between(0.15, 0.50, 0.20), "the warning comes before the return"),
    Rule("BAT_CRIT_THR", _between(0.10, 0.15, 0.15), "the return must come while the battery still reaches home"),
    Rule("BAT_EMERGEN_THR", _between(0.05, 0.10, 0.07), "landing on the spot is the last resort, not too early"),
    Rule("NAV_DLL_ACT", Allowed(2, ((1, 3),)), "a lost ground station returns, holds or lands; in simulation "
         "there is none, and above 0 nothing arms without", simulation=_only(0)),
    Rule("COM_DL_LOSS_T", _between(5, 30, 10), "a lost ground station is noticed as early as a lost lease returns",
         simulation=ANY),
    Rule("NAV_RCL_ACT", Allowed(2, ((1, 3),)), "a lost radio control returns, holds or lands; 5 and 6 let it fall",
         simulation=ANY),
    Rule("COM_RCL_EXCEPT", _only(0), "a lost radio control counts in missions too: the pilot could not take over",
         simulation=ANY),
    Rule("GF_ACTION", _only(3, 5), "a breach returns or lands; hold would stay outside, 4 lets the drone fall"),
    Rule("GF_MAX_HOR_DIST", _only(0), "the plan's polygon is the fence; a circle about home would cut the route"),
    Rule("GF_MAX_VER_DIST", _between(10, 510, 130), "the fence needs a ceiling"),
    Rule("RTL_RETURN_ALT", _between(10, 500, 60), "the way home is as high as the plan has proven it clear"),
    Rule("RTL_TYPE", _only(0, 3), "the plan has proven the straight way home or to a rally point, no other"),
    Rule("MIS_COMMAND_TOUT", _between(0, 1, 0), "an item that waits makes the route longer than planned",
         since=(1, 16)),  # PX4 1.15 has none (tried) and never waits
    Rule("MIS_DIST_1WP", Allowed(10000, ((-1, 0), (1000, 100000))), "older firmware refuses a first item beyond it"),
    Rule("NAV_ACC_RAD", _between(0.5, 3, 1), "corners are cut by no more than the plan's clearance bears"),
    Rule("MPC_XY_CRUISE", _between(1, 15, 5), "the way home is flown at it"),
    Rule("COM_ARM_AUTH_REQ", _only(0, 1), "1 asks an authoriser before every arming, 0 leaves it to our own lease"),
    Rule("MNT_MODE_IN", _only(4, 0), "the gimbal must obey the mission's items", simulation=ANY,
         needs_restart=True),  # the simulated gimbal is no driver of the autopilot's
    Rule("MNT_MODE_OUT", _only(2), "the gimbal itself must tell where it looks: else PX4 tells what it asks of it, "
         "and masks lie beside the houses", simulation=_only(0, 2), needs_restart=True),
)}  # fmt: skip
"""By name, in the order in which they are read."""


GIVEN = ("RTL_TYPE", "RTL_RETURN_ALT", "GF_MAX_VER_DIST")
"""Set by fields of their own, beside the closed list of `planning/plan_parameters.py`."""


def autopilot_parameters(route: Route) -> dict[str, float]:
    """What the autopilot is given, so that whatever it chooses on its own is what the plan has checked."""
    failsafe = route.failsafe
    return failsafe.parameters | {
        "RTL_TYPE": float(failsafe.rtl_type),
        "RTL_RETURN_ALT": failsafe.rtl_return_alt_m,
        "GF_MAX_VER_DIST": failsafe.fence_max_alt_m,
    }
