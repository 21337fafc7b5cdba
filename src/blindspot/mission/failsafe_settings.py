"""Autopilot settings that limit the autopilot's failsafe paths to the plan's proven clear paths."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient
from shapely.ops import unary_union

from blindspot.mission.drone_model import DroneModel
from blindspot.mission.plan import MOST_FENCE_CORNERS, Failsafe
from blindspot.mission.return_path import ALONG_MISSION, STRAIGHT
from blindspot.mission.rounding import place

FENCE_ABOVE_M = 10.0
"""Height of the fence's ceiling over the flying height, m: gusts stay below it."""

FIXED_PARAMETERS = {
    "RTL_CONE_ANG": 0,  # the cone is off: it would lower the return altitude near home, where roofs count as well
    "RTL_DESCEND_ALT": 10,  # fast descent over the pad down to this height, then slowly
    "RTL_LAND_DELAY": 0,  # lands at once; waiting over the pad costs battery
    "COM_LOW_BAT_ACT": 3,  # critical: return; emergency: land at once, which is clear everywhere on a route
    "BAT_LOW_THR": 0.20,
    "BAT_CRIT_THR": 0.15,  # several times the energy of the longest way home, above the planned reserve's last share
    "BAT_EMERGEN_THR": 0.07,
    "GF_ACTION": 3,  # a breach returns: hold would stay outside the perimeter
    "COM_OBL_RC_ACT": 3,  # lost set-points return; the default waits for a pilot's stick
    "NAV_ACC_RAD": 1,  # corners are cut by at most the allowed deviation from a path
}
"""PX4 parameters with the same value for every route, each with the reason."""
LAND_OUTSIDE = {"GF_ACTION": 5.0}
"""With a return along the mission a breach lands: a foreign mission that led out of the fence would lead on."""


def failsafe(
    model: DroneModel, speed_mps: float, height_above_home_m: float, fence: Polygon, rtl_type: int = STRAIGHT
) -> Failsafe:
    """Return at the route's own height, the fence, and the speeds that the plan assumes.

    `fence` (m ENU) is that of `fence_in`. `rtl_type` is STRAIGHT (to the closest safe point, which is home if the plan
    has no rally points) or ALONG_MISSION.
    """
    performance = model.performance
    corners = [place(*corner) for corner in fence.exterior.coords[:-1]]
    return Failsafe(
        rtl_type=rtl_type,
        rtl_return_alt_m=height_above_home_m,
        fence=tuple(corners),
        fence_max_alt_m=height_above_home_m + FENCE_ABOVE_M,
        parameters={
            **{name: float(value) for name, value in FIXED_PARAMETERS.items()},
            **(LAND_OUTSIDE if rtl_type == ALONG_MISSION else {}),
            "MPC_XY_CRUISE": speed_mps,
            "MPC_ACC_HOR": performance.acceleration_mps2,
            "MPC_Z_V_AUTO_UP": performance.climb_mps,
            "MPC_Z_V_AUTO_DN": performance.descend_mps,
            "MPC_YAWRAUTO_MAX": performance.yaw_rate_dps,
        },
    )


@lru_cache(maxsize=8)
def fence_in(perimeter: Polygon) -> Polygon:
    """The perimeter, m ENU, or a polygon inside it with as few corners as the autopilot stores.

    One ear after the other is cut off, the smallest first: a corner is an ear if the triangle with its neighbours lies
    inside. Each polygon has two of them (Meisters, 1975).
    """
    ring = np.array(orient(perimeter).exterior.coords[:-1])[:, :2]
    while len(ring) > MOST_FENCE_CORNERS:
        triangles = np.stack([np.roll(ring, 1, axis=0), ring, np.roll(ring, -1, axis=0)], axis=1)
        (ax, ay), (bx, by) = (triangles[:, 1] - triangles[:, 0]).T, (triangles[:, 2] - triangles[:, 0]).T
        twice_m2 = ax * by - ay * bx
        convex = np.flatnonzero(twice_m2 >= 0.0)
        by_size = convex[np.argsort(twice_m2[convex], kind="stable")]
        ear = next(k for k in by_size if _is_empty(triangles[k], np.delete(ring, [k - 1, k, (k + 1) % len(ring)], 0)))
        ring = np.delete(ring, ear, axis=0)
    return Polygon(ring) if len(ring) < len(perimeter.exterior.coords) - 1 else perimeter


def _is_empty(triangle: NDArray[np.float64], points: NDArray[np.float64]) -> bool:
    """Whether no point lies inside a triangle or on its edge."""
    return not shapely.intersects_xy(Polygon(triangle), points[:, 0], points[:, 1]).any()


def out_of_straight_reach(home: tuple[float, float], region: BaseGeometry) -> BaseGeometry:
    """Area from which the straight way home leaves `region`: the gaps of its hull and their shadows, seen from home."""
    gaps = region.convex_hull.difference(region)
    shadows = []
    for gap in getattr(gaps, "geoms", [gaps]):
        if not isinstance(gap, Polygon) or gap.area < 0.01:
            continue
        shadows.append(gap)
        ring = list(gap.exterior.coords)
        for a, b in pairwise(ring):
            shadow = Polygon([a, b, _beyond(home, b), _beyond(home, a)])
            if shadow.is_valid and shadow.area > 0.0:
                shadows.append(shadow)
    return unary_union(shadows) if shadows else MultiPolygon()


def return_region(inner: BaseGeometry, barred: list[BaseGeometry]) -> BaseGeometry:
    """Permitted area of a straight way home: inside the perimeter, outside zones, and outside buildings up to the
    height of the flight."""
    return inner.difference(shapely.union_all(barred)) if barred else inner


def _beyond(home: tuple[float, float], corner: tuple[float, ...]) -> tuple[float, float]:
    """The corner pushed far away from home."""
    return (home[0] + 1000.0 * (corner[0] - home[0]), home[1] + 1000.0 * (corner[1] - home[1]))
