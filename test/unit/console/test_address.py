"""The address of a console: ports, the file, the key."""

import os
import stat
import subprocess
import sys

import pytest

from blindspot.console.address import Address, free_socket, new_key, read_address, write_address
from blindspot.core import InputError


def test_the_next_port_is_taken_if_the_first_is_in_use():
    with free_socket() as first:
        port = first.getsockname()[1]
        first.listen()
        with free_socket(port) as second:
            assert second.getsockname()[1] > port


def test_the_file_is_for_the_owner_and_a_dead_console_has_no_address(tmp_path):
    file = tmp_path / "stacks" / "console-0.json"
    ours = Address(8600, new_key(), os.getpid())
    write_address(file, ours)
    write_address(file, ours)  # a console that starts again
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_address(file) == ours
    assert ours.url == f"http://127.0.0.1:8600/#{ours.key}"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write_address(file, Address(8600, "key", ended.pid))
    assert read_address(file) is None


def test_a_damaged_file_is_no_address(tmp_path):
    file = tmp_path / "console-0.json"
    assert read_address(file) is None
    for text in ("", "[]", '{"port": 1}', "\0"):
        file.write_text(text)
        assert read_address(file) is None


def test_an_address_for_other_computers_has_tls_and_no_key():
    assert Address(8600, "key", 1, host="ground.town.example").url == "https://ground.town.example:8600/"


@pytest.mark.parametrize("host", ["198.51.100.7", "localhost"])
def test_a_host_that_is_not_this_computer_is_refused_in_one_sentence(host):
    with pytest.raises(InputError, match=rf"--host: is {host}, and this computer has no such address; see: ip address"):
        free_socket(host=host)
