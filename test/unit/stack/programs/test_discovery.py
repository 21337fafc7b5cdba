"""How nodes find each other without multicast."""

import pytest

from blindspot.core.errors import InputError
from blindspot.stack.programs.discovery import discovery

ONE = {"drone1": ""}
TWO = {"drone1": "10.0.0.1", "drone2": "10.0.0.2"}


@pytest.mark.parametrize(
    ("part", "peer", "both", "number"),
    [
        ("drone", "10.0.0.2", "127.0.0.1:11811;10.0.0.2:11811", "0"),
        ("ground", "drone.local", "drone.local:11811;127.0.0.1:11811", "1"),
    ],
)
def test_both_parts_ask_a_server_on_each_computer(part, peer, both, number):
    """In the same order, so that each server bears one number; a cut radio leaves each part its own."""
    environment, (server,) = discovery(part, ONE, peer, "drone1")
    assert environment == {"ROS_DISCOVERY_SERVER": both}
    assert server.command[:3] == ("fast-discovery-server", "-i", number)


@pytest.mark.parametrize(
    ("part", "drone", "peer", "asked", "number"),
    [
        ("drone", "drone1", "10.0.0.9", "127.0.0.1:11811;;10.0.0.9:11811", "0"),
        ("drone", "drone2", "10.0.0.9", ";127.0.0.1:11811;10.0.0.9:11811", "1"),
        ("ground", "", "", "10.0.0.1:11811;10.0.0.2:11811;127.0.0.1:11811", "2"),
    ],
)
def test_the_server_of_each_drone_has_its_place_as_number(part, drone, peer, asked, number):
    """The place of a server that isn't asked stays empty: Fast DDS counts places."""
    environment, (server,) = discovery(part, TWO, peer, drone)
    assert environment == {"ROS_DISCOVERY_SERVER": asked}
    assert server.command[:3] == ("fast-discovery-server", "-i", number)


def test_the_address_given_on_the_ground_overrides_that_of_the_only_drone():
    environment, _ = discovery("ground", {"drone1": "10.0.0.1"}, "10.0.0.5", "")
    assert environment == {"ROS_DISCOVERY_SERVER": "10.0.0.5:11811;127.0.0.1:11811"}


@pytest.mark.parametrize("part", ["drone", "ground"])
def test_with_multicast_no_discovery_server_is_used(part):
    assert discovery(part, ONE, "", "drone1") == ({}, ())


def test_on_one_computer_no_discovery_server_is_used():
    assert discovery("all", TWO, "", "drone1") == ({}, ())


@pytest.mark.parametrize(
    ("part", "computers", "peer", "problem"),
    [
        ("all", ONE, "10.0.0.2", "has no part"),
        ("drone", ONE, "a;b:1", "neither a name nor an address"),
        ("ground", {"drone1": "a;b"}, "", "neither a name nor an address"),
        ("drone", TWO, "", "is missing, and the fleet file gives drone1 one; name the address of the ground station"),
        ("ground", TWO, "10.0.0.1", "10.0.0.1 is one address, and the fleet has 2 drones"),
        ("ground", {"drone1": "10.0.0.1", "drone2": ""}, "", "is missing for drone2, and other drones have one"),
    ],
)
def test_a_peer_that_can_be_none_is_refused(part, computers, peer, problem):
    with pytest.raises(InputError, match=problem):
        discovery(part, computers, peer, "drone1")
