"""A fleet flown without ROS, in one process, with a clock of its own."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot_sim.in_process.fleet_flight import (
        InProcessFleet as InProcessFleet,
        fly_in_process as fly_in_process,
        gate_of as gate_of,
        legal_clock as legal_clock,
    )
    from blindspot_sim.in_process.ground_station import GroundStation as GroundStation
    from blindspot_sim.in_process.log import DroneLog as DroneLog, FlightLog as FlightLog
else:
    __getattr__, __all__ = open_door(__name__)
