"""The figures of a post that a relay needs: the ways, the time on post and the battery.

A post is a plan of one drone with one long view. PX4 flies out, looks for `dwell_s`, and comes home by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot, isfinite

from blindspot.core import PlanningError
from blindspot.mission import DroneModel, Plan, Point, View, timing

AT_POST_M = 4.0
"""Largest distance of a drone from its view on post, m."""


@dataclass(frozen=True, slots=True)
class PostPlan:
    """One drone's post.

    Parameters
    ----------
    drone, target
        The drone, and the target in its picture.
    place
        The viewpoint.
    way_s
        From the take-off to the arrival at the viewpoint, s.
    dwell_s
        LOITER_TIME at the viewpoint, s.
    home_s, home_level_s
        From the viewpoint to the landing, s, and the level part of it.
    home_wh
        Energy of the way home in still air, Wh.
    home_mps
        Level speed of the way home, m/s.
    hover_w
        Planned power in the hover in still air, W.
    cruise_w_per_mps3
        Power above hover, W, for each (m/s)^3 of the speed through the air.
    max_wind_mps
        Strongest wind of a flight, m/s; an unknown wind counts as this wind.
    full_wh, reserve_wh
        Energy of a full battery, and the part that a plan never touches, Wh.
    """

    drone: str
    target: str
    place: Point
    way_s: float
    dwell_s: float
    home_s: float
    home_level_s: float
    home_wh: float
    home_mps: float
    hover_w: float
    cruise_w_per_mps3: float
    max_wind_mps: float
    full_wh: float
    reserve_wh: float

    @classmethod
    def of(cls, plan: Plan, target: str, model: DroneModel) -> PostPlan:
        """The figures of a plan with one route and one view, by the model of its drone.

        Raises
        ------
        PlanningError
            The plan has another number of routes or views.
        """
        views = [(number, step) for route in plan.routes for number, step in enumerate(route.steps)
                 if isinstance(step, View)]  # fmt: skip
        if len(plan.routes) != 1 or len(views) != 1:
            raise PlanningError(f"plan {plan.id}: a post has one route with one view, not {len(views)} views")
        route, ((number, view),) = plan.routes[0], views
        fly, energy = model.performance, model.energy
        costs = timing.flight(model, route.home, route.takeoff_up_m, route.steps)
        home_mps = route.failsafe.parameters.get("MPC_XY_CRUISE", fly.cruise_mps)
        back = timing.go_home(model, view.to, route.home, route.failsafe.rtl_return_alt_m, home_mps)
        flat_m = hypot(view.to.east_m - route.home.east_m, view.to.north_m - route.home.north_m)
        full_wh = energy.usable_wh()
        return cls(
            drone=route.drone,
            target=target,
            place=view.to,
            way_s=costs[number + 1].time_s - view.dwell_s,
            dwell_s=view.dwell_s,
            home_s=max(back.time_s, costs[-1].time_s - costs[number + 1].time_s),
            home_level_s=timing.level_s(flat_m, home_mps, fly.acceleration_mps2),
            home_wh=max(back.energy_wh, costs[-1].energy_wh - costs[number + 1].energy_wh),
            home_mps=home_mps,
            hover_w=energy.hover_w,
            cruise_w_per_mps3=energy.cruise_extra_w / fly.cruise_mps**3,
            max_wind_mps=fly.max_wind_mps,
            full_wh=full_wh,
            reserve_wh=full_wh * energy.reserve_fraction,
        )

    @property
    def flight_s(self) -> float:
        """From the take-off to the landing, s."""
        return self.way_s + self.dwell_s + self.home_s

    def is_at(self, east_m: float, north_m: float, up_m: float) -> bool:
        """Whether a drone at this place is on post; an unknown place (NaN) is elsewhere."""
        to = self.place
        return hypot(east_m - to.east_m, north_m - to.north_m, up_m - to.up_m) <= AT_POST_M

    def home_in_wind_wh(self, wind_mps: float) -> float:
        """Energy of the way home, Wh, against a wind of this speed; NaN counts as the strongest permitted wind."""
        wind_mps = wind_mps if isfinite(wind_mps) else self.max_wind_mps
        level = self.home_level_s * ((self.home_mps + wind_mps) ** 3 - self.home_mps**3)
        hovers = max(0.0, self.home_s - self.home_level_s) * wind_mps**3
        return self.home_wh + self.cruise_w_per_mps3 * (level + hovers) / 3600.0

    def in_wind(self, wind_mps: float) -> PostPlan:
        """The post in a steady wind, m/s: the planned energy of the stay pays for the wind on both ways, and for the
        hover in the wind."""
        stay_wh = self.hover_w * self.dwell_s / 3600.0 - 2.0 * (self.home_in_wind_wh(wind_mps) - self.home_wh)
        stay_s = 3600.0 * max(0.0, stay_wh) / (self.hover_w + self.cruise_w_per_mps3 * wind_mps**3)
        return replace(self, dwell_s=min(self.dwell_s, stay_s))
