"""INT-03: the other ends of the stack's connections."""

from __future__ import annotations

import socket
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest

from blindspot.flight.watch.connections import peers

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


HEADING = "  sl  local_address rem_address   st\n"
LISTENING = "   0: 0100007F:1F90 00000000:0000 0A\n"
ELSEWHERE = "   1: 0100007F:CBE5 070200C0:0009 01\n"  # 192.0.2.7, the bytes of each word as this processor has them
pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="the lists of sockets below are of such a processor")


@pytest.fixture
def sockets(tmp_path):
    """Writes the kernel's lists of sockets, as far as they are given; the folder."""

    def write(**lists):
        for protocol, lines in {"tcp": "", "udp": "", **lists}.items():
            (tmp_path / protocol).write_text(HEADING + lines)
        return tmp_path

    return write


@pytest.fixture
def reads(monkeypatch, sockets):
    """Lets every process have these other ends; an exception in their place is raised. Returns the lists of sockets of
    a computer with one other end, so that its processes are read."""

    def links_to(*ends):
        def links(*_, **__):
            if ends and isinstance(ends[0], Exception):
                raise ends[0]
            return [SimpleNamespace(raddr=SimpleNamespace(ip=end) if end else ()) for end in ends]

        return links

    def set_to(*ends):
        monkeypatch.setattr(psutil.Process, "net_connections", links_to(*ends))
        return sockets(tcp=LISTENING + ELSEWHERE)

    return set_to


def test_the_ends_of_every_process_below_our_parent_are_found(launched):
    assert {OURS, OF_CHILD} <= set(peers(launched.pid) or ())


def test_other_programs_are_left_out(launched):
    [node] = launched.children()
    assert peers(node.pid) == (OF_CHILD,), "the launch and its node, not the program that started the launch"


def test_open_sockets_and_this_computer_are_left_out(reads):
    lists = reads("", "0.0.0.0", "127.0.0.1", "::", "::1", "::ffff:127.0.0.1")
    assert peers(sockets=lists) == ()
    reads("192.168.0.7", "::ffff:192.168.0.7", "2001:db8::1")
    assert peers(sockets=lists) == ("192.168.0.7", "2001:db8::1"), "one address in both forms"


def test_what_cannot_be_read_is_unknown(reads, tmp_path):
    assert peers(sockets=reads(psutil.AccessDenied())) is None
    assert peers(sockets=reads(PermissionError(13, "Permission denied"))) is None
    assert peers(sockets=tmp_path / "none") is None


@pytest.mark.parametrize("line", ["   1:\n", "   1: 0100007F:CBE5 0702:0009 01\n", "   1: 0100007F:CBE5 xx:0009 01\n"])
def test_a_list_of_sockets_in_another_form_is_unknown(reads, sockets, line):
    reads(OURS)
    assert peers(sockets=sockets(tcp=line)) is None


NOT_CONNECTED = {
    "tcp": LISTENING + "   1: 0100007F:CBE5 0100007F:0009 01\n",
    "udp": LISTENING,
    "tcp6": f"   0: {'0' * 32}:0000 {'0' * 24}01000000:0009 01\n"
    f"   1: {'0' * 32}:0000 {'0' * 16}FFFF00000100007F:0009 01\n",
}


def test_no_process_is_read_on_a_computer_without_connections(reads, sockets):
    reads(psutil.AccessDenied())
    assert peers(sockets=sockets(**NOT_CONNECTED)) == ()


@pytest.mark.parametrize("protocol", ["tcp", "udp", "tcp6", "udp6"])
def test_a_connection_of_any_kind_is_seen(reads, sockets, protocol):
    reads(OURS)
    six = f"   1: {'0' * 32}:0000 B80D0120{'0' * 16}01000000:0009 01\n"  # 2001:db8::1
    lists = NOT_CONNECTED | {protocol: six if protocol.endswith("6") else ELSEWHERE}
    assert peers(sockets=sockets(**lists)) == (OURS,)


def test_an_unknown_process_makes_all_unknown(connected):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert peers(ended.pid) is None


def test_a_process_that_ends_meanwhile_has_no_connection(reads):
    assert peers(sockets=reads(psutil.NoSuchProcess(1))) == ()
