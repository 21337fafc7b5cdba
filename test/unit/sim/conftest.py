"""A drone for tests: calls that wait for their answer, and its latest messages."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import Any

import pytest

from blindspot_sim.airframe.geo import GeoFrame
from blindspot_sim.airframe.vehicle_config import NoiseConfig, VehicleConfig
from blindspot_sim.mavros.simulated_mavros import SimulatedMavros


class Drone:
    """A simulated vehicle with its messages kept: `last` by topic, `messages` in order."""

    def __init__(self, config: VehicleConfig, seed: int = 1) -> None:
        self.mavros = SimulatedMavros(config, seed=seed)
        self.geo = GeoFrame(config.origin)
        self.messages: list[tuple[float, str, dict[str, Any]]] = []
        self.last: dict[str, dict[str, Any]] = {}

    def run(self, seconds: float, watch: Callable[[], None] = lambda: None) -> None:
        until_s = self.mavros.now_s + seconds
        while self.mavros.now_s < until_s - 1e-6:
            self.mavros.step(min(until_s, self.mavros.now_s + 0.05))
            for message in self.mavros.drain():
                self.messages.append(message)
                self.last[message[1]] = message[2]
            watch()

    def run_until(self, condition: Callable[[], bool], limit_s: float) -> None:
        start_s = self.mavros.now_s
        while not condition():
            assert self.mavros.now_s < start_s + limit_s, f"not within {limit_s} s; state {self.last.get('state')}"
            self.run(0.1)

    def ask(self, service: str, **request: Any) -> dict[str, Any]:
        answers: list[dict[str, Any]] = []
        self.mavros.call(service, request, answers.append)
        self.run_until(lambda: bool(answers), 6.0)
        return answers[0]

    def item(
        self, command: int, east_m: float = nan, north_m: float = nan, alt_m: float = 0.0, *p: float
    ) -> dict[str, Any]:
        """A Waypoint: at a place (frame 3), or a command without one (frame 2)."""
        placed = east_m == east_m
        lat, lon = self.geo.to_wgs84(east_m, north_m) if placed else (0.0, 0.0)
        p1, p2, p3, p4 = (*p, 0.0, 0.0, 0.0, nan)[:4] if len(p) < 4 else p
        return {
            "frame": 3 if placed else 2, "command": command, "is_current": False, "autocontinue": True,
            "param1": p1, "param2": p2, "param3": p3, "param4": p4, "x_lat": lat, "y_long": lon, "z_alt": alt_m,
        }  # fmt: skip

    def start_mission(self, items: list[dict[str, Any]]) -> None:
        assert self.ask("mission/push", start_index=0, waypoints=items)["wp_transfered"] == len(items)
        assert self.ask("set_mode", base_mode=0, custom_mode="AUTO.MISSION")["mode_sent"]
        assert self.ask("cmd/arming", value=True)["success"]

    def take_off(self, height_m: float = 15.0) -> None:
        """Arm, AUTO.TAKEOFF, and wait for AUTO.LOITER."""
        value = {"type": 3, "double_value": height_m}
        assert self.ask("param/set", force_set=True, param_id="MIS_TAKEOFF_ALT", value=value)["success"]
        assert self.ask("cmd/arming", value=True)["success"]
        assert self.ask("set_mode", base_mode=0, custom_mode="AUTO.TAKEOFF")["mode_sent"]
        self.run_until(lambda: self.mode == "AUTO.TAKEOFF", 3.0)
        self.run_until(lambda: self.mode == "AUTO.LOITER", 60.0)

    @property
    def mode(self) -> str:
        return str(self.last["state"]["mode"])

    @property
    def landed_and_disarmed(self) -> bool:
        return not self.last["state"]["armed"] and self.last["extended_state"]["landed_state"] == 1

    def modes(self) -> list[str]:
        """Shown modes in order, each once in a row."""
        modes = [m["mode"] for _, topic, m in self.messages if topic == "state"]
        return [mode for index, mode in enumerate(modes) if index == 0 or mode != modes[index - 1]]


@pytest.fixture(scope="session")
def make_drone() -> Callable[..., Drone]:
    """A drone that is ready to arm, by default with zero noise."""

    def make(*, seed: int = 1, **settings: Any) -> Drone:
        drone = Drone(VehicleConfig(**{"noise": NoiseConfig(0.0, 0.0), **settings}), seed)
        drone.run(6.0)
        return drone

    return make
