"""Links as MAVROS writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from blindspot import bringup
from blindspot.errors import InputError
from blindspot.fcu_url import USUAL_SERIAL, Link, read_fcu_url


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("serial:///dev/ttyACM0:921600", Link("serial", Path("/dev/ttyACM0"))),
        ("serial-hwfc:///dev/ttyAMA0:921600?ids=1,240", Link("serial", Path("/dev/ttyAMA0"))),
        ("/dev/serial/by-id/usb-x_1-if00", Link("serial", Path("/dev/serial/by-id/usb-x_1-if00"))),
        ("udp://:14540@127.0.0.1:14580", Link("udp")),
        ("udp://@", Link("udp")),
        ("udp-b://:14555@", Link("udp")),
        ("udp-pb://:14555@:14550/?ids=1,240", Link("udp")),
        ("tcp://10.0.0.7:5760", Link("tcp")),
        ("tcp-l://:5760", Link("tcp")),
    ],
)
def test_what_mavros_understands(url, link):
    assert read_fcu_url(url) == link


@pytest.mark.parametrize(
    "url",
    ["", "ttyACM0", "serial://ttyACM0", "udp://127.0.0.1:14580", "http://10.0.0.7", "udp://:14540@host:port",
     "serial:///dev/ttyACM0:fast", "tcp://10.0.0.7:5760 "],
)  # fmt: skip
def test_what_it_does_not(url):
    with pytest.raises(InputError, match="is no link that MAVROS knows; write serial:///dev"):
        read_fcu_url(url)


@pytest.mark.parametrize("url", ["udp://:0@host:1", "udp://:1@host:70000", "tcp://10.0.0.7:65536"])
def test_ports_that_there_are_not(url):
    with pytest.raises(InputError, match="ports are 1 to 65535"):
        read_fcu_url(url)


def test_the_usual_links_are_understood():
    assert bringup._usual_url("hardware", 0) == USUAL_SERIAL
    assert read_fcu_url(USUAL_SERIAL).kind == "serial"
    assert read_fcu_url(bringup._usual_url("sitl", 3)).kind == "udp"
