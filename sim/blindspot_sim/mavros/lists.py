"""The three lists that MAVROS transfers (mission, fence, rally points), and the messages about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from blindspot_sim.airframe.geo import GeoFrame
from blindspot_sim.autopilot.autopilot import Autopilot
from blindspot_sim.autopilot.fence import read_fence
from blindspot_sim.autopilot.items import ACCEPTED, as_pulled, read_item

Waypoint = Mapping[str, Any]

TOPICS = {"mission": "mission/waypoints", "geofence": "geofence/fences", "rallypoint": "rallypoint/rallypoints"}
_MOST = {"mission": 10_000, "geofence": 64, "rallypoint": 32}
"""Number of items that PX4 stores in SITL. Boards store 500 or 1000 mission items."""


class Lists:
    """The contents of each list in the autopilot, and MAVROS's copy of them.

    `busy` is true while a transfer runs. All lists share one mission protocol, so a second transfer is refused.
    """

    def __init__(self, autopilot: Autopilot, geo: GeoFrame) -> None:
        self.autopilot = autopilot
        self._geo = geo
        self._held: dict[str, list[dict[str, Any]]] = {kind: [] for kind in TOPICS}
        self._shown: dict[str, list[dict[str, Any]]] = {kind: [] for kind in TOPICS}
        self.busy = False
        self.current_published = 0

    def forget(self) -> None:
        """Empty MAVROS's copies, as after its restart."""
        self._shown = {kind: [] for kind in TOPICS}
        self.busy = False
        self.current_published = 0

    def to_enu(self, lat_deg: float, lon_deg: float) -> tuple[float, float]:
        """(east_m, north_m) of a place."""
        return self._geo.to_enu(lat_deg, lon_deg)

    def held(self, kind: str) -> int:
        """Number of items that the autopilot holds."""
        return len(self._held[kind])

    def push(self, kind: str, waypoints: Sequence[Waypoint]) -> bool:
        """Replace a list. An empty or too long list or an invalid item returns False and keeps the old list."""
        origin = self.autopilot.config.origin
        if not 0 < len(waypoints) <= _MOST[kind] or any(int(w["command"]) not in ACCEPTED[kind] for w in waypoints):
            return False
        items = [read_item(w, self._geo, origin.amsl_m) for w in waypoints]
        if kind == "geofence":
            fence = read_fence(items)
            if fence is None:
                return False
            self.autopilot.commander.fence = fence
        elif kind == "rallypoint":
            self.autopilot.navigator.rally = items
        else:
            self.autopilot.navigator.mission.load(items)
            self.autopilot.commander.mission_loaded(self.autopilot.now_s)
        self._held[kind] = [dict(w) for w in waypoints]
        self._shown[kind] = self._held[kind]
        return True

    def pull(self, kind: str) -> int:
        """Read a list back. Returns the number of items."""
        self._shown[kind] = as_pulled(self._held[kind], mission=kind == "mission")
        return len(self._shown[kind])

    def clear(self, kind: str) -> None:
        self._held[kind] = []
        self._shown[kind] = []
        if kind == "geofence":
            self.autopilot.commander.fence = None
        elif kind == "rallypoint":
            self.autopilot.navigator.rally = ()
        else:
            self.autopilot.navigator.mission.load(())
            self.autopilot.commander.mission_loaded(self.autopilot.now_s)

    def message(self, kind: str) -> dict[str, Any]:
        """The list as MAVROS publishes it (mavros_msgs/WaypointList)."""
        if kind != "mission":
            return {"current_seq": 0, "waypoints": [dict(w) for w in self._shown[kind]]}
        current = self.current_published = self.autopilot.navigator.mission.current
        waypoints = [{**w, "is_current": index == current} for index, w in enumerate(self._shown[kind])]
        return {"current_seq": current, "waypoints": waypoints}
