"""INT-03: foreign nodes, readers of pictures and addresses are links; what is not seen as a whole is unknown."""

from __future__ import annotations

import os
from types import SimpleNamespace as Message

import pytest
from test.unit.nodes.autopilot.test_drone_facts import FLEET

from blindspot.console import Address, write_address
from blindspot.mission import load_fleet
from blindspot.nodes.rights import links as links_module, rights_of
from blindspot.nodes.rights.links import PICTURES, Links, own_hosts, strangers
from blindspot.stack import stack_record
from blindspot.stack.bringup import stack
from blindspot.stack.programs.processes import Options

OURS = [
    ("authority", "/blindspot"), ("mission_manager", "/blindspot"), ("operator", "/blindspot"), ("recorder", "/drone1"),
    ("detector", "/drone2"), ("mavros_node", "/drone1/mavros"), ("gimbal_control", "/drone1/mavros"),
    ("launch_ros_4711", "/"),
]  # fmt: skip


class Graph:
    """Stands in for a node with its view of the graph."""

    def __init__(self) -> None:
        self.nodes = list(OURS)
        self.readers = {"/drone1/camera/image_masked/compressed": [("recorder", "/drone1")]}

    def get_node_names_and_namespaces(self):
        return self.nodes

    def get_subscriptions_info_by_topic(self, topic):
        return [Message(node_name=name, node_namespace=place) for name, place in self.readers.get(topic, ())]


@pytest.fixture
def graph():
    return Graph()


@pytest.fixture
def fleet():
    return load_fleet(FLEET)


def test_the_stack_s_own_nodes_are_no_strangers(graph, fleet):
    assert strangers(graph, fleet) == ()
    for part, options in (("ground", {}), ("drone", {"drone": "drone1", "peer": "127.0.0.1", "camera": "/dev/video0"})):
        graph.nodes = [
            (node.executable, node.namespace)
            for node in stack("hardware", FLEET, Options(FLEET.parent, part=part, calibration=FLEET, **options)).nodes
        ]
        assert graph.nodes and strangers(graph, fleet) == (), part


@pytest.mark.parametrize(
    "name", [("spy", "/"), ("recorder", "/drone9"), ("recorder", "/"), ("camera_bridge", "/drone1"), ("simulator", "/"),
             ("launch_ros_x", "/"), ("_ros2cli_daemon_0", "/"), ("gimbal", "/drone1"), ("recorder", "/drone1/x"),
             ("spy", "no slash"), ("", ""), ("recorder", "drone1"), ("mavros_node", "mavros")],
)  # fmt: skip
def test_a_node_that_the_bring_up_does_not_start_is_a_link(graph, fleet, name):
    graph.nodes.append(name)
    assert strangers(graph, fleet) == (f"{name[1].rstrip('/')}/{name[0]}",)


def test_in_a_rehearsal_the_simulator_is_no_stranger_and_everybody_else_is(graph, fleet):
    graph.nodes.append(("simulator", "/"))
    assert strangers(graph, fleet, simulated=True) == ()
    graph.nodes.append(("spy", "/"))
    assert strangers(graph, fleet, simulated=True) == ("/spy",)


@pytest.mark.parametrize("topic", PICTURES)
@pytest.mark.parametrize("reader", [("spy", "/"), ("mission_manager", "/blindspot"), ("fleet", "/drone1/mavros"),
                                    ("launch_ros_1", "/"), ("recorder", "/drone2")])  # fmt: skip
def test_a_reader_of_pictures_without_the_right_is_a_link(graph, fleet, topic, reader):
    graph.readers[f"/drone1/{topic}"] = [reader]
    [found] = strangers(graph, fleet)
    assert f"which reads /drone1/{topic}" in found


def test_each_reader_with_the_right_is_none(graph, fleet):
    for name, place in OURS[:-2]:
        full = f"{place}/{name}"
        for topic in rights_of(full, fleet, simulated=False).subscribes & {f"/drone1/{one}" for one in PICTURES}:
            graph.readers[topic] = [(name, place)]
            assert strangers(graph, fleet) == ()


def test_a_reader_whose_node_is_not_discovered_yet_leaves_the_graph_unknown(graph, fleet):
    graph.readers["/drone1/detections"] = [("_NODE_NAME_UNKNOWN_", "_NODE_NAMESPACE_UNKNOWN_")]
    assert strangers(graph, fleet) is None


@pytest.fixture
def links(graph, fleet, monkeypatch, tmp_path):
    """The links with the ends of connections here, of the console, and on each drone's computer."""
    made = Message(here=(), console=(), drones={"drone1": (), "drone2": ()}, now_s=0.0)
    monkeypatch.setattr(links_module, "peers", lambda: made.here)
    monkeypatch.setattr(links_module, "peers_of", lambda pid: made.console if pid == os.getpid() else ())
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path))
    made.console_file = stack_record.console_file(os.environ)
    write_address(made.console_file, Address(8600, "key", os.getpid()))
    facts = Message(peers=lambda drone: made.drones[drone])

    def out(*drones, hosts=()):
        return Links(graph, fleet, facts).out(drones or ("drone1",), hosts, 0.0)

    made.out = out
    return made


def test_nothing_is_connected_if_everything_is_seen(links):
    assert links.out() == links.out("drone1", "drone2") == ()


def test_an_unknown_part_makes_it_unknown_and_a_link_beside_it_still_counts(links, graph):
    links.drones["drone2"] = None
    assert links.out("drone1") == () and links.out("drone1", "drone2") is None
    links.here = None
    assert links.out("drone1") is None
    graph.nodes.append(("spy", "/"))
    assert links.out("drone1") == ("/spy",)


def test_an_address_is_a_link_unless_the_fleet_or_a_person_names_it(links):
    links.here, links.drones["drone1"] = ("192.0.2.1",), ("192.0.2.2", "192.0.2.1")
    assert links.out() == ("address 192.0.2.1", "address 192.0.2.2")
    assert links.out(hosts=("192.0.2.1",)) == ("address 192.0.2.2",)
    assert links.out(hosts=("192.0.2.1", "192.0.2.2")) == ()


def test_a_page_of_the_console_at_an_address_that_nobody_names_is_a_link(links):
    links.console = links.here = ("192.168.1.77",)
    assert links.out() == ("address 192.168.1.77, by a page or an output of the console,",), "once, though seen twice"
    assert links.out(hosts=("192.168.1.77",)) == ()
    links.console, links.here = None, ()
    assert links.out() is None, "a console whose sockets can't be read"


def test_without_a_console_no_page_is_connected(links):
    links.console = ("192.168.1.77",)
    write_address(links.console_file, Address(8600, "key", 2**22 + 1))
    assert links.out() == (), "the console was killed"
    links.console_file.unlink()
    assert links.out() == ()


def test_the_fleet_file_names_companion_computers_and_links_to_autopilots(fleet):
    drone = fleet.file.drones[0].model_copy(update={"peer": "10.0.0.2", "fcu_url": "udp://:14540@10.0.0.9:14557"})
    named = fleet.file.model_copy(update={"drones": (drone,)})
    assert own_hosts(Message(file=named)) == {"10.0.0.2", "10.0.0.9"}
    assert own_hosts(fleet) <= {member.peer for member in fleet.file.drones}
