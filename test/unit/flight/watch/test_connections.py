"""INT-03: the other ends of the stack's connections, by the kernel's tables of sockets."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from blindspot.flight.watch.connections import peers

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def line(remote, inode):
    return f"   0: 0100007F:1F90 {remote}:0050 01 00000000:00000000 00:00000000 00000000  1000        0 {inode} 1\n"


@pytest.fixture
def proc(tmp_path):
    """A launch (10) with two nodes (11 and 12), and a program of another parent (20)."""
    for process, parent in ((10, 1), (11, 10), (12, 11), (20, 1)):
        folder = tmp_path / str(process)
        (folder / "fd").mkdir(parents=True)
        (folder / "stat").write_text(f"{process} (a (b) c) S {parent} 0 0")
        (folder / "fd" / "3").symlink_to(f"socket:[{process}00]")
        (folder / "fd" / "4").symlink_to("/dev/null")
    (tmp_path / "self" / "net").mkdir(parents=True)
    for table in ("tcp", "tcp6", "udp", "udp6"):
        (tmp_path / "self" / "net" / table).write_text(HEAD)
    return tmp_path


def connect(proc, table, remote, inode):
    with (proc / "self" / "net" / table).open("a") as file:
        file.write(line(remote, inode))


def test_the_ends_of_every_process_of_the_stack_are_found(proc):
    assert peers(proc, 11) == ()
    connect(proc, "tcp", "0700A8C0", 1000)
    connect(proc, "udp", "0800A8C0", 1200)
    connect(proc, "tcp6", "B80D0120000000000000000001000000", 1100)
    assert peers(proc, 11) == ("192.168.0.7", "192.168.0.8", "2001:db8::1")


def test_other_programs_open_sockets_and_this_computer_are_left_out(proc):
    for remote, inode in (("0700A8C0", 2000), ("00000000", 1100), ("0100007F", 1100)):
        connect(proc, "tcp", remote, inode)
    connect(proc, "udp6", "0" * 32, 1100)
    connect(proc, "tcp6", "00000000000000000000000001000000", 1100)
    connect(proc, "tcp6", "0000000000000000FFFF00000100007F", 1100)
    assert peers(proc, 11) == ()
    connect(proc, "tcp6", "0000000000000000FFFF00000700A8C0", 1100)
    assert peers(proc, 11) == ("192.168.0.7",), "one address in both tables' forms"


def test_what_cannot_be_read_is_unknown(proc, tmp_path):
    assert peers(tmp_path / "none", 11) is None
    assert peers(proc, 99) is None
    (proc / "self" / "net" / "udp6").unlink()
    assert peers(proc, 11) is None


def test_a_process_whose_files_are_closed_to_us_makes_it_unknown(proc, monkeypatch):
    real = Path.iterdir

    def closed(path):
        if path == proc / "12" / "fd":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "iterdir", closed)
    assert peers(proc, 11) is None


def test_a_process_that_ends_meanwhile_has_no_connection(proc):
    (proc / "12" / "fd" / "3").unlink()
    (proc / "12" / "fd" / "4").unlink()
    (proc / "12" / "fd").rmdir()
    assert peers(proc, 11) == ()


def test_a_real_connection_of_this_process_is_found():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        try:
            own.connect(("192.0.2.7", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no route")
        found = peers()
    assert found is None or "192.0.2.7" in found
