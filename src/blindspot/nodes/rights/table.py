"""The rights of each process on the ROS graph: the topics, services and actions that the process uses, and no other.

SROS 2's enclaves are made from the rights. `test/system/test_rights.py` compares the rights with the graph of a
running stack, so that the two stay equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from blindspot.core import InputError
from blindspot.flight.vehicle import mavros_reader
from blindspot.flight.watch import TRAFFIC_TOPIC
from blindspot.mission import Fleet
from blindspot.nodes.autopilot.drone_facts import CAMERA, COMPUTER, MASKS, MODELS
from blindspot.nodes.autopilot.ladder_report import LADDER
from blindspot.nodes.autopilot.mavros_interface import (
    CALLED,
    CALLED_BEFORE_FLIGHT,
    CALLED_TO_RETURN,
    PARAMETERS,
    RAW_SINK,
    RAW_SOURCE,
    SUBSCRIBED,
    raw_topic,
)
from blindspot.nodes.graph.node_runner import HEARTBEAT_TOPIC, NODE_TIME_TOPIC, ROLL_CALL_TOPIC
from blindspot.stack.enclaves import CONSOLE, OPERATOR, PREFLIGHT, Rights

TOWN = "/blindspot"
OWN_SERVICES = (
    "describe_parameters", "get_parameter_types", "get_parameters", "list_parameters", "set_parameters",
    "set_parameters_atomically", "get_type_description",
)  # fmt: skip
"""ROS gives these services to each node, and a node fails without the services. No process has the right to
call them, except `preflight`."""
_MASKED = ("camera/image_masked", "camera/image_masked/compressed")
_SEEN = ("detections", "sightings", "events")


def rights_of(enclave: str, fleet: Fleet, *, simulated: bool) -> Rights:
    """The rights of a process by the full name of its node; `simulated` means that the stack has `/clock`.

    Raises InputError for a process without an enclave, such as Gazebo's bridges.

    Example
    -------
    >>> rights_of("/blindspot/authority", fleet, simulated=False).publishes  # doctest: +SKIP
    frozenset({'/drone1/clearance', '/blindspot/heartbeat', ...})
    """
    namespace, _, name = enclave.rpartition("/")
    drones = {f"/{drone}": drone for drone in fleet.names}
    if name == "mavros_node" and (drone := drones.get(namespace.removesuffix("/mavros"))) is not None:
        return _mavros(drone, fleet)
    own: Rights | None = None
    if namespace in drones and name in _OF_A_DRONE:
        own = _OF_A_DRONE[name](drones[namespace], fleet)
    elif enclave in _OF_THE_TOWN:
        own = _OF_THE_TOWN[enclave](fleet)
    if own is None:
        raise InputError(enclave, "", "has no rights in SROS 2", "enclaves are for modes embedded, sitl and hardware")
    if enclave == f"{TOWN}/authority" and not simulated:
        own |= _facts_of_drones(fleet)
    return own | _of_each_node(enclave, simulated=simulated)


def _of_each_node(enclave: str, *, simulated: bool) -> Rights:
    beats = enclave not in (OPERATOR, PREFLIGHT, CONSOLE)
    hears = {"/clock"} if simulated and enclave != "/simulator" else set()
    says = {"/rosout", "/parameter_events"} | ({HEARTBEAT_TOPIC} if beats else set())
    if simulated and beats and enclave != "/simulator":
        hears.add(ROLL_CALL_TOPIC)
        says.add(NODE_TIME_TOPIC)
    return Rights(
        publishes=frozenset(says),
        subscribes=frozenset(hears),
        serves=_below(enclave, OWN_SERVICES),
    )


def _below(namespace: str, *names: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{namespace}/{name}" for some in names for name in some)


def _each(fleet: Fleet, *names: str) -> frozenset[str]:
    """The names below each drone."""
    return frozenset(f"/{drone}/{name}" for drone in fleet.names for name in names)


def _mavros_of(fleet: Fleet, names: Iterable[str]) -> frozenset[str]:
    return _each(fleet, *(f"mavros/{name}" for name in names))


def _raw_of(fleet: Fleet, drones: Iterable[str]) -> frozenset[str]:
    """Raw MAVLink from drones with numbers of remote identification, which send theirs back in it."""
    named = (drone for drone in drones if _has_numbers(fleet, drone))
    return frozenset(raw_topic(fleet.system_id(drone), RAW_SOURCE) for drone in named)


def _has_numbers(fleet: Fleet, drone: str) -> bool:
    return bool(fleet.file.remote_id_operator or fleet.member(drone).remote_id_serial)


# The nodes of a drone


def _flight_control(drone: str, fleet: Fleet) -> Rights:
    others = frozenset(f"/{other}/drone_status" for other in fleet.names if other != drone)
    mavros = f"/{drone}/mavros"
    sent = [topic for topic in SUBSCRIBED if not topic.startswith("open_drone_id/") or _has_numbers(fleet, drone)]
    return Rights(
        publishes=_below(f"/{drone}", ("drone_status", "mission", f"facts/{COMPUTER}", f"facts/{LADDER}"))
        | _below(mavros, sent),
        subscribes=_below(f"/{drone}", ("camera/camera_info", "clearance"))
        | _below(mavros, mavros_reader.TOPICS, (TRAFFIC_TOPIC,)) | _raw_of(fleet, (drone,)) | others
        | {f"{TOWN}/fleet_status"},
        serves=_below(f"/{drone}", ("order", "fly_rest")),
        calls=_below(mavros, CALLED) | {f"{TOWN}/clear_inspection"},
        performs=_below(f"/{drone}", ("fly_route",)),
    )  # fmt: skip


def _camera(drone: str, _: Fleet) -> Rights:
    placed = ("mavros/local_position/pose", "mavros/global_position/global", "mavros/home_position/home")
    aimed = (*placed, "mavros/gimbal_control/device/attitude_status")
    return Rights(
        publishes=_below(f"/{drone}", ("camera/pose", "camera/camera_info", f"facts/{CAMERA}")) | {"/diagnostics"},
        subscribes=_below(f"/{drone}", ("drone_status", "clearance", "mission", *aimed)),
    )


def _detector(drone: str, _: Fleet) -> Rights:
    return Rights(
        publishes=_below(f"/{drone}", _SEEN, _MASKED, (f"facts/{MODELS}", f"facts/{MASKS}")),
        subscribes=_below(f"/{drone}", ("clearance", "mission")),
    )


def _recorder(drone: str, _: Fleet) -> Rights:
    heard = ("clearance", "mission", "drone_status", "camera/pose", f"facts/{MASKS}", _MASKED[1], *_SEEN)
    return Rights(publishes=frozenset({"/diagnostics"}), subscribes=_below(f"/{drone}", heard))


def _gimbal(drone: str, _: Fleet) -> Rights:
    """The node `gimbal` of a simulated PX4, in the place of MAVROS's gimbal plugins."""
    return Rights(
        publishes=_below(f"/{drone}/mavros", ("gimbal_control/device/attitude_status",)),
        subscribes=_below(f"/{drone}/mavros", ("mission/waypoints", "global_position/compass_hdg")),
        serves=_below(f"/{drone}/mavros/gimbal_control/manager", ("configure", "pitchyaw")),
    )


