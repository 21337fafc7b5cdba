"""Gazebo's programs, and the bridges of its topics."""

from __future__ import annotations

from pathlib import Path


def test_gazebo_bridges_the_clock_and_each_drones_pictures(made, node_of, tmp_path, monkeypatch):
    monkeypatch.setenv("GZ_SIM_RESOURCE_PATH", "/px4/models")
    world = tmp_path / "town.sdf"
    world.touch()
    what = made("gazebo", world=str(world))
    assert [program.name for program in what.programs] == ["gazebo", "px4_drone1", "px4_drone2"]
    assert what.programs[0].command == ("gz", "sim", "-s", "-r", "--headless-rendering", str(world))
    assert what.environment["GZ_PARTITION"] == "blindspot_run"
    searched = [Path(folder) for folder in what.environment["GZ_SIM_RESOURCE_PATH"].split(":")]
    assert searched[0] == Path("/px4/models") and (searched[1] / "blindspot_x500" / "model.sdf").is_file()
    assert what.environment["PX4_GZ_MODELS"] == str(searched[1])
    camera = node_of(what, "/drone2/camera").parameters
    assert (camera["source"], camera["address"]) == ("topic", "gazebo/image_raw")
    clock = node_of(what, "/blindspot/parameter_bridge")
    assert clock.arguments == ("/clock@rosgraph_msgs/msg/Clock[gz.msgs.Clock",)
    assert clock.remappings == (("/clock", "/blindspot/gazebo/clock"),)
    for index, drone in enumerate(("drone1", "drone2")):
        started = what.programs[index + 1].environment
        assert (started["PX4_GZ_WORLD"], started["PX4_SYS_AUTOSTART"]) == ("town", "4019")
        assert started["PX4_SIM_MODEL"] == "gz_blindspot_x500"
        bridge = node_of(what, f"/{drone}/parameter_bridge")
        bridged = [argument.split("@")[0] for argument in bridge.arguments]
        assert [source for source, _ in bridge.remappings] == bridged
        assert all(f"/model/blindspot_x500_{index}/" in topic for topic in bridged)
        assert all(topic.startswith("/world/town/") for topic in bridged[:3])
        names = ("image_raw", "camera_info", "gimbal_imu", "gimbal_yaw", "gimbal_roll", "gimbal_pitch")
        assert [target for _, target in bridge.remappings] == [f"/{drone}/gazebo/{name}" for name in names]


def test_closing_gazebos_window_ends_no_flight(made, monkeypatch):
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    what = made("gazebo", headless=False)
    assert [program.name for program in what.programs] == ["gazebo", "gazebo_window", "px4_drone1", "px4_drone2"]
    assert "-s" in what.programs[0].command
