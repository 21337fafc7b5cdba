"""The ground station of a run outside ROS: when the plan loses a drone, it plans the rest and gets it cleared.

It uses the rules of `mission_manager` (`flight/fleet.py`), the planner and the gate. Planning takes zero simulated
time.
"""

from __future__ import annotations

from collections.abc import Callable

from blindspot.core import BlindspotError, PlanningError
from blindspot.flight import WAITING, Command, FleetRun
from blindspot.mission import Mission, Plan, Route, site_of
from blindspot.mission.in_flight import Situation, Standing, standing
from blindspot.planning import make_rest
from blindspot.planning.checker import check_rest
from blindspot_sim.in_process.fleet_flight import InProcessFleet

CHECKS_EVERY_S = 0.5
Clear = Callable[[Plan, float], str]
"""Requests the gate's verdict on a plan at a time. Returns the reason of a refusal, empty if granted."""


class GroundStation:
    """Checks the fleet before each step, at the rate of a real ground station's status messages."""

    def __init__(self, plan: Plan, mission: Mission, clear: Clear) -> None:
        self.plan = plan
        """The latest route of each drone."""
        self.rests: list[Plan] = []
        self._mission, self._clear = mission, clear
        self._now_s = 0.0
        self._next_s = 0.0
        self._owed: list[Command] = []
        self.run = FleetRun([route.drone for route in plan.routes], lambda: self._now_s)

    def step(self, fleet: InProcessFleet) -> None:
        """Read every drone's status, and execute the orders that follow."""
        if fleet.now_s < self._next_s:
            return
        self._now_s, self._next_s = fleet.now_s, fleet.now_s + CHECKS_EVERY_S
        for name, drone in fleet.drones.items():
            flight = drone.flight
            if flight.outcome is None:
                self.run.drone_reported(name, flight.phase, flight.reason)
            elif name in self.run.flying:
                self.run.route_ended(name, flight.outcome, flight.reason)
        if self.run.rest_is_due():
            self._redistribute(fleet)
        self._owed = [command for command in (*self._owed, *self.run.take_commands()) if not self._done(fleet, command)]

    def _redistribute(self, fleet: InProcessFleet) -> None:
        self.run.call_off_others()
        names = self.run.standing_by
        try:
            rest, without = self._rest(fleet)
        except BlindspotError as error:
            self.run.no_rest(names, str(error))
            return
        taken = []
        for name in names:
            route = rest.route_of(name)
            problem = without.get(name, "") if route is None else fleet.drones[name].flight.fly_rest(route)
            if route is None or problem:
                self.run.no_rest([name], problem)
            else:
                fleet.drones[name].recorder.later.append(route)
                taken.append(name)
        self.rests.append(rest)
        self.plan = self.plan.with_routes(route for route in rest.routes if route.drone in taken)
        self.run.flies_rest(f"{' and '.join(taken) or 'nobody'} took the rest of the plan")

    def _rest(self, fleet: InProcessFleet) -> tuple[Plan, dict[str, str]]:
        """A checked and cleared rest of the plan, and the drones that get no part of it, with the reason.

        Raises BlindspotError if there is no such rest.
        """
        drones = tuple(self._standing(fleet, route) for route in self.plan.routes)
        situation = Situation(schema="blindspot.situation/1", drones=drones)
        site = site_of(self._mission)
        rest = make_rest(self.plan, situation, self._mission, site)
        broken = check_rest(rest.plan, self.plan, situation, self._mission, site)
        if broken:
            raise PlanningError(f"the new routes break {len(broken)} rules; the first: {broken[0]}")
        if refusal := self._clear(rest.plan, self._now_s):
            raise PlanningError(refusal)
        return rest.plan, dict(rest.without)

    def _standing(self, fleet: InProcessFleet, route: Route) -> Standing:
        drone = fleet.drones[route.drone]
        seen = drone.flight.seen
        return standing(
            route, hovers=route.drone in self.run.standing_by, down=route.drone in self.run.down,
            at_m=(seen.east_m, seen.north_m, route.home.up_m + seen.height_m), battery_fraction=seen.battery_fraction,
            route_fraction=drone.flight.route_fraction, flown_s=self._now_s,
        )  # fmt: skip

    def _done(self, fleet: InProcessFleet, command: Command) -> bool:
        """Give an order. Returns False if it must be repeated: a drone stands by only after its take-off."""
        flight = fleet.drones[command.drone].flight
        if command.order == "return_home":
            flight.return_home(command.reason)
        elif command.order == "stand_by" and self.run.phase in WAITING and flight.outcome is None:
            if flight.stand_by():
                return False
            self.run.stands_by(command.drone)
        return True
