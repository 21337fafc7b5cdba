"""The faults of a campaign, as data: each has a start time and a duration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from math import cos, inf, nan, pi, sin
from random import Random

import shapely
from shapely.geometry import MultiPoint, Point

from blindspot.flight.route.mission_items import WAYPOINT, Item
from blindspot.flight.vehicle.mavros_items import waypoints
from blindspot.flight.watch.surroundings import Other
from blindspot_lab.campaign.faulty_fleet import FaultyDrone, Fleet
from blindspot_lab.campaign.random_town import CLEARANCE_M, START, RandomTown
from blindspot_sim.mavros.adsb import AircraftNearby

Act = Callable[[Fleet, FaultyDrone, float], None]
"""An action on a drone. The number, 0 to 1, selects its direction or severity."""
ASTRAY_M = {"fence": 3.0, "zone": 3.0, "fellow": 15.0}
"""Smallest distance at the start. Towards an edge the flight sees the mission's target item at once; for another drone
no message announces it."""
CREW, CREW_TRIES = "the crew", 4


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: its start action, its end action, and the bounds of its duration."""

    begin: Act
    end: Act | None = None
    lasts_s: tuple[float, float] = (3.0, 45.0)


@dataclass(frozen=True, slots=True)
class Fault:
    kind: str
    drone: str
    at_s: float
    for_s: float
    size: float

    def __str__(self) -> str:
        return f"{self.kind}, {self.drone}, {self.at_s:.1f} s, for {self.for_s:.1f} s"


def _lease(state: str) -> Act:
    def act(_: Fleet, drone: FaultyDrone, __: float) -> None:
        drone.lease = state

    return act


def _revoke(fleet: Fleet, _: FaultyDrone, __: float) -> None:
    """The authority refuses a plan outside its area. From then on no plan is cleared."""
    plan = fleet.town.plan
    beyond = tuple((2.0 * east_m, 2.0 * north_m) for east_m, north_m in plan.perimeter)
    fleet.gate.authorise(plan.model_copy(update={"perimeter": beyond}), START + timedelta(seconds=fleet.now_s))


def _mute(is_muted: bool, *topics: str) -> Act:
    return lambda _, drone, __: drone.mute(topics, is_muted=is_muted)


def _silence(*topics: str, lasts_s: tuple[float, float] = (3.0, 45.0)) -> Kind:
    return Kind(_mute(True, *topics), _mute(False, *topics), lasts_s)


def _start_mavros(_: Fleet, drone: FaultyDrone, size: float) -> None:
    if size < 0.9:  # otherwise it stays dead
        drone.mavros.start_mavros()


def _cut(is_cut: bool) -> Act:
    def act(_: Fleet, drone: FaultyDrone, __: float) -> None:
        drone.link.cut = is_cut

    return act


def _satellites(count: int) -> Act:
    return lambda _, drone, __: drone.mavros.satellites(count)


def _drain(low: float, high: float) -> Act:
    return lambda _, drone, size: drone.mavros.drain_battery(low + size * (high - low))


def _gale(fleet: Fleet, _: FaultyDrone, size: float) -> None:
    """Wind above the drones' limit, on all of them."""
    for drone in fleet.drones.values():
        drone.mavros.wind(12.5 * cos(2.0 * pi * size), 12.5 * sin(2.0 * pi * size))
        drone.gale = True


def _calm(fleet: Fleet, _: FaultyDrone, __: float) -> None:
    for drone in fleet.drones.values():
        drone.mavros.wind(0.0, 2.0)
        drone.gale = False


def _lost(source: str, is_lost: bool) -> Act:
    def act(fleet: Fleet, drone: FaultyDrone, _: float) -> None:
        setattr(drone, f"{source}_lost_s", fleet.now_s if is_lost else inf)

    return act


def _computer(**values: float) -> Act:
    def act(_: Fleet, drone: FaultyDrone, __: float) -> None:
        drone.computer = replace(drone.computer, **values)

    return act


def _reports(does: bool) -> Act:
    def act(_: Fleet, drone: FaultyDrone, __: float) -> None:
        drone.reports = does

    return act


