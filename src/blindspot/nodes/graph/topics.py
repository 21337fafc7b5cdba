"""The topics, services and actions that a running stack offers to other programs, as a table.

A test compares the topics with the publishers of the nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Profile = Literal["latched", "state", "events", "lease", "picture", "sensor", "heartbeat"]
"""A profile of `qos`, in small letters."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic; `<drone>` in its name or frame stands for the drone's name."""

    name: str
    type: str
    qos: Profile
    rate: str
    node: str
    frame: str = ""


@dataclass(frozen=True, slots=True)
class Interface:
    """A service or an action."""

    name: str
    kind: Literal["service", "action"]
    type: str
    node: str
    about: str


_CAMERA = "<drone>/camera_optical_frame"
TOPICS = (
    Topic("/blindspot/plan", "blindspot_msgs/Plan", "latched", "once per plan", "coverage_planner", "map"),
    Topic("/blindspot/fixed_coverage", "nav_msgs/OccupancyGrid", "latched", "once per plan", "coverage_planner", "map"),
    Topic(
        "/blindspot/blind_spots",
        "visualization_msgs/MarkerArray",
        "latched",
        "once per plan",
        "coverage_planner",
        "map",
    ),
    Topic("/blindspot/fleet_status", "blindspot_msgs/FleetStatus", "latched", "2 Hz", "mission_manager"),
    Topic(
        "/blindspot/coverage_status", "blindspot_msgs/CoverageStatus", "state", "1 Hz for each run", "coverage_monitor"
    ),
    Topic(
        "/blindspot/seen",
        "blindspot_msgs/SeenCells",
        "events",
        "1 Hz while new ground is seen",
        "coverage_monitor",
        "map",
    ),
    Topic(
        "/blindspot/ages",
        "sensor_msgs/PointCloud2",
        "latched",
        "every 10 s while a subscriber exists",
        "coverage_monitor",
        "map",
    ),
    Topic("/blindspot/run_concluded", "blindspot_msgs/RunConcluded", "state", "once per run", "logbook"),
    Topic("/<drone>/mission", "blindspot_msgs/MissionOrder", "latched", "once per route", "flight_control"),
    Topic("/<drone>/clearance", "blindspot_msgs/Clearance", "lease", "2 Hz while a plan is cleared", "authority"),
    Topic("/<drone>/drone_status", "blindspot_msgs/DroneStatus", "latched", "2 Hz", "flight_control", "map"),
    Topic("/<drone>/facts/computer", "diagnostic_msgs/DiagnosticArray", "latched", "every 2 s", "flight_control"),
    Topic("/<drone>/facts/camera", "diagnostic_msgs/DiagnosticArray", "latched", "every 2 s", "camera"),
    Topic("/<drone>/facts/models", "diagnostic_msgs/DiagnosticArray", "latched", "every 2 s", "detector"),
    Topic(
        "/<drone>/facts/ladder",
        "diagnostic_msgs/DiagnosticArray",
        "sensor",
        "1 Hz while a subscriber exists",
        "flight_control",
    ),
    Topic("/<drone>/facts/masks", "diagnostic_msgs/DiagnosticArray", "events", "once per picture", "detector"),
    Topic("/<drone>/camera/camera_info", "sensor_msgs/CameraInfo", "sensor", "5 Hz", "camera", _CAMERA),
    Topic("/<drone>/camera/pose", "geometry_msgs/PoseWithCovarianceStamped", "events", "5 Hz", "camera", "map"),
    Topic(
        "/<drone>/camera/image_masked",
        "sensor_msgs/Image",
        "picture",
        "each masked picture, while a subscriber exists",
        "detector",
        _CAMERA,
    ),
    Topic(
        "/<drone>/camera/image_masked/compressed",
        "sensor_msgs/CompressedImage",
        "picture",
        "at most `jpeg_rate_hz`, while a subscriber exists",
        "detector",
        _CAMERA,
    ),
    Topic(
        "/<drone>/detections", "vision_msgs/Detection2DArray", "events", "each searched picture", "detector", _CAMERA
    ),
    Topic("/<drone>/sightings", "blindspot_msgs/SightingArray", "events", "each searched picture", "detector", "map"),
    Topic(
        "/<drone>/events",
        "blindspot_msgs/EventArray",
        "events",
        "when an event begins, continues or ends",
        "detector",
        "map",
    ),
)
INTERNAL = (
    Topic("/blindspot/heartbeat", "blindspot_msgs/Heartbeat", "heartbeat", "5 Hz of the steady clock", "every node"),
    Topic(
        "/blindspot/node_time", "blindspot_msgs/Heartbeat", "heartbeat", "20 Hz, in simulated time only", "every node"
    ),
    Topic(
        "/blindspot/roll_call", "std_msgs/Empty", "heartbeat", "while simulated time waits for a node", "simulator"
    ),
    Topic("/diagnostics", "diagnostic_msgs/DiagnosticArray", "events", "1 Hz", "camera, recorder"),
    Topic(
        "/<drone>/camera/image_raw", "sensor_msgs/Image", "picture", "with `publish_clear_pictures` in a simulation",
        "camera", _CAMERA,
    ),
)  # fmt: skip
"""Topics of the stack itself, and of a developer."""
INTERFACES = (
    Interface(
        "/blindspot/run_mission",
        "action",
        "blindspot_msgs/RunMission",
        "mission_manager",
        "flies a mission; several at a time",
    ),
    Interface(
        "/blindspot/order",
        "service",
        "blindspot_msgs/Order",
        "mission_manager",
        "order of a named person: hold, resume, return_home, abort, jump, inspect, swapped",
    ),
    Interface(
        "/blindspot/plan_coverage",
        "service",
        "blindspot_msgs/PlanCoverage",
        "coverage_planner",
        "plans a mission into the folder of its run, or checks a given plan file",
    ),
    Interface(
        "/blindspot/replan",
        "service",
        "blindspot_msgs/Replan",
        "coverage_planner",
        "plans the views of a lost drone anew",
    ),
    Interface("/blindspot/authorise", "service", "blindspot_msgs/Authorise", "authority", "a clearance begins"),
    Interface("/blindspot/give_back", "service", "blindspot_msgs/GiveBack", "authority", "a clearance ends"),
    Interface(
        "/blindspot/pass_look",
        "service",
        "blindspot_msgs/PassLook",
        "authority",
        "passes the right to look between two turns of a watch",
    ),
    Interface(
        "/blindspot/clear_inspection",
        "service",
        "blindspot_msgs/ClearInspection",
        "authority",
        "judges the way to a point of an inspection",
    ),
    Interface("/<drone>/fly_route", "action", "blindspot_msgs/FlyRoute", "flight_control", "flies one drone's route"),
    Interface(
        "/<drone>/order",
        "service",
        "blindspot_msgs/Order",
        "flight_control",
        "the orders above for one drone, and stand_by of the mission manager",
    ),
    Interface(
        "/<drone>/fly_rest",
        "service",
        "blindspot_msgs/FlyRest",
        "flight_control",
        "replaces the route of a drone in hold",
    ),
)
