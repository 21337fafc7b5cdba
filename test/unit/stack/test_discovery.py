"""How nodes find each other without multicast."""

import pytest

from blindspot.core.errors import InputError
from blindspot.stack.discovery import discovery


@pytest.mark.parametrize(
    ("part", "peer", "both", "number"),
    [
        ("drone", "10.0.0.2", "127.0.0.1:11811;10.0.0.2:11811", "0"),
        ("ground", "drone.local", "drone.local:11811;127.0.0.1:11811", "1"),
    ],
)
def test_both_parts_ask_a_server_on_each_computer(part, peer, both, number):
    """In the same order, so that each server bears one number; a cut radio leaves each part its own."""
    environment, (server,) = discovery(part, peer)
    assert environment == {"ROS_DISCOVERY_SERVER": both}
    assert server.command[:3] == ("fast-discovery-server", "-i", number)


def test_with_multicast_no_discovery_server_is_used():
    assert discovery("drone", "") == ({}, ())


@pytest.mark.parametrize(
    ("part", "peer", "told"), [("all", "10.0.0.2", "has no part"), ("drone", "a;b:1", "neither a name nor an address")]
)
def test_a_peer_that_can_be_none_is_refused(part, peer, told):
    with pytest.raises(InputError, match=told):
        discovery(part, peer)