def _mavros(drone: str, fleet: Fleet) -> Rights:
    """The plugins of MAVROS decide what MAVROS opens, so MAVROS has every name in its own namespace; MAVROS calls
    nothing."""
    own, raw = f"/{drone}/mavros/*", [raw_topic(fleet.system_id(drone), name) for name in (RAW_SOURCE, RAW_SINK)]
    link = f"{raw[0].rpartition('/')[0]}/*"
    shared = {"/rosout", "/parameter_events", "/diagnostics", "/tf", "/tf_static"}
    return Rights(
        publishes=frozenset({own, link, *shared}), subscribes=frozenset({own, link, *shared, "/clock"}),
        serves=frozenset({own, link}),
    )  # fmt: skip


# The nodes of the ground station


def _authority(fleet: Fleet) -> Rights:
    raw = [(raw_topic(fleet.system_id(drone), name), name) for drone in fleet.names for name in (RAW_SOURCE, RAW_SINK)]
    return Rights(
        publishes=_each(fleet, "clearance") | {topic for topic, name in raw if name == RAW_SINK},
        subscribes=_each(fleet, "camera/pose", "camera/camera_info", f"facts/{MASKS}", "drone_status")
        | _mavros_of(fleet, ("state", "extended_state"))
        | {topic for topic, name in raw if name == RAW_SOURCE},
        serves=_below(TOWN, ("authorise", "give_back", "clear_inspection", "pass_look")),
        calls=_mavros_of(fleet, ("vehicle_info_get",)),
    )  # fmt: skip


def _facts_of_drones(fleet: Fleet) -> Rights:
    """Of the authority of real flights, which reads the facts of pre-flight."""
    facts = (f"facts/{name}" for name in (COMPUTER, CAMERA, MODELS))
    return Rights(subscribes=_each(fleet, *facts), calls=_mavros_of(fleet, (PARAMETERS,)))


def _coverage_planner(_: Fleet) -> Rights:
    return Rights(
        publishes=_below(TOWN, ("plan", "fixed_coverage", "blind_spots")),
        serves=_below(TOWN, ("plan_coverage", "replan")),
    )


def _coverage_monitor(fleet: Fleet) -> Rights:
    return Rights(
        publishes=_below(TOWN, ("coverage_status", "seen", "ages")),
        subscribes=_each(fleet, "camera/pose", "camera/camera_info") | {f"{TOWN}/fleet_status"},
    )


