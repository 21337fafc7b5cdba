"""PX4's parameters that determine the autopilot's own behaviour, and their permitted values before a flight.

The plan sets some of them (`Route.failsafe`). They are judged here as well: a plan can't switch a failsafe off. The
others are the vehicle's own; a wrong value blocks the flight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, nan

from blindspot.flight.route.mission_items import returns_along
from blindspot.mission import Route

Release = tuple[int, int]
"""PX4 release: major, minor."""

V1_15, V1_16, V1_17, V1_18 = (1, 15), (1, 16), (1, 17), (1, 18)
_FLOAT32 = 1e-6  # the autopilot stores 0.15 as 0.15000000596


@dataclass(frozen=True, slots=True)
class Allowed:
    """Permitted values of a parameter: inside one of `ranges` (low, high). `--set` writes `best`."""

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


def release(version: Release) -> str:
    """The release in PX4's notation, such as 1.17."""
    return ".".join(map(str, version))


ANY = Allowed(nan, ((-inf, inf),))


@dataclass(frozen=True, slots=True)
class Rule:
    """Permitted values of one parameter on hardware, and in simulation if they differ. A violation reports `reason`."""

    name: str
    hardware: Allowed
    reason: str
    simulation: Allowed | None = None
    needs_restart: bool = False
    """The autopilot reads the parameter at start-up only: a new value takes effect after a restart."""
    since: Release = (0, 0)
    """The first PX4 with the parameter; an older PX4 lacks the parameter and needs no value."""
    until: Release = (99, 0)
    """The last PX4 with the parameter; a newer PX4 has a replacement or a fixed behaviour."""
    later: tuple[Release, Allowed] | None = None
    """From this PX4 on, these values are permitted on hardware instead."""

    def allowed(self, *, simulated: bool, px4: Release | None = None) -> Allowed:
        """Permitted values on that PX4 release; on the oldest one if `px4` is unknown."""
        if simulated and self.simulation is not None:
            return self.simulation
        if self.later is not None and px4 is not None and px4 >= self.later[0]:
            return self.later[1]
        return self.hardware

    def missing(self, px4: Release) -> str:
        """The reason why a PX4 of this release lacks the parameter; empty for a required parameter."""
        if px4 < self.since:
            return f"none before PX4 {release(self.since)}"
        return f"none after PX4 {release(self.until)}" if px4 > self.until else ""


