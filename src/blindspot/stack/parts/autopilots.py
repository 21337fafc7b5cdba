"""The autopilots of a stack: the embedded simulator, or for each drone a MAVROS, on a simulated PX4 or a real link.

Several MAVROS that start together read all parameters together, and some MAVROS then miss a part. So
each starts `APART_S` after the one before. MAVROS 2.12 requests the parameters 10 s after the link is up (read in the
source). This shifts all readings alike: each MAVROS reads alone for `APART_S`. 8 s are assumed, not measured.
`THREADS` limits the threads of one MAVROS, otherwise at least four; 2.12 ignores the variable, and later versions
read the variable (both from the sources).
"""

from __future__ import annotations

from collections.abc import Mapping

from blindspot.core import CONFIG_DIR, InputError
from blindspot.mission import Fleet, Origin, Point, site_pads
from blindspot.stack.parts.basis import TOWN, TOWN_WIDE, Basis
from blindspot.stack.parts.gazebo import camera_bridge, clock, gazebo, px4_environment
from blindspot.stack.parts.px4_params import as_environment, read_parameters
from blindspot.stack.programs.fcu_url import USUAL_SERIAL, is_simulated, px4_url, read_fcu_url
from blindspot.stack.programs.launch_table import Mode
from blindspot.stack.programs.processes import NodeProcess, Options, Parameter, ProgramProcess

MAVROS = CONFIG_DIR / "params" / "mavros.yaml"
"""List of the MAVROS plugins that are loaded."""
APART_S = 8.0
THREADS = {"MAVROS_UAS_EXECUTOR_THREADS": "2"}
MOST_PX4 = 10
"""Most simulated PX4s with separate ports: from the eleventh on, PX4's start script gives all the same port."""

Processes = tuple[tuple[NodeProcess, ...], tuple[ProgramProcess, ...]]


def links(mode: Mode, fleet: Fleet, drones: tuple[str, ...], options: Options) -> tuple[Mapping[str, str], bool]:
    """The link to the autopilot of each drone on this computer, as MAVROS writes it, and whether all are simulations.

    A simulation uses the link to the simulation's own PX4; the fleet file's links belong to real drones. Raises
    InputError for a link that MAVROS can't read, a link of several drones, or a real link in a simulation.
    """
    if options.fcu_url and len(drones) > 1:
        problem = f"{options.fcu_url} is one link, and {', '.join(drones)} need their own"
        raise InputError("fcu_url", "", problem, "leave it out; the fleet file holds the link of each real drone")
    if mode == "hardware":
        found = {drone: _real(fleet, drone, options) for drone in drones}
        _refuse_shared(fleet, found)
    else:
        found = {drone: px4_url(px4_instance(fleet, drone)) for drone in drones if mode != "embedded"}
    asked = options.fcu_url
    simulated = [is_simulated(mode, asked or url, px4_instance(fleet, drone)) for drone, url in found.items()]
    return found, all(simulated or [is_simulated(mode, asked)])


def _real(fleet: Fleet, drone: str, options: Options) -> str:
    url = options.fcu_url or fleet.member(drone).fcu_url or USUAL_SERIAL
    try:
        read_fcu_url(url)
    except InputError as error:
        if options.fcu_url:
            raise
        raise InputError(fleet.path, f"drones.{drone}.fcu_url", error.problem, error.fix) from error
    return url


def _refuse_shared(fleet: Fleet, found: Mapping[str, str]) -> None:
    users: dict[str, str] = {}
    for drone, url in found.items():
        end = read_fcu_url(url).end
        if end in users:
            problem = f"{users[end]} and {drone} have the same link, {end}"
            raise InputError(fleet.path, "drones", problem, "give each drone an fcu_url, or run each with part:=drone")
        users[end] = drone


def px4_instance(fleet: Fleet, drone: str) -> int:
    """The number of a drone's simulated PX4, which sets its system id to one more."""
    return fleet.system_id(drone) - 1


def autopilots(basis: Basis, urls: Mapping[str, str]) -> Processes:
    """Nodes and programs of the autopilots on this computer; `urls` are the links of its drones."""
    if basis.mode == "embedded":
        return (_simulator(basis),), ()
    mavros = tuple(_mavros(basis.fleet, drone, url, number) for number, (drone, url) in enumerate(urls.items()))
    if basis.mode == "hardware":
        return mavros, ()
    origin, pads = site_pads(basis.fleet)
    px4 = tuple(_px4(basis, drone, origin, pads[basis.fleet.member(drone).pad]) for drone in urls)
    simulated_gimbal = "gimbal" if basis.mode == "sitl" else "gazebo_gimbal"
    parameters: dict[str, Parameter] = {"fleet": str(basis.fleet.path)}
    gimbals = [NodeProcess("blindspot_sim", simulated_gimbal, f"/{drone}", parameters) for drone in urls]
    if basis.mode == "sitl":
        return (*mavros, *gimbals), px4
    bridges = [camera_bridge(drone, px4_instance(basis.fleet, drone), basis.options.world) for drone in urls]
    return (*mavros, *clock(), *bridges, *gimbals), (*gazebo(basis.options), *px4)


def _simulator(basis: Basis) -> NodeProcess:
    waits_for = [f"/{drone}/{node}" for drone in basis.fleet.names for node in basis.names_on_board]
    if basis.part != "drone":  # a drone flies without the ground station, and so never waits for the ground station
        waits_for += [f"{TOWN}/{node}" for node in TOWN_WIDE]
    parameters: dict[str, Parameter] = {
        **basis.shared, "speed_factor": float(basis.options.speed_factor), "seed": basis.seed, "waits_for": waits_for,
        "waits_fast": basis.options.operation is not None, "asks_before_arming": basis.options.rehearse,
    }  # fmt: skip
    return NodeProcess("blindspot_sim", "simulator", "/", parameters, ends_stack=True)


def _mavros(fleet: Fleet, drone: str, url: str, number: int) -> NodeProcess:
    return NodeProcess(
        "mavros",
        "mavros_node",
        f"/{drone}/mavros",
        {"fcu_url": url, "tgt_system": fleet.system_id(drone)},
        starts_again=True,
        after_s=number * APART_S,
        environment=THREADS,
        parameter_file=MAVROS,
    )


def _px4(basis: Basis, drone: str, origin: Origin, home: Point) -> ProgramProcess:
    instance = px4_instance(basis.fleet, drone)
    if instance >= MOST_PX4:
        problem = f"is {instance + 1}, and a simulated PX4 has 1 to {MOST_PX4}"
        raise InputError(basis.fleet.path, f"drones.{drone}.mav_sys_id", problem, "simulate it in mode embedded")
    if basis.mode == "gazebo":
        environment = px4_environment(home, basis.options.world)
    else:
        lon_deg, lat_deg = origin.frame.to_wgs84(home.east_m, home.north_m)
        environment = {
            "PX4_SIM_MODEL": "sihsim_quadx",
            "PX4_HOME_LAT": f"{lat_deg:.7f}",
            "PX4_HOME_LON": f"{lon_deg:.7f}",
            "PX4_HOME_ALT": f"{origin.frame.to_amsl(home.up_m):.2f}",
        }
    environment |= as_environment(read_parameters())
    return ProgramProcess(f"px4_{drone}", ("px4", "-i", str(instance), "-d"), environment)