def _mission_manager(fleet: Fleet) -> Rights:
    return Rights(
        publishes=_below(TOWN, ("fleet_status",)),
        subscribes=_each(fleet, "drone_status", "clearance", "camera/pose") | _mavros_of(fleet, mavros_reader.TOPICS)
        | {f"{TOWN}/coverage_status", HEARTBEAT_TOPIC},
        serves=_below(TOWN, ("order",)),
        calls=_each(fleet, "fly_rest", "order") | _mavros_of(fleet, CALLED_TO_RETURN)
        | _below(TOWN, ("authorise", "give_back", "pass_look", "replan")),
        performs=_below(TOWN, ("run_mission",)), orders=_each(fleet, "fly_route"),
    )  # fmt: skip


_REQUESTS = Rights(calls=_below(TOWN, ("plan_coverage",)), orders=_below(TOWN, ("run_mission",)))
"""Let a mission be planned and flown."""


def _scheduler(_: Fleet) -> Rights:
    return _REQUESTS | Rights(subscribes=_below(TOWN, ("fleet_status",)))


def _mission_starter(_: Fleet) -> Rights:
    return _REQUESTS | Rights(subscribes=frozenset({HEARTBEAT_TOPIC}))


def _operator(fleet: Fleet) -> Rights:
    return _REQUESTS | Rights(
        subscribes=_each(fleet, "drone_status", "detections")
        | {f"{TOWN}/fleet_status", f"{TOWN}/coverage_status", HEARTBEAT_TOPIC, "/rosout", "/clock"},
        calls=_each(fleet, "order") | _below(TOWN, ("order",)),
    )


def _console(fleet: Fleet) -> Rights:
    """The console hears, stops drones, and passes on what a person orders."""
    return _REQUESTS | Rights(
        calls=_below(TOWN, ("order",)),
        subscribes=_each(fleet, "drone_status", "clearance", f"facts/{LADDER}", _MASKED[1])
        | {HEARTBEAT_TOPIC, "/diagnostics"}
        | _below(TOWN, ("fleet_status", "coverage_status", "seen", "ages")),
    )


def _logbook(fleet: Fleet) -> Rights:
    """The logbook also brings home the drones that nobody flies after the loss of the mission manager."""
    return Rights(
        publishes=_below(TOWN, ("run_concluded",)),
        subscribes=_each(fleet, "drone_status", "detections", "clearance") | _mavros_of(fleet, mavros_reader.TOPICS)
        | {f"{TOWN}/fleet_status", f"{TOWN}/coverage_status", HEARTBEAT_TOPIC, "/rosout"},
        calls=_mavros_of(fleet, CALLED_TO_RETURN),
    )  # fmt: skip


def _preflight(fleet: Fleet) -> Rights:
    return Rights(
        subscribes=_each(fleet, "clearance", "camera/camera_info", f"facts/{COMPUTER}")
        | _mavros_of(fleet, mavros_reader.TOPICS)
        | _raw_of(fleet, fleet.names) | {f"{TOWN}/fleet_status", HEARTBEAT_TOPIC},
        calls=_below(TOWN, ("authorise", "give_back")) | _each(fleet, "flight_control/get_parameters")
        | _mavros_of(fleet, CALLED_BEFORE_FLIGHT),
    )  # fmt: skip


def _simulator(fleet: Fleet) -> Rights:
    """Stands in for the MAVROS of each drone, with all names below it, and carries the time of the stack."""
    raw = [(raw_topic(fleet.system_id(drone), name), name) for drone in fleet.names for name in (RAW_SOURCE, RAW_SINK)]
    return Rights(
        publishes=_mavros_of(fleet, ("*",)) | {topic for topic, name in raw if name == RAW_SOURCE}
        | {"/clock", ROLL_CALL_TOPIC},
        subscribes=_mavros_of(fleet, SUBSCRIBED) | {topic for topic, name in raw if name == RAW_SINK}
        | {f"{TOWN}/fleet_status", NODE_TIME_TOPIC},
        serves=_mavros_of(fleet, ("*",)),
    )  # fmt: skip


_OF_A_DRONE: Mapping[str, Callable[[str, Fleet], Rights]] = {
    "flight_control": _flight_control, "camera": _camera, "detector": _detector, "recorder": _recorder,
    "gimbal": _gimbal,
}  # fmt: skip
_OF_THE_TOWN: Mapping[str, Callable[[Fleet], Rights]] = {
    f"{TOWN}/authority": _authority, f"{TOWN}/coverage_planner": _coverage_planner,
    f"{TOWN}/coverage_monitor": _coverage_monitor, f"{TOWN}/mission_manager": _mission_manager,
    f"{TOWN}/logbook": _logbook, f"{TOWN}/scheduler": _scheduler, f"{TOWN}/mission_starter": _mission_starter,
    "/simulator": _simulator, OPERATOR: _operator, PREFLIGHT: _preflight, CONSOLE: _console,
}  # fmt: skip
