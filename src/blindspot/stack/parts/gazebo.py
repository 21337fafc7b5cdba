"""Gazebo's programs and clock, and the bridges of Gazebo's topics to each drone."""

from __future__ import annotations

import os
from pathlib import Path

from blindspot.core import InputError
from blindspot.mission import Point
from blindspot.stack.parts.basis import TOWN
from blindspot.stack.programs.dds import PICTURES
from blindspot.stack.programs.gazebo_models import AIRFRAME, DRONE, gazebo_environment
from blindspot.stack.programs.processes import NodeProcess, Options, ProgramProcess


def environment(options: Options) -> dict[str, str]:
    """The path of the drone's model, and a partition that separates this stack's Gazebo from any other."""
    return {**gazebo_environment(os.environ), "GZ_PARTITION": f"blindspot_{options.run_dir.name}"}


def gazebo(options: Options) -> tuple[ProgramProcess, ...]:
    """The server, which renders without a display, and a separate window: the flight goes on when it is closed."""
    if os.sep in options.world and not Path(options.world).is_file():
        raise InputError("world", "", f"{options.world} is no file", "name a file, or a world that Gazebo finds itself")
    command = ("gz", "sim", "-s", "-r", "--headless-rendering", options.world)
    server = ProgramProcess("gazebo", command, ends_stack=True)
    if options.headless:
        return (server,)
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise InputError("headless", "", "false needs a display, and there is none", "launch it from a desktop")
    return (server, ProgramProcess("gazebo_window", ("gz", "sim", "-g")))


def px4_environment(home: Point, world: str) -> dict[str, str]:
    """The environment of a PX4 that puts the drone into the world at the pad (ENU, m)."""
    return {
        "PX4_SYS_AUTOSTART": AIRFRAME,
        "PX4_SIM_MODEL": f"gz_{DRONE}",
        "PX4_GZ_MODEL_POSE": f"{home.east_m},{home.north_m},{home.up_m}",
        "PX4_GZ_WORLD": Path(world).stem,
        "PX4_GZ_STANDALONE": "1",
    }


def clock() -> tuple[NodeProcess, ...]:
    """Gazebo's clock, and our node that passes the clock on at a lower rate: 250 messages a second overload the
    readers."""
    bridge = NodeProcess(
        "ros_gz_bridge", "parameter_bridge", TOWN, arguments=("/clock@rosgraph_msgs/msg/Clock[gz.msgs.Clock",),
        remappings=(("/clock", f"{TOWN}/gazebo/clock"),), ends_stack=True,
    )  # fmt: skip
    return bridge, NodeProcess("blindspot_sim", "clock", TOWN, ends_stack=True)


def camera_bridge(drone: str, instance: int, world: str) -> NodeProcess:
    """Bridges a drone's pictures and gimbal attitude from Gazebo, and the gimbal's joint angles to it.

    `instance` is the number of its PX4, after which Gazebo's model is named.
    """
    name = f"{DRONE}_{instance}"
    link = f"/world/{Path(world).stem}/model/{name}/link/camera_link/sensor"
    to_us = {
        f"{link}/camera/image": ("sensor_msgs/msg/Image[gz.msgs.Image", "image_raw"),
        f"{link}/camera/camera_info": ("sensor_msgs/msg/CameraInfo[gz.msgs.CameraInfo", "camera_info"),
        f"{link}/camera_imu/imu": ("sensor_msgs/msg/Imu[gz.msgs.IMU", "gimbal_imu"),
    }
    to_gazebo = {
        f"/model/{name}/gimbal/{joint}": ("std_msgs/msg/Float64]gz.msgs.Double", f"gimbal_{joint}")
        for joint in ("yaw", "roll", "pitch")
    }
    topics = {**to_us, **to_gazebo}
    return NodeProcess(
        "ros_gz_bridge",
        "parameter_bridge",
        f"/{drone}",
        arguments=tuple(f"{topic}@{kind}" for topic, (kind, _) in topics.items()),
        remappings=tuple((topic, f"/{drone}/gazebo/{ours}") for topic, (_, ours) in topics.items()),
        environment=PICTURES,
    )
