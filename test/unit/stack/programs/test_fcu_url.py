"""Links as MAVROS writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from blindspot.core.errors import InputError
from blindspot.stack.programs.fcu_url import USUAL_SERIAL, Link, is_px4_of_ours, is_simulated, px4_url, read_fcu_url


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("serial:///dev/no0:921600", Link("serial", Path("/dev/no0"), "/dev/no0")),
        ("serial-hwfc:///dev/no0:921600?ids=1,240", Link("serial", Path("/dev/no0"), "/dev/no0")),
        ("/dev/no/usb-x_1-if00", Link("serial", Path("/dev/no/usb-x_1-if00"), "/dev/no/usb-x_1-if00")),
        ("udp://:14540@127.0.0.1:14580", Link("udp", end="UDP port 14540")),
        ("udp://@", Link("udp", end="UDP port 14555")),
        ("udp-b://:14555@", Link("udp", end="UDP port 14555")),
        ("udp-pb://:14556@:14550/?ids=1,240", Link("udp", end="UDP port 14556")),
        ("tcp://10.0.0.7:5761", Link("tcp", end="10.0.0.7:5761")),
        ("tcp://10.0.0.7", Link("tcp", end="10.0.0.7:5760")),
        ("tcp-l://:5760", Link("tcp", end="TCP port 5760")),
    ],
)
def test_links_that_mavros_reads_are_parsed(url, link):
    assert read_fcu_url(url) == link


@pytest.mark.parametrize(
    "url",
    ["", "ttyACM0", "serial://ttyACM0", "udp://127.0.0.1:14580", "http://10.0.0.7", "udp://:14540@host:port",
     "serial:///dev/ttyACM0:fast", "tcp://10.0.0.7:5760 "],
)  # fmt: skip
def test_links_that_mavros_cannot_read_are_refused(url):
    with pytest.raises(InputError, match="is no link that MAVROS knows; write serial:///dev"):
        read_fcu_url(url)


@pytest.mark.parametrize("url", ["udp://:0@host:1", "udp://:1@host:70000", "tcp://10.0.0.7:65536"])
def test_ports_that_there_are_not(url):
    with pytest.raises(InputError, match="ports are 1 to 65535"):
        read_fcu_url(url)


def test_the_usual_links_are_understood():
    assert read_fcu_url(USUAL_SERIAL).kind == "serial"
    assert read_fcu_url(px4_url(3)).kind == "udp"


REAL = (
    "serial:///dev/ttyACM0:921600", "/dev/ttyACM0", "tcp://127.0.0.1:5760", "tcp-l://:5760", "udp://:14540@10.0.0.7:14580",
    "udp://10.0.0.1:14540@127.0.0.1:14580", "udp://0.0.0.0:14540@127.0.0.1:14580", "udp://:14540@",
    "udp://:14540@127.0.0.1", "udp-b://:14540@127.0.0.1:14580", "udp-pb://:14540@127.0.0.1:14580",
    "udp://:14540@127.0.0.1:14581", "udp://:14550@127.0.0.1:14580", "udp://:14540@127.0.0.1.example.org:14580",
)  # fmt: skip


@pytest.mark.parametrize("mode", ["embedded", "sitl", "gazebo"])
@pytest.mark.parametrize("url", REAL)
def test_a_link_that_may_be_real_is_refused_where_autopilots_are_simulated(mode, url):
    with pytest.raises(InputError, match=r"^fcu_url: .* may lead to a real autopilot.*; leave it out, or "):
        is_simulated(mode, url)


@pytest.mark.parametrize("url", ["", *REAL, px4_url(0)])
def test_on_hardware_every_link_is_real(url):
    assert is_simulated("hardware", url) is False


@pytest.mark.parametrize(
    "url", ["", "udp://:14540@127.0.0.1:14580", "udp://localhost:14540@localhost:14580/?ids=1,240"]
)
def test_a_px4_that_the_stack_starts_itself_on_the_loopback_address_is_a_simulation(url):
    assert is_simulated("sitl", url) and is_simulated("gazebo", url)


def test_the_link_to_the_px4_of_another_drone_may_be_real():
    assert is_simulated("sitl", px4_url(6), 6)
    with pytest.raises(InputError, match="may lead to a real autopilot"):
        is_simulated("sitl", px4_url(6), 5)


def test_the_embedded_autopilot_is_reached_over_no_link():
    assert is_simulated("embedded", "")
    with pytest.raises(InputError, match="fcu_url"):
        is_simulated("embedded", px4_url(0))


def test_each_simulated_px4_has_its_own_link_on_the_loopback_address():
    for instance in (0, 1, 9):
        assert is_px4_of_ours(px4_url(instance), instance)
        assert not is_px4_of_ours(px4_url(instance), instance + 1)
        assert read_fcu_url(px4_url(instance)).kind == "udp"
        assert px4_url(instance).startswith("udp://127.0.0.1:")
