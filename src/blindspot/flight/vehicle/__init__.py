"""One PX4 behind MAVROS: telemetry, commands, uploads, parameters."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.flight.vehicle.mavlink import (
        ACCEPTED as ACCEPTED,
        AUTHORISE_ARMING as AUTHORISE_ARMING,
        DENIED as DENIED,
        CommandAck as CommandAck,
        command_ack as command_ack,
        command_long as command_long,
        read_command_ack as read_command_ack,
    )
    from blindspot.flight.vehicle.mavros import MavrosVehicle as MavrosVehicle
    from blindspot.flight.vehicle.mavros_ear import (
        YAW_FROM_NORTH as YAW_FROM_NORTH,
        gimbal_aim as gimbal_aim,
        is_yaw_from_north as is_yaw_from_north,
    )
    from blindspot.flight.vehicle.mavros_health import is_simulation as is_simulation
    from blindspot.flight.vehicle.parameters import autopilot_parameters as autopilot_parameters
    from blindspot.flight.vehicle.qgc import qgc_plan as qgc_plan
    from blindspot.flight.vehicle.remote_id import (
        Numbers as Numbers,
        RemoteIdEar as RemoteIdEar,
        module_messages as module_messages,
    )
    from blindspot.flight.vehicle.vehicle import Reply as Reply, Telemetry as Telemetry, Vehicle as Vehicle
else:
    __getattr__, __all__ = open_door(__name__)
