"""The battery: its remaining energy, voltage and current."""

from __future__ import annotations

from blindspot_sim.airframe.vehicle_config import BatteryConfig

_FULL_CELL_V, _EMPTY_CELL_V = 4.05, 3.6
_CELL_OHM = 0.006


class Battery:
    """Remaining energy under a power model (see `BatteryConfig`). It only falls, except when the pack is swapped.

    With `drain_s`, the charge of an armed drone falls evenly instead: a full charge in that time, and down to
    `drain_to_fraction` (as in PX4's own simulator).
    """

    __slots__ = ("_config", "_left_wh", "_rests_s", "drain_s", "drain_to_fraction", "power_w")

    def __init__(self, config: BatteryConfig) -> None:
        self._config = config
        self._left_wh = config.capacity_wh * config.initial_fraction
        self.power_w = config.idle_w
        self._rests_s = 0.0
        self.drain_s = self.drain_to_fraction = 0.0

    @property
    def fraction(self) -> float:
        return self._left_wh / self._config.capacity_wh

    @property
    def voltage_v(self) -> float:
        """Terminal voltage: open-circuit voltage at this charge, minus the drop at the present current."""
        open_v = _EMPTY_CELL_V + (_FULL_CELL_V - _EMPTY_CELL_V) * self.fraction
        return self._config.cells * (open_v - _CELL_OHM * self.power_w / (self._config.cells * open_v))

    @property
    def current_a(self) -> float:
        return self.power_w / self.voltage_v

    def rest(self, dt_s: float, *, spinning: bool) -> None:
        """Use energy on the ground. After `swap_s` with motors off the pack is a full one."""
        self.power_w = self._config.spinning_w if spinning else self._config.idle_w
        if spinning or not self.drain_s:
            self._use(dt_s)
        self._rests_s = 0.0 if spinning else self._rests_s + dt_s
        if self._rests_s >= self._config.swap_s:
            self._left_wh, self._rests_s = self._config.capacity_wh, 0.0

    def fly(self, dt_s: float, air_speed_mps: float, climb_mps: float) -> None:
        """Use energy in flight."""
        config = self._config
        self._rests_s = 0.0
        ratio = air_speed_mps / config.cruise_mps
        power_w = config.hover_w + config.cruise_extra_w * ratio * ratio * ratio
        if climb_mps > 0.0:
            power_w += 3600.0 * config.climb_wh_per_m * climb_mps
        self.power_w = power_w
        self._use(dt_s)

    def drain_to(self, fraction: float) -> None:
        """Lose charge at once, down to `fraction` of the capacity (a fault; it can only lower the charge).

        The time until a swap begins anew.
        """
        self._rests_s = 0.0
        self._left_wh = min(self._left_wh, max(0.0, fraction) * self._config.capacity_wh)

    def _use(self, dt_s: float) -> None:
        if self.drain_s:
            if self.fraction > self.drain_to_fraction:
                self._left_wh -= self._config.capacity_wh * dt_s / self.drain_s
            return
        left_wh = self._left_wh - self.power_w * dt_s / 3600.0
        self._left_wh = left_wh if left_wh > 0.0 else 0.0
