"""The autopilot parameters that a plan may set, with bounds: a closed list.

The plan parser, the checker, the gate and `flight_control` all read it. The list excludes each parameter that
protects the pilot, a person or a failsafe of PX4 (`COM_RC_IN_MODE`, `COM_DISARM_LAND`, `CBRK_...`, `NAV_RCL_ACT`, ...):
pre-flight judges the vehicle's own value, and a plan never sets such a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Settable:
    """Permitted values for a plan: inside one of `ranges` (low, high)."""

    ranges: tuple[tuple[float, float], ...]
    reason: str
    needed: bool = False
    """True if the checked failsafes or the energy depend on the parameter: each plan must set the parameter."""

    def holds(self, value: float) -> bool:
        return isfinite(value) and any(low <= value <= high for low, high in self.ranges)

    def __str__(self) -> str:
        return " or ".join(f"{low:g}" if low == high else f"{low:g} to {high:g}" for low, high in self.ranges)


def _only(*values: float) -> tuple[tuple[float, float], ...]:
    return tuple((value, value) for value in values)


SETTABLE: Mapping[str, Settable] = {
    "RTL_CONE_ANG": Settable(_only(0), "near home the way back stays as high as it was checked", needed=True),
    "RTL_DESCEND_ALT": Settable(((5, 30),), "the slow part of a landing over the pad begins there"),
    "RTL_LAND_DELAY": Settable(_only(0), "waiting over the pad costs battery that plans leave out", needed=True),
    "COM_LOW_BAT_ACT": Settable(_only(2, 3), "a critical battery lands or returns; 0 only warns", needed=True),
    "BAT_LOW_THR": Settable(((0.15, 0.50),), "the warning comes before the return"),
    "BAT_CRIT_THR": Settable(((0.10, 0.15),), "the return begins while the battery still reaches home"),
    "BAT_EMERGEN_THR": Settable(((0.05, 0.10),), "landing on the spot is the last resort"),
    "GF_ACTION": Settable(_only(3, 5), "a breach of the fence returns or lands; 4 lets the drone fall", needed=True),
    "COM_OBL_RC_ACT": Settable(_only(3, 4, 5), "lost set-points return, land or hold", needed=True),
    "NAV_ACC_RAD": Settable(((0.5, 3.0),), "corners are cut by at most the clearance"),
    "MPC_XY_CRUISE": Settable(((1.0, 15.0),), "speed of the way home, m/s", needed=True),
    "MPC_ACC_HOR": Settable(((0.1, 10.0),), "braking distances are counted with it, m/s2", needed=True),
    "MPC_Z_V_AUTO_UP": Settable(((0.1, 10.0),), "climbs are counted with it, m/s", needed=True),
    "MPC_Z_V_AUTO_DN": Settable(((0.1, 10.0),), "descents are counted with it, m/s", needed=True),
    "MPC_YAWRAUTO_MAX": Settable(((1.0, 360.0),), "turns of the nose are counted with it, deg/s", needed=True),
}
"""By name, each with bounds and the reason for the bounds."""


def not_settable(parameters: Mapping[str, float]) -> tuple[str, ...]:
    """One sentence for each parameter off the list or out of bounds; empty if all may be set."""
    found = []
    for name, value in parameters.items():
        rule = SETTABLE.get(name)
        if rule is None:
            found.append(f"{name[:40]!r} is not a parameter that a plan may set: leave the parameter out")
        elif not rule.holds(value):
            found.append(f"{name} is {value:g}, a plan may set {rule}: {rule.reason}")
    return tuple(found)


def not_set(parameters: Mapping[str, float]) -> tuple[str, ...]:
    """Names of the parameters that each plan must set and that are absent."""
    return tuple(name for name, rule in SETTABLE.items() if rule.needed and name not in parameters)
