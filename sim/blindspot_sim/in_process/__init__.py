"""A fleet, or a watch in turns, flown without ROS, in one process, with a clock of its own."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot_sim.in_process.fleet_flight import InProcessFleet, fly_in_process, gate_of, legal_clock
    from blindspot_sim.in_process.ground_station import GroundStation
    from blindspot_sim.in_process.log import DroneLog, FlightLog
    from blindspot_sim.in_process.watch_flight import WatchFlight
else:
    __getattr__, __all__ = open_door(__name__)
