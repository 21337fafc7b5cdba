"""A slow and simple model of the ways home that the autopilot may choose. Tests compare the product's code with it."""

from __future__ import annotations

from dataclasses import dataclass
from math import dist

from blindspot.mission import Point, Route
from blindspot.mission.return_path import OFF_PATH_M, STRAIGHT, ItemPlace, directions_of, positions_of


@dataclass(frozen=True, slots=True)
class WayHome:
    """A way that the autopilot may fly, from the drone's position to the pad."""

    path: tuple[Point, ...]
    forwards: bool
    """Along the mission to its landing item; else backwards, or straight."""


def ways_home(route: Route, item: int, at: Point, *, holding: bool) -> tuple[WayHome, ...]:
    """The ways home that the autopilot may choose.

    Parameters
    ----------
    route
        The route that is uploaded.
    item
        Number of the current item of the mission; in a hold the closest item counts instead.
    at
        Position of the drone, m ENU.
    holding
        The drone is in another mode than the mission mode, for example in a hold.

    Returns
    -------
    tuple of WayHome
        Both directions if the choice is open, and each item that may be the closest.
    """
    over_pad = Point(east_m=route.home.east_m, north_m=route.home.north_m, up_m=at.up_m)
    if route.failsafe.rtl_type == STRAIGHT:
        return (WayHome((at, over_pad, route.home), forwards=False),)
    places = positions_of(route.home, route.takeoff_up_m, route.steps)
    starts = closest(places, at) if holding else (None,)
    ways = []
    for start in starts:
        for forwards in directions_of(places[-1].item, item if start is None else places[start].item):
            first = _first(places, item, forwards=forwards) if start is None else start
            row = places[first:] if forwards else places[first::-1]
            ways.append(WayHome(_path(at, row, route.home), forwards))
    return tuple(dict.fromkeys(ways))


def _first(places: tuple[ItemPlace, ...], item: int, *, forwards: bool) -> int:
    """Index of the place where a return from the mission mode begins: from the current item on, or two items back."""
    if forwards:
        return next((k for k, place in enumerate(places) if place.item >= item), len(places) - 1)
    before = [k for k, place in enumerate(places) if place.item <= item - 2]
    return before[-1] if before else 1


def _path(at: Point, row: tuple[ItemPlace, ...], home: Point) -> tuple[Point, ...]:
    """From the drone over the places; the last of them is the landing item or the take-off item."""
    path = [at]
    for place in row:
        if place.at != path[-1] and place.at != home:
            path.append(place.at)
    over_pad = Point(east_m=home.east_m, north_m=home.north_m, up_m=path[-1].up_m)
    if over_pad != path[-1]:
        path.append(over_pad)
    return (*path, home)


def closest(places: tuple[ItemPlace, ...], at: Point) -> tuple[int, ...]:
    """Indices of the places that may be the closest to a drone near `at`, in space. Of equal places the first counts.

    A place may be closer than the closest of all if the drone is within `OFF_PATH_M` of the plane between them.
    """
    here = _xyz(at)
    away_m = [dist(here, _xyz(place.at)) for place in places]
    best = min(range(len(places)), key=away_m.__getitem__)
    found: dict[Point, int] = {}
    for number, place in enumerate(places):
        apart_m = dist(_xyz(place.at), _xyz(places[best].at))
        if away_m[number] ** 2 - away_m[best] ** 2 <= 2.0 * OFF_PATH_M * apart_m:
            found.setdefault(place.at, number)
    return tuple(found.values())


def _xyz(point: Point) -> tuple[float, float, float]:
    return point.east_m, point.north_m, point.up_m
