"""The PX4 parameters that this vehicle obeys, or that a pre-flight check reads."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULTS: Mapping[str, float | int] = {
    "BAT_CRIT_THR": 0.07,
    "BAT_EMERGEN_THR": 0.05,
    "BAT_LOW_THR": 0.15,
    "COM_ACT_FAIL_ACT": 0,
    "COM_ARM_AUTH_REQ": 0,
    "COM_ARM_AUTH_ID": 10,
    "COM_ARM_AUTH_MET": 0,
    "COM_ARM_AUTH_TO": 1.0,
    "COM_ARM_ODID": 0,
    "COM_DISARM_LAND": 2.0,
    "COM_DISARM_PRFLT": 10.0,
    "COM_DLL_EXCEPT": 0,
    "COM_DL_LOSS_T": 10,
    "COM_FAIL_ACT_T": 5.0,
    "COM_LOW_BAT_ACT": 0,
    "COM_OBL_RC_ACT": 0,
    "COM_OF_LOSS_T": 1.0,
    "COM_PARACHUTE": 0,
    "COM_POS_LOW_ACT": 3,
    "COM_RC_IN_MODE": 3,
    "COM_RC_LOSS_T": 0.5,
    "COM_RC_OVERRIDE": 1,
    "COM_RC_STICK_OV": 30.0,
    "COM_RCL_EXCEPT": 0,
    "COM_TAKEOFF_ACT": 0,
    "COM_WIND_MAX_ACT": 0,
    "GF_ACTION": 2,
    "GF_MAX_HOR_DIST": 0.0,
    "GF_MAX_VER_DIST": 0.0,
    "MAV_SYS_ID": 1,
    "MIS_COMMAND_TOUT": 0.0,
    "MIS_DIST_1WP": 10000.0,
    "MIS_TAKEOFF_ALT": 2.5,
    "MIS_YAW_ERR": 12.0,
    "MNT_MODE_IN": 4,
    "MNT_MODE_OUT": 2,
    "MPC_ACC_DOWN_MAX": 3.0,
    "MPC_ACC_HOR": 3.0,
    "MPC_ACC_HOR_MAX": 5.0,
    "MPC_ACC_UP_MAX": 4.0,
    "MPC_JERK_AUTO": 4.0,
    "MPC_LAND_ALT1": 10.0,
    "MPC_LAND_ALT2": 5.0,
    "MPC_LAND_SPEED": 0.7,
    "MPC_TKO_SPEED": 1.5,
    "MPC_XY_CRUISE": 5.0,
    "MPC_XY_P": 0.95,
    "MPC_XY_VEL_MAX": 12.0,
    "MPC_YAWRAUTO_MAX": 45.0,
    "MPC_Z_P": 1.0,
    "MPC_Z_V_AUTO_DN": 1.5,
    "MPC_Z_V_AUTO_UP": 3.0,
    "MPC_Z_VEL_MAX_DN": 1.5,
    "MPC_Z_VEL_MAX_UP": 3.0,
    "NAV_ACC_RAD": 2.0,
    "NAV_DLL_ACT": 0,
    "NAV_MC_ALT_RAD": 0.8,
    "NAV_RCL_ACT": 2,
    "RTL_CONE_ANG": 45,
    "RTL_DESCEND_ALT": 30.0,
    "RTL_LAND_DELAY": 0.0,
    "RTL_MIN_DIST": 10.0,
    "RTL_RETURN_ALT": 30.0,
    "RTL_TYPE": 0,
    "SIM_BAT_DRAIN": 0.0,
    "SIM_BAT_MIN_PCT": 50.0,
    "SIM_GPS_USED": 10,
}
"""PX4 1.17's defaults. RTL_RETURN_ALT is as flown in the traces (30 m: PX4's simulator sets it at start-up).

An int stays an int, a float a float. The `SIM_` parameters are those of PX4's own simulator. SIM_BAT_DRAIN is the time
in seconds in which an armed drone's battery empties down to SIM_BAT_MIN_PCT (PX4: 60; here 0, which selects the energy
model). SIM_GPS_USED is the number of satellites."""

REMOVED_BY_1_18 = frozenset({"COM_RC_OVERRIDE", "COM_RC_STICK_OV", "COM_TAKEOFF_ACT"})
NEW_IN_1_18: Mapping[str, float | int] = {
    "COM_CC_TEMP_WARN": 80.0, "COM_GNSSLOSS_ACT": 0, "FD_ALT_LOSS": 0.0, "MAN_OVERRIDE_SPD": 1.0, "SYS_HAS_NUM_GNSS": 0,
}  # fmt: skip
V1_18 = (1, 18)


class Parameters(dict[str, float | int]):
    """The autopilot's parameters: read as a mapping, written only through `set`, which keeps each one's type.

    `revision` counts writes, so that code with cached values can detect a change.
    """

    def __init__(self, overrides: Mapping[str, float] | None = None, *, px4: tuple[int, ...] = (1, 17)) -> None:
        kept = {name: value for name, value in DEFAULTS.items() if px4 < V1_18 or name not in REMOVED_BY_1_18}
        super().__init__({**kept, **(NEW_IN_1_18 if px4 >= V1_18 else {})})
        self.revision = 0
        for name, value in (overrides or {}).items():
            if not self.set(name, value):
                raise KeyError(f"unknown PX4 parameter {name}")

    def set(self, name: str, value: float) -> bool:
        """Write a parameter. Returns False for an unknown name."""
        if name not in self:
            return False
        self[name] = int(value) if isinstance(self[name], int) else float(value)
        self.revision += 1
        return True