def _intrude(_: Fleet, drone: FaultyDrone, size: float) -> None:
    """Report a foreign drone in the way. It is not simulated, since a drone that aims to collide can't be avoided."""
    truth = drone.mavros.truth
    east_m, north_m = truth.east_m + 12.0 * cos(2.0 * pi * size), truth.north_m + 12.0 * sin(2.0 * pi * size)
    drone.intruder = Other("intruder", east_m, north_m, truth.up_m, silent_s=0.0)


def _fly_by(fleet: Fleet, drone: FaultyDrone, size: float) -> None:
    """A helicopter crosses over this drone, 30 m higher, from any side. Each drone's receiver reports it."""
    truth, at_s = drone.mavros.truth, fleet.now_s
    east, north = cos(2.0 * pi * size), sin(2.0 * pi * size)
    amsl_m = truth.up_m + 30.0 + fleet.town.plan.origin.datum_amsl_m
    place = truth.east_m + 1500.0 * east, truth.north_m + 1500.0 * north
    aircraft = AircraftNearby(at_s, *place, amsl_m, -50.0 * east, -50.0 * north)
    for each in fleet.drones.values():
        each.mavros.aircraft = aircraft


def _fly_away(fleet: Fleet, _: FaultyDrone, __: float) -> None:
    for each in fleet.drones.values():
        each.mavros.aircraft = None


def _depart(_: Fleet, drone: FaultyDrone, __: float) -> None:
    drone.intruder = None


def pilot_takes(fleet: Fleet, drone: FaultyDrone, mode: str) -> None:
    """The pilot chooses a mode. It counts as a deed only if PX4 accepts it."""
    if drone.mavros.pilot(mode):
        drone.record.deeds.append((fleet.now_s, "pilot", mode))


def _pilot(mode: str) -> Act:
    return lambda fleet, drone, _: pilot_takes(fleet, drone, mode)


def _pilot_ends(fleet: Fleet, drone: FaultyDrone, size: float) -> None:
    """The pilot gives control back, sends the drone home, lands it, or leaves the sticks."""
    if size < 0.5:
        resume(drone)
    elif size < 0.65:
        pilot_takes(fleet, drone, "AUTO.RTL")
    elif size < 0.8:
        pilot_takes(fleet, drone, "AUTO.LAND")
    else:
        drone.mavros.joystick(False)


def _disarm(fleet: Fleet, drone: FaultyDrone, _: float) -> None:
    if drone.mavros.truth.armed:
        drone.mavros.pilot_disarms()
        drone.record.deeds.append((fleet.now_s, "pilot", "disarms"))


def resume(drone: FaultyDrone) -> None:
    """A named person resumes the route, if the flight accepts that."""
    if drone.flight is not None and not drone.record.outcome and not drone.flight.resume(CREW):
        drone.record.deeds.append((drone.mavros.now_s, "resume", CREW))  # the clock of its commands


def _sticks(is_there: bool) -> Act:
    return lambda _, drone, __: drone.mavros.joystick(is_there)


def _order(order: str) -> Act:
    def act(_: Fleet, drone: FaultyDrone, size: float) -> None:
        flight = drone.flight
        if flight is None or drone.record.outcome:
            return
        if order == "jump":
            flight.jump(int(size * len(flight.route.steps)), CREW)
        elif not getattr(flight, order)() and order == "abort":
            drone.record.deeds.append((drone.mavros.now_s, "lands", CREW))

    return act


def _crash(_: Fleet, drone: FaultyDrone, __: float) -> None:
    """flight_control dies and loses its state."""
    if drone.flight is not None and not drone.record.outcome:
        drone.last_phase = drone.flight.phase
        drone.flight = None


def _restart(fleet: Fleet, drone: FaultyDrone, _: float) -> None:
    if drone.flight is None:
        drone.start_flight_control().reattach(fleet.now_s, drone.last_phase)


def _acknowledgements(_: Fleet, drone: FaultyDrone, size: float) -> None:
    drone.mavros.lose_acknowledgements(5.0 + 15.0 * size)


def _busy(_: Fleet, drone: FaultyDrone, size: float) -> None:
    drone.mavros.refuse_parameters(1.0 + 5.0 * size)