RULES: Mapping[str, Rule] = {rule.name: rule for rule in (
    Rule("COM_OF_LOSS_T", _between(0.0, 1.0, 1.0), "lost set-points must be noticed within a second"),
    Rule("COM_OBL_RC_ACT", _only(3, 4, 5), "lost set-points return, land or hold; the default waits for a stick"),
    Rule("COM_FAIL_ACT_T", _between(0.0, 5.0, 5.0), "a failsafe may hold at most as long as the plan counts on"),
    Rule("COM_LOW_BAT_ACT", _only(3, 2), "a critical battery returns or lands; the default only warns. From 1.18 on, 3 "
         "also returns when the time left just reaches home; 5 leaves that to our own return, which must come first",
         later=(V1_18, _only(3, 2, 5))),
    Rule("BAT_LOW_THR", _between(0.15, 0.50, 0.20), "the warning comes before the return"),
    Rule("BAT_CRIT_THR", _between(0.10, 0.15, 0.15), "the return must come while the battery still reaches home"),
    Rule("BAT_EMERGEN_THR", _between(0.05, 0.10, 0.07), "landing on the spot stays the last resort"),
    Rule("NAV_DLL_ACT", Allowed(2, ((1, 3),)), "a lost ground station returns, holds or lands; a simulation "
         "has none, and a value above 0 would prevent arming", simulation=_only(0)),
    Rule("COM_DL_LOSS_T", _between(5, 30, 10), "a lost ground station is noticed as early as a lost lease returns",
         simulation=ANY),
    Rule("COM_DLL_EXCEPT", _only(0), "a lost ground station counts in missions and in a hold, too", simulation=ANY,
         since=V1_17),
    Rule("NAV_RCL_ACT", Allowed(2, ((1, 3),)), "a lost radio control returns, holds or lands; 5 and 6 let it fall, 7 "
         "holds without a reported failsafe", simulation=ANY),
    Rule("COM_RCL_EXCEPT", _only(0), "a lost radio control counts in missions too: the pilot must be able to take over",
         simulation=ANY),
    Rule("COM_RC_OVERRIDE", _only(3), "the pilot's stick takes over at once, from a mission (1) and from OFFBOARD (2)",
         simulation=ANY, until=V1_17),
    Rule("COM_RC_STICK_OV", _between(5, 50, 30), "half of a stick's travel must be enough to take over", simulation=ANY,
         until=V1_17),
    Rule("MAN_OVERRIDE_SPD", _between(0.2, 2, 1), "the pilot's stick takes over above this speed, in stick travels a "
         "second; negative is off", simulation=ANY, since=V1_18),
    Rule("COM_TAKEOFF_ACT", _only(0), "after a take-off PX4 holds; 1 begins an unrequested mission",
         simulation=ANY, until=V1_17),
    Rule("COM_DISARM_LAND", _between(2, 10, 2), "the motors stop by themselves after a landing: at 0 and below they go "
         "on, and a stop within 2 s looks like motors that were stopped in the air"),
    Rule("COM_ARM_ODID", _between(0, 4, 0), "a lost remote ID may warn, prevent arming, return or land; 5 lets the "
         "drone fall", simulation=ANY),
    Rule("COM_PARACHUTE", _only(0, 1), "a faulty parachute prevents arming, returns or lands; from 1.18 on 1 only "
         "warns", simulation=ANY, later=(V1_18, _only(0, 2, 3, 4))),
    Rule("FD_ALT_LOSS", Allowed(0, ((0, 0), (5, 100))), "PX4 lets a drone that sinks by so much fall: only "
         "with a parachute that COM_PARACHUTE watches", simulation=ANY, since=V1_18),
    Rule("COM_ACT_FAIL_ACT", _between(0, 3, 0), "a failed motor warns, holds, lands or returns; 4 lets the drone fall",
         simulation=ANY),
    Rule("COM_POS_LOW_ACT", Allowed(3, ((0, 3), (5, 5))), "an inaccurate position warns, holds, returns or lands; 4 "
         "lets the drone fall", simulation=ANY, since=V1_16),
    Rule("COM_WIND_MAX_ACT", Allowed(0, ((0, 3), (5, 5))), "a strong wind warns, holds, returns or lands; 4 lets the "
         "drone fall", simulation=ANY, since=V1_15),
    Rule("COM_GNSSLOSS_ACT", _between(0, 2, 0), "lost GNSS receivers warn, return or land; 3 lets the drone fall",
         simulation=ANY, since=V1_18),
    Rule("SYS_HAS_NUM_GNSS", _between(0, 2, 0), "the GNSS receivers that must have a fix, two at most", simulation=ANY,
         since=V1_18),
    Rule("COM_CC_TEMP_WARN", _between(-1, 120, 80), "a warning by PX4 only; `computer_hot_c` brings the drone home",
         simulation=ANY, since=V1_18),
    Rule("GF_ACTION", _only(3, 5), "a breach returns or lands; hold would stay outside, 4 lets the drone fall"),
    Rule("GF_MAX_HOR_DIST", _only(0), "the plan's polygon is the fence; a circle about home would cut the route"),
    Rule("GF_MAX_VER_DIST", _between(10, 510, 130), "the fence needs a ceiling"),
    Rule("RTL_RETURN_ALT", _between(10, 500, 60), "the way home is as high as the plan has proven it clear"),
    Rule("RTL_TYPE", _only(0, 3, 4), "the plan has proven only the way home, to a rally point or along the mission"),
    Rule("MIS_COMMAND_TOUT", _between(0, 1, 0), "an item that waits makes the route longer than planned",
         since=V1_16),  # PX4 1.15 lacks it (tried) and never waits
    Rule("MIS_DIST_1WP", Allowed(10000, ((-1, 0), (1000, 100000))), "older firmware refuses a first item beyond it"),
    Rule("NAV_ACC_RAD", _between(0.5, 3, 1), "corners are cut by at most the plan's clearance"),
    Rule("MPC_XY_CRUISE", _between(1, 15, 5), "speed of the way home, m/s"),
    Rule("COM_ARM_AUTH_REQ", _only(1), "the authority is asked before every arming, by radio control or another ground "
         "station too", simulation=_only(0, 1)),
    Rule("COM_ARM_AUTH_ID", _only(1), "the authority answers as system 1", simulation=ANY),
    Rule("COM_ARM_AUTH_MET", _only(0), "each arming asks, and waits for its own answer", simulation=ANY),
    Rule("COM_ARM_AUTH_TO", _between(2, 4, 3), "time for both questions of an attempt, and less than MAVROS's own 5 s",
         simulation=ANY),
    Rule("MNT_MODE_IN", _only(4, 0), "the gimbal must obey the mission's items", simulation=ANY,
         needs_restart=True),  # the simulated gimbal runs outside the autopilot
    Rule("MNT_MODE_OUT", _only(2), "the gimbal must report its own attitude: else PX4 reports the requested one, "
         "and masks lie beside the houses", simulation=_only(0, 2), needs_restart=True),
)}  # fmt: skip
"""By name, in the order in which pre-flight reads them."""


GIVEN = ("RTL_TYPE", "RTL_RETURN_ALT", "GF_MAX_VER_DIST", "COM_FAIL_ACT_T")
"""Set by fields of their own, in addition to the closed list of `mission/px4_plan_parameters.py`."""


def autopilot_parameters(route: Route) -> dict[str, float]:
    """Parameters to set, so that the autopilot's own choices are the checked choices of the plan."""
    failsafe = route.failsafe
    # without the hold, a failsafe returns from Mission mode: by the current item, and not from the closest one
    at_once = {"COM_FAIL_ACT_T": 0.0} if returns_along(route) else {}
    return (
        failsafe.parameters
        | at_once
        | {
            "RTL_TYPE": float(failsafe.rtl_type),
            "RTL_RETURN_ALT": failsafe.rtl_return_alt_m,
            "GF_MAX_VER_DIST": failsafe.fence_max_alt_m,
        }
    )
