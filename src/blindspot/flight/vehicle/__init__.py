"""One PX4 behind MAVROS: telemetry, commands, uploads, parameters."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.flight.missions.qgc import qgc_plan
    from blindspot.flight.vehicle.mavlink import (
        ACCEPTED,
        AUTHORISE_ARMING,
        DENIED,
        CommandAck,
        command_ack,
        command_long,
        read_command_ack,
    )
    from blindspot.flight.vehicle.mavros import MavrosVehicle
    from blindspot.flight.vehicle.mavros_health import is_simulation
    from blindspot.flight.vehicle.mavros_reader import YAW_FROM_NORTH, gimbal_aim, is_yaw_from_north
    from blindspot.flight.vehicle.parameters import autopilot_parameters
    from blindspot.flight.vehicle.remote_id import Numbers, RemoteIdReader, module_messages
    from blindspot.flight.vehicle.vehicle import Reply, Telemetry, Vehicle
else:
    __getattr__, __all__ = open_door(__name__)
