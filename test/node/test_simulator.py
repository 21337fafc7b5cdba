"""The embedded vehicles in a graph: MAVROS's services and topics answer, time runs, and waits for who lags."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from blindspot_msgs.msg import FleetStatus, Heartbeat, MissionStatus
from mavros_msgs.msg import HomePosition, State
from mavros_msgs.srv import CommandBool, ParamSetV2, SetMode, VehicleInfoGet, WaypointPull
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import GetParameters, SetParameters
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Empty

from blindspot.flight.vehicle.mavros_health import is_simulation
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import seconds
from blindspot.nodes.graph.node_runner import NODE_TIME_TOPIC, ROLL_CALL_TOPIC
from blindspot_sim.nodes.simulator import Simulator


@pytest.fixture
def simulator(graph, mission_path, tmp_path):
    return graph.start(Simulator, "/", fleet=str(mission_path), speed_factor=20.0, run_dir=str(tmp_path), max_lag_s=0.2)


def test_time_runs_at_twenty_ticks_a_simulated_second(graph, simulator):
    ticks = graph.hear(Clock, "/clock", qos.CLOCK)
    graph.spin_until(lambda: len(ticks) >= 20)
    times_s = [seconds(tick.clock) for tick in ticks]
    steps_s = [later - earlier for earlier, later in pairwise(times_s)]
    assert all(step > 0 and step / 0.05 == pytest.approx(round(step / 0.05)) for step in steps_s)


def test_every_drone_of_the_mission_publishes_its_state_and_home(graph, simulator):
    states = {name: graph.hear(State, f"/{name}/mavros/state", qos.STATE) for name in ("drone1", "drone2")}
    homes = graph.hear(HomePosition, "/drone2/mavros/home_position/home", qos.STATE)
    graph.spin_until(lambda: all(states.values()) and homes and states["drone1"][-1].connected)
    assert not states["drone1"][-1].armed
    assert homes[-1].geo.latitude == pytest.approx(47.0, abs=0.001)


def test_services_answer_as_mavros_does(graph, simulator):
    states = graph.hear(State, "/drone1/mavros/state", qos.STATE)
    graph.spin_until(lambda: states and states[-1].connected)
    for drone in ("drone1", "drone2"):
        reply = graph.ask(VehicleInfoGet, f"/{drone}/mavros/vehicle_info_get", VehicleInfoGet.Request())
        assert reply.success and is_simulation(reply.vehicles[0])
    assert graph.ask(WaypointPull, "/drone1/mavros/mission/pull", WaypointPull.Request()).success
    mode = SetMode.Request(custom_mode="AUTO.LOITER")
    assert graph.ask(SetMode, "/drone1/mavros/set_mode", mode).mode_sent
    set_it = ParamSetV2.Request(param_id="RTL_RETURN_ALT")
    set_it.value.type, set_it.value.double_value = 3, 81.0
    assert graph.ask(ParamSetV2, "/drone1/mavros/param/set", set_it).success
    both = GetParameters.Request(names=["RTL_RETURN_ALT", "NONE_SUCH"])
    read = graph.ask(GetParameters, "/drone1/mavros/param/get_parameters", both)
    assert [(value.type, value.double_value) for value in read.values] == [(3, 81.0), (0, 0.0)]


def test_a_drone_armed_by_its_service_shows_it_in_its_state(graph, simulator):
    states = graph.hear(State, "/drone1/mavros/state", qos.STATE)
    others = graph.hear(State, "/drone2/mavros/state", qos.STATE)
    graph.spin_until(lambda: states and states[-1].connected and simulator.sim_s > 5.0)
    answer = graph.ask(CommandBool, "/drone1/mavros/cmd/arming", CommandBool.Request(value=True))
    assert answer.success
    graph.spin_until(lambda: states[-1].armed)
    assert not any(state.armed for state in others)


def test_time_stands_still_while_a_node_lags_and_goes_on_when_it_has_caught_up(graph, simulator):
    times = graph.peer.create_publisher(Heartbeat, NODE_TIME_TOPIC, qos.HEARTBEAT)
    graph.spin_until(lambda: simulator.sim_s > 3.0)
    old = Heartbeat(node="/drone1/camera")
    old.header.stamp.sec = 1

    def lag() -> None:
        times.publish(old)

    graph.spin_until(lambda: simulator.pace.laggard(time.monotonic()) == "/drone1/camera", lag)
    stood_s, rounds = simulator.sim_s, []
    asked = graph.hear(Empty, ROLL_CALL_TOPIC, qos.HEARTBEAT)
    graph.spin_until(lambda: len(rounds) >= 10, lambda: (lag(), rounds.append(None)))
    assert simulator.sim_s == stood_s
    graph.spin_until(lambda: asked, lag)
    missed = graph.hear(Clock, "/clock", qos.CLOCK)  # as a node that lost every tick so far
    graph.spin_until(lambda: missed, lag)
    assert seconds(missed[-1].clock) == pytest.approx(stood_s)
    fresh = Heartbeat(node="/drone1/camera")
    fresh.header.stamp.sec = int(stood_s) + 1
    graph.spin_until(lambda: simulator.sim_s > stood_s, lambda: times.publish(fresh))


def set_while_it_runs(graph, name: str, value: float) -> None:
    typed = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=value)
    request = SetParameters.Request(parameters=[Parameter(name=name, value=typed)])
    assert graph.ask(SetParameters, "/simulator/set_parameters", request).results[0].successful


def test_the_clock_of_the_stack_can_be_set_back_and_what_is_said_has_its_time(graph, simulator):
    clock, states = graph.hear(Clock, "/clock", qos.CLOCK), graph.hear(State, "/drone1/mavros/state", qos.STATE)
    graph.spin_until(lambda: simulator.sim_s > 8.0)
    set_while_it_runs(graph, "clock_ahead_s", -5.0)
    graph.spin_until(lambda: any(seconds(b.clock) < seconds(a.clock) - 4.0 for a, b in pairwise(clock)))
    states.clear()
    graph.spin_until(lambda: states)
    assert seconds(states[0].header.stamp) == pytest.approx(simulator.sim_s - 5.0, abs=2.0)


def test_a_bad_link_loses_everything_until_it_is_good_again(graph, simulator):
    states = graph.hear(State, "/drone1/mavros/state", qos.STATE)
    graph.spin_until(lambda: states and states[-1].connected)
    set_while_it_runs(graph, "link_drop", 1.0)
    graph.spin_until(lambda: simulator.faces[0].link.faults.drop == 1.0)
    lost_s = simulator.sim_s
    graph.spin_until(lambda: simulator.sim_s > lost_s + 2.0)
    states.clear()
    graph.spin_until(lambda: simulator.sim_s > lost_s + 10.0)
    assert states == []
    set_while_it_runs(graph, "link_drop", 0.0)
    graph.spin_until(lambda: states)


@pytest.fixture
def fleet_status(graph, simulator):
    """Publishes the missions, each as (run, phase, drones), and returns when the simulator has run on for a moment."""
    publisher = graph.peer.create_publisher(FleetStatus, "/blindspot/fleet_status", qos.LATCHED)

    def publish(*missions: tuple[str, str, list[str]]) -> None:
        statuses = [MissionStatus(run=run, phase=phase, drones=drones) for run, phase, drones in missions]
        published_s = simulator.sim_s
        graph.spin_until(
            lambda: simulator.sim_s > published_s + 1.0,
            lambda: publisher.publish(FleetStatus(missions=statuses)),
        )

    return publish


def drones_in(track):
    header, *rows = track.read_text().splitlines()
    assert header.startswith("stamp_s,drone,")
    return {row.split(",")[1] for row in rows}


def test_without_a_mission_no_track_is_written(graph, simulator, fleet_status, tmp_path):
    graph.spin_until(lambda: simulator.sim_s > 2.0)
    fleet_status(("old", "done", ["drone1"]))
    assert list(tmp_path.iterdir()) == []


def test_the_true_track_of_the_stacks_own_run_is_in_its_folder(fleet_status, tmp_path):
    fleet_status(("", "flying", ["drone1", "drone2"]))
    assert drones_in(tmp_path / "track.csv") == {"drone1", "drone2"}


def test_two_runs_at_once_each_get_the_track_of_their_drones(fleet_status, tmp_path):
    fleet_status(("north", "flying", ["drone1"]), ("south", "authorising", ["drone2"]))
    assert drones_in(tmp_path / "north" / "track.csv") == {"drone1"}
    assert drones_in(tmp_path / "south" / "track.csv") == {"drone2"}


def test_one_run_after_the_other_each_get_their_own_track(fleet_status, tmp_path):
    fleet_status(("first", "flying", ["drone1", "drone2"]))
    fleet_status(("first", "done", ["drone1", "drone2"]))
    ended = (tmp_path / "first" / "track.csv").read_text()
    fleet_status(("first", "done", ["drone1", "drone2"]), ("second", "flying", ["drone1"]))
    assert drones_in(tmp_path / "second" / "track.csv") == {"drone1"}
    assert (tmp_path / "first" / "track.csv").read_text() == ended


def test_a_run_whose_name_leads_elsewhere_is_refused_alone(fleet_status, tmp_path):
    fleet_status(("../elsewhere", "flying", ["drone1"]), ("north", "flying", ["drone2"]))
    assert drones_in(tmp_path / "north" / "track.csv") == {"drone2"}
    assert not (tmp_path.parent / "elsewhere").exists()


def test_before_a_sortie_from_another_pad_the_drone_is_carried_there(graph, simulator, plan, tmp_path):
    """`plan` starts at the northern pad; here its pad lies 20 m to the east."""
    home = plan.routes[0].home
    there = home.model_copy(update={"east_m": home.east_m + 20.0})
    moved = plan.model_copy(update={"routes": (plan.routes[0].model_copy(update={"home": there}),)})
    (tmp_path / "night").mkdir()
    (tmp_path / "night" / "plan.json").write_text(moved.to_json())
    publisher = graph.peer.create_publisher(FleetStatus, "/blindspot/fleet_status", qos.LATCHED)
    status = MissionStatus(run="night", phase="authorising", plan=moved.id, drones=["drone1"])
    truth = simulator.faces[0].vehicle.truth
    assert truth.east_m == pytest.approx(home.east_m, abs=0.1)
    graph.spin_until(
        lambda: abs(simulator.faces[0].vehicle.truth.east_m - there.east_m) < 0.1,
        lambda: publisher.publish(FleetStatus(missions=[status])),
    )
