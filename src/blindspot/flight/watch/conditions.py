"""Parameter values of the autopilot that are right only under another condition, and the reason of a failed
condition."""

from __future__ import annotations

from collections.abc import Mapping

from blindspot.flight.watch.ladder import Situation

RETURNS_BY_CHARGE_ALONE = 5  # of COM_LOW_BAT_ACT
PX4_SPARE_S, PX4_SPARE_SHARE = 100.0, 0.1
"""PX4 returns once the time left is the way home, plus a tenth of that and 100 s (RTL_TIME_FACTOR, _MARGIN)."""
PARACHUTE_WATCHED = 2  # of COM_PARACHUTE: from this value on a faulty one bars arming


def not_here(name: str, value: float, read: Mapping[str, float], s: Situation) -> str:
    """The reason why a permitted value is wrong in this situation; empty for a right value. `read` holds the earlier
    parameters."""
    if name == "COM_LOW_BAT_ACT" and value == RETURNS_BY_CHARGE_ALONE:
        ours_s, theirs_s = our_spare_s(s), PX4_SPARE_S + PX4_SPARE_SHARE * s.route.expected.flight_time_s
        if not ours_s >= theirs_s:
            return (f"5 needs our own return to come first: landing_battery_fraction keeps {ours_s:.0f} s of flight, "
                    f"PX4's own reckoning would keep up to {theirs_s:.0f} s")  # fmt: skip
    if name == "FD_ALT_LOSS" and value > 0.0 and not read.get("COM_PARACHUTE", 0.0) >= PARACHUTE_WATCHED:
        return "above 0 the drone falls, and COM_PARACHUTE watches no parachute"
    return ""


def our_spare_s(s: Situation) -> float:
    """Flight time, s, at cruise speed with the charge that the ladder's return keeps in the battery."""
    energy = s.settings.model.energy
    spare_wh = s.settings.landing_battery_fraction * energy.usable_wh(s.seen.battery_c)
    return 3600.0 * spare_wh / (energy.hover_w + energy.cruise_extra_w)