def _astray(towards: str) -> Act:
    """A foreign upload of another mission, straight out of the fence, into a zone, or at another drone."""

    def act(fleet: Fleet, drone: FaultyDrone, _: float) -> None:
        truth, route = drone.mavros.truth, drone.record.route
        here, home = Point(truth.east_m, truth.north_m), Point(route.home.east_m, route.home.north_m)
        on_route = truth.mode == "AUTO.MISSION" and abs(truth.up_m - route.takeoff_up_m) < 3.0
        goal = _goal(fleet, drone, towards, here) if on_route else None
        if goal is None or here.distance(goal) < ASTRAY_M[towards] or not _is_clear(fleet.town, [home, here, goal]):
            return
        far = 1.0 if towards == "fellow" else 1.0 + 60.0 / here.distance(goal)
        at = (here.x + far * (goal.x - here.x), here.y + far * (goal.y - here.y))
        items = [Item(WAYPOINT, 0, (0.0, 1.0, 0.0, nan), at, route.takeoff_up_m - route.home.up_m)]
        mission = {"start_index": 0, "waypoints": waypoints(items, fleet.town.site.frame)}
        drone.mavros.call("mission/push", mission, lambda _: None)
        drone.record.deeds.append((fleet.now_s, "astray", towards))

    return act


def _goal(fleet: Fleet, drone: FaultyDrone, towards: str, here: Point) -> Point | None:
    """The target of the foreign mission: the nearest place of the fence or of a zone, or the nearest drone at this
    height."""
    town = fleet.town
    if towards == "fence":
        return shapely.shortest_line(here, town.site.area_of_interest.exterior).boundary.geoms[1]
    if towards == "zone":
        zones = [zone.polygon for zone in town.site.zones]
        nearest = min((z for z in zones if here.distance(z) >= ASTRAY_M[towards]), key=here.distance, default=None)
        return None if nearest is None else shapely.shortest_line(here, nearest).boundary.geoms[1]
    places = [Point(t.east_m, t.north_m) for other in fleet.drones.values() if other is not drone
              for t in [other.mavros.truth] if abs(t.up_m - drone.mavros.truth.up_m) < 5.0]  # fmt: skip
    return min(places, key=here.distance, default=None)


def _is_clear(town: RandomTown, corners: list[Point]) -> bool:
    """True if the way, and each way home from it, avoids towers and zones, except the zone at the last corner."""
    level_m = town.plan.routes[0].takeoff_up_m
    high = [b.footprint for b in town.site.buildings if b.highest_m > level_m - CLEARANCE_M]
    zones = [z.polygon for z in town.site.zones if z.polygon.distance(corners[-1]) > 0.1]
    ways = MultiPoint(corners).convex_hull
    return not shapely.dwithin(ways, shapely.union_all([*high, *zones]), 2.0 * CLEARANCE_M)


MOTION = ("global_position/compass_hdg", "local_position/pose", "local_position/velocity_local")
PLACE, BATTERY = ("global_position/global",), ("battery",)
GIMBAL = ("gimbal_control/device/attitude_status",)

