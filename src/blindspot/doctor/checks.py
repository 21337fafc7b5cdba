"""All checks in the order of the table, each with the modes that need the check."""

from __future__ import annotations

from blindspot.doctor import autopilot, computer, ros, transport
from blindspot.doctor.findings import Check

MODES = ("embedded", "sitl", "gazebo", "hardware")
_ALL, _PX4, _GAZEBO, _HARDWARE, _NONE = MODES, ("sitl", "gazebo"), ("gazebo",), ("hardware",), ()
_MAVROS, _LAUNCHED = ("sitl", "gazebo", "hardware"), ("gazebo", "hardware")
_LOADS_WITHIN_S, _PASSES_WITHIN_S = ros.PROBE_WITHIN_S + 5.0, transport.PASSES_WITHIN_S + 5.0
"""A little longer than the time-outs of the started programs, so that the program's message is reported."""

CHECKS = (
    Check("Python", "3.11 or newer; without a ROS distribution on Linux x86_64, up to 3.14", ros.python, _ALL),
    Check(
        "packages",
        "the versions pinned in `requirements/lock.txt`; packages of a ROS distribution are exempt",
        ros.packages,
        _ALL,
    ),
    Check("libraries", "numpy, OpenCV, onnxruntime and the others load", ros.libraries, _ALL, _LOADS_WITHIN_S),
    Check(
        "ROS 2",
        "Jazzy or Kilted with Fast DDS, the middleware that reads the profiles; `ROS_DOMAIN_ID` from 0 to "
        "101, whose ports Linux gives to no other program",
        ros.ros,
        _ALL,
        _LOADS_WITHIN_S,
    ),
    Check("interfaces", "every message package loads, with its compiled half", ros.interfaces, _ALL, _LOADS_WITHIN_S),
    Check(
        "shared memory",
        "64 MB free in `/dev/shm`: 8 MB for each process that passes pictures, for four drones",
        transport.shared_memory,
        _ALL,
    ),
    Check("multicast", "the loopback device is up and delivers a multicast message", transport.multicast, _ALL),
    Check("messages", "five messages reach another process over UDP alone", transport.messages, _ALL, _PASSES_WITHIN_S),
    Check(
        "pictures",
        "five 720p pictures reach another process whole over shared memory, the path of masked pictures and "
        "of camera topics",
        transport.pictures,
        _ALL,
        _PASSES_WITHIN_S,
    ),
    Check("detector's model", "its SHA-256 is the allowed one", computer.detectors_model, _ALL),
    Check("disk", "2 GB free where runs are written, the limit of pre-flight", computer.disk, _ALL),
    Check("clock", "a plausible date", computer.clock, _ALL),
    Check("MAVROS", "`mavros_node` with all its libraries, and `mavros_extras`", autopilot.mavros, _MAVROS),
    Check("geoid", "a complete `egm96-5.pgm` on GeographicLib's search path", autopilot.geoid, _MAVROS),
    Check("PX4", "the program `px4`, with all its libraries", autopilot.px4, _PX4),
    Check("Gazebo", "`gz sim` 8 (Harmonic) or newer", autopilot.gazebo, _GAZEBO),
    Check(
        "PX4's models",
        "the package `px4-gazebo`, or the model in `GZ_SIM_RESOURCE_PATH`",
        autopilot.px4_gazebo,
        _GAZEBO,
    ),
    Check("Gazebo's bridge", "`ros_gz_bridge`", autopilot.gazebo_bridge, _GAZEBO),
    Check("EGL", "`libEGL.so.1`, which Gazebo's cameras use for rendering", computer.egl, _GAZEBO),
    Check(
        "ros2 launch",
        "the program `ros2`, with `launch` and `launch_ros`",
        autopilot.launch,
        _LAUNCHED,
        _LOADS_WITHIN_S,
    ),
    Check(
        "serial port",
        "the port of `fcu_url` exists and this user may open it; a network link needs no port",
        computer.serial,
        _HARDWARE,
    ),
    Check(
        "clock's error",
        "synchronised, error at most 1 s; pre-flight compares the clock with the autopilot's",
        computer.clock_synchronised,
        _HARDWARE,
    ),
    Check(
        "receive buffers",
        "a socket may hold 4 MB of messages for a busy node; Linux usually allows 208 kB",
        transport.receive_buffers,
        _NONE,
    ),
    Check(
        "web libraries",
        "MapLibre GL, Preact and HTM, by SHA-256, for web maps and console",
        computer.web_libraries,
        _NONE,
    ),
    Check("GPU", "a render node that this user may open; every mode runs without one", computer.gpu, _NONE),
    Check("camera", "a video device that this user may open", computer.camera, _NONE),
)
"""Basic checks come first: a broken Python explains the failures after it."""


def checks_for(mode: str) -> tuple[Check, ...]:
    """The checks that a mode needs. An empty mode gives all checks."""
    return tuple(check for check in CHECKS if not mode or mode in check.needed_by)
