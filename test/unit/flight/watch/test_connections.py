"""INT-03: the other ends of the stack's connections."""

from __future__ import annotations

import socket
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest

from blindspot.flight.watch.connections import peers, peers_of

OURS, OF_CHILD = "192.0.2.7", "192.0.2.8"  # of no network (RFC 5737); to connect a UDP socket sends nothing
NODE = f"""
import socket, sys
own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
own.connect(("{OF_CHILD}", 9))
print("connected", flush=True)
sys.stdin.read()
"""
LAUNCH = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"


@pytest.fixture
def connected():
    """This process, connected."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        try:
            own.connect((OURS, 9))
        except OSError:
            pytest.skip("this machine has no route")
        yield


@pytest.fixture
def launched(connected):
    """A launch, a child of this process, with one connected node."""
    with subprocess.Popen(
        [sys.executable, "-c", LAUNCH, NODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as launch:
        assert launch.stdout is not None and launch.stdout.readline() == "connected\n"
        yield psutil.Process(launch.pid)
        launch.communicate("")


@pytest.fixture
def reads(monkeypatch):
    """Lets every process have these other ends; an exception in their place is raised. The computer has one other end
    by default, so that its processes are read."""

    def links_to(*ends):
        def links(*_, **__):
            if ends and isinstance(ends[0], Exception):
                raise ends[0]
            return [SimpleNamespace(raddr=SimpleNamespace(ip=end) if end else ()) for end in ends]

        return links

    def set_to(*ends, computer=(OURS,)):
        monkeypatch.setattr(psutil, "net_connections", links_to(*computer))
        monkeypatch.setattr(psutil.Process, "net_connections", links_to(*ends))

    return set_to


def test_the_ends_of_every_process_below_our_parent_are_found(launched):
    assert {OURS, OF_CHILD} <= set(peers(launched.pid) or ())


def test_other_programs_are_left_out(launched):
    [node] = launched.children()
    assert peers(node.pid) == (OF_CHILD,), "the launch and its node, not the program that started the launch"


def test_open_sockets_and_this_computer_are_left_out(reads):
    reads("", "0.0.0.0", "127.0.0.1", "::", "::1", "::ffff:127.0.0.1")
    assert peers() == ()
    reads("192.168.0.7", "::ffff:192.168.0.7", "2001:db8::1")
    assert peers() == ("192.168.0.7", "2001:db8::1"), "one address in both forms"


def test_what_cannot_be_read_is_unknown(reads):
    reads(psutil.AccessDenied())
    assert peers() is None
    reads(PermissionError(13, "Permission denied"))
    assert peers() is None
    reads("", computer=(PermissionError(13, "Permission denied"),))
    assert peers() is None


def test_no_process_is_read_on_a_computer_without_connections(reads):
    reads(psutil.AccessDenied(), computer=("", "127.0.0.1"))
    assert peers() == ()


def test_an_unknown_process_makes_all_unknown(connected):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert peers(ended.pid) is None


def test_a_process_that_ends_meanwhile_has_no_connection(reads):
    reads(psutil.NoSuchProcess(1))
    assert peers() == ()


def test_one_process_alone_is_read(launched):
    [node] = launched.children()
    assert peers_of(node.pid) == (OF_CHILD,) and peers_of(launched.pid) == ()


def test_this_computer_s_own_address_is_no_other_computer(reads, monkeypatch):
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: {"wlan0": [SimpleNamespace(address="192.168.0.7")]})
    reads("192.168.0.7", "192.168.0.8")
    assert peers() == peers_of(1) == ("192.168.0.8",)


def test_a_process_that_has_ended_has_no_connection_and_an_unreadable_one_is_unknown(reads):
    reads(psutil.AccessDenied())
    assert peers_of(1) is None
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert peers_of(ended.pid) == ()