KINDS: Mapping[str, Kind] = {
    "lease silent": Kind(_lease("silent"), _lease("granted"), (2.0, 60.0)),
    "lease refused": Kind(_lease("refused"), _lease("granted"), (2.0, 60.0)),
    "plan revoked": Kind(_revoke),
    "MAVROS dead": Kind(lambda _, drone, __: drone.mavros.kill_mavros(), _start_mavros, (2.0, 80.0)),
    "vehicle link cut": Kind(_cut(True), _cut(False), (1.0, 60.0)),
    "satellites lost": Kind(_satellites(0), _satellites(10), (2.0, 25.0)),
    "position not heard": _silence(*PLACE),
    "motion not heard": _silence(*MOTION),
    "estimator not heard": _silence("estimator_status"),
    "battery low": Kind(_drain(0.10, 0.24)),
    "battery spent": Kind(_drain(0.02, 0.10)),
    "battery not heard": _silence(*BATTERY),
    "gale": Kind(_gale, _calm, (10.0, 60.0)),
    "gimbal lost": _silence(*GIMBAL, lasts_s=(2.0, 60.0)),
    "camera lost": Kind(_lost("camera", True), _lost("camera", False), (2.0, 60.0)),
    "ground station lost": Kind(_lost("ground", True), _lost("ground", False), (2.0, 40.0)),
    "disk full": Kind(_computer(disk_free_mb=100.0), _computer(disk_free_mb=inf)),
    "computer hot": Kind(_computer(temperature_c=95.0), _computer(temperature_c=40.0)),
    "fellow silent": Kind(_reports(False), _reports(True)),
    "intruder": Kind(_intrude, _depart),
    "astray over the fence": Kind(_astray("fence")),
    "astray into a zone": Kind(_astray("zone")),
    "astray at a fellow": Kind(_astray("fellow")),
    "sticks lost": Kind(_sticks(True), _sticks(False), (1.0, 10.0)),
    "pilot POSCTL": Kind(_pilot("POSCTL"), _pilot_ends, (1.0, 45.0)),
    "pilot ALTCTL": Kind(_pilot("ALTCTL"), _pilot_ends, (1.0, 20.0)),
    "pilot hold": Kind(_pilot("AUTO.LOITER"), _pilot_ends, (1.0, 45.0)),
    "pilot return": Kind(_pilot("AUTO.RTL")),
    "pilot land": Kind(_pilot("AUTO.LAND")),
    "pilot disarms": Kind(_disarm),
    "operator hold": Kind(_order("hold"), lambda _, drone, __: resume(drone)),
    "operator return": Kind(_order("return_home")),
    "operator abort": Kind(_order("abort")),
    "operator jump": Kind(_order("jump")),
    "flight_control lost": Kind(_crash, _restart, (4.0, 15.0)),
    "acknowledgements lost": Kind(_acknowledgements),
    "parameters busy": Kind(_busy),
    "aircraft near": Kind(_fly_by, _fly_away, (5.0, 120.0)),
}


def draw(random: Random, seed: int, town: RandomTown) -> tuple[Fault, ...]:
    """One fault of each kind in turn, selected by the seed, and usually more of any kind, often soon after it."""
    names = list(KINDS)
    routes = town.plan.routes
    over_s = max(route.expected.flight_time_s for route in routes) + 40.0
    faults = [_fault(random, names[seed % len(names)], random.choice(routes).drone, random.uniform(2.0, over_s))]
    for _ in range(random.choice((0, 1, 1, 1, 2))):
        first = faults[0]
        in_its_wake = random.random() < 0.6
        at_s = first.at_s + random.uniform(0.0, 1.2) * first.for_s if in_its_wake else random.uniform(2.0, over_s)
        drone = first.drone if random.random() < 0.7 else random.choice(routes).drone
        faults.append(_fault(random, random.choice(names), drone, at_s))
    return tuple(faults)


def _fault(random: Random, kind: str, drone: str, at_s: float) -> Fault:
    return Fault(kind, drone, at_s, random.uniform(*KINDS[kind].lasts_s), random.random())


def script(fleet: Fleet, faults: tuple[Fault, ...], crew_waits_s: float) -> Callable[[float], None]:
    """The actions before each tick: faults begin and end, and the crew tries to resume from a hold."""
    due = [(f.at_s, KINDS[f.kind].begin, f) for f in faults]
    due += [(f.at_s + f.for_s, end, f) for f in faults for end in [KINDS[f.kind].end] if end is not None]
    due.sort(key=lambda act: act[0])
    held_s, tries = dict.fromkeys(fleet.drones, 0.0), dict.fromkeys(fleet.drones, CREW_TRIES)

    def play(now_s: float) -> None:
        while due and due[0][0] <= now_s:
            _, act, fault = due.pop(0)
            act(fleet, fleet.drones[fault.drone], fault.size)
        for name, drone in fleet.drones.items():
            if drone.flight is None or drone.flight.phase != "hold":
                held_s[name] = now_s
            elif now_s - held_s[name] > crew_waits_s and tries[name]:
                held_s[name], tries[name] = now_s, tries[name] - 1
                resume(drone)

    return play
