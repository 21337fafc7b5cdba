"""All checks in the order of the table, with the modes that need them."""

from __future__ import annotations

from blindspot.doctor import autopilot, computer, ros, transport
from blindspot.doctor.findings import Check

MODES = ("embedded", "sitl", "gazebo", "hardware")
_ALL, _PX4, _GAZEBO, _HARDWARE, _NONE = MODES, ("sitl", "gazebo"), ("gazebo",), ("hardware",), ()
_MAVROS, _LAUNCHED = ("sitl", "gazebo", "hardware"), ("gazebo", "hardware")
_LOADS_WITHIN_S, _PASSES_WITHIN_S = ros.PROBE_WITHIN_S + 5.0, transport.PASSES_WITHIN_S + 5.0
"""A little longer than the time-outs of the programs that these checks start, so that their message is reported."""

CHECKS = (
    Check("Python", ros.python, _ALL),
    Check("packages", ros.packages, _ALL),
    Check("libraries", ros.libraries, _ALL, _LOADS_WITHIN_S),
    Check("ROS 2", ros.ros, _ALL, _LOADS_WITHIN_S),
    Check("interfaces", ros.interfaces, _ALL, _LOADS_WITHIN_S),
    Check("shared memory", transport.shared_memory, _ALL),
    Check("multicast", transport.multicast, _ALL),
    Check("messages", transport.messages, _ALL, _PASSES_WITHIN_S),
    Check("pictures", transport.pictures, _ALL, _PASSES_WITHIN_S),
    Check("detector's model", computer.detectors_model, _ALL),
    Check("disk", computer.disk, _ALL),
    Check("clock", computer.clock, _ALL),
    Check("MAVROS", autopilot.mavros, _MAVROS),
    Check("geoid", autopilot.geoid, _MAVROS),
    Check("PX4", autopilot.px4, _PX4),
    Check("Gazebo", autopilot.gazebo, _GAZEBO),
    Check("PX4's models", autopilot.px4_gazebo, _GAZEBO),
    Check("Gazebo's bridge", autopilot.gazebo_bridge, _GAZEBO),
    Check("EGL", computer.egl, _GAZEBO),
    Check("ros2 launch", autopilot.launch, _LAUNCHED, _LOADS_WITHIN_S),
    Check("serial port", computer.serial, _HARDWARE),
    Check("clock's error", computer.clock_synchronised, _HARDWARE),
    Check("receive buffers", transport.receive_buffers, _NONE),
    Check("map library", computer.map_library, _NONE),
    Check("GPU", computer.gpu, _NONE),
    Check("camera", computer.camera, _NONE),
)
"""Basic checks come first: a broken Python explains the failures after it."""


def checks_for(mode: str) -> tuple[Check, ...]:
    """The checks that a mode needs. An empty mode gives all checks."""
    return tuple(check for check in CHECKS if not mode or mode in check.needed_by)
