"""Orders of this computer's user: they reach the manager through a socket file, without a node of their own."""

from __future__ import annotations

import json
import os
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from typer.testing import CliRunner

from blindspot.cli.__main__ import app
from blindspot.cli.operate import orders
from blindspot.core.errors import InputError
from blindspot.nodes.clients import Operator
from blindspot.nodes.missions.order_desk import MOST_CLIENTS
from blindspot.nodes.orders.local_orders import connect, listen, order_socket

BY = ("--person", "A. Martin", "--reason", "the wind rises")


@pytest.fixture
def here(bare, monkeypatch, tmp_path):
    """A stack whose manager takes orders of this computer; no command of the test joins the graph."""
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / ("a long path " * 9) / "state"))
    monkeypatch.setattr(Operator, "__enter__", lambda _: pytest.fail("the command joins the graph"))
    bare.with_manager(orders_here=True)
    bare.with_gate()
    return bare


def command(stack, *words: str):
    """The command in a thread, while the stack is at work."""
    with ThreadPoolExecutor(1) as beside:
        done = beside.submit(CliRunner().invoke, app(words[0]), list(words), catch_exceptions=False)
        stack.until(done.done)
        return done.result()


def test_an_order_is_given_shown_by_its_drone_and_in_the_journal(here):
    here.fly()
    held = command(here, "hold", *BY, "--json")
    assert held.exit_code == 0, held.output
    said = json.loads(held.stdout)
    assert (said["success"], said["message"], said["confirmed"]) == (True, "hold is sent to drone1", True)
    assert said["drones"] == {"drone1": {"phase": "hold", "reason": "", "hold_ends_s": 118.0, "confirmed": True}}
    resumed = command(here, "resume", "drone1", *BY)
    assert resumed.exit_code == 0 and "A. Martin resumes: drone1 (en_route); the wind rises" in resumed.stdout
    assert "comes home" not in resumed.stdout
    assert here.drones["drone1"].ordered == ["hold", "resume"]
    here.until(lambda: len(here.journal("order")) == 2)
    assert {(entry["person"], entry["reason"]) for entry in here.journal("order")} == {("A. Martin", "the wind rises")}


def test_the_answer_of_a_hold_says_when_it_ends_by_itself(here):
    here.fly()
    held = command(here, "hold", *BY)
    assert held.stdout.splitlines()[1:] == ["drone1 comes home by itself after 118 s, unless you resume it before"]


def test_an_order_that_is_refused_has_the_manager_s_words(here):
    refused = command(here, "return", "drone2", *BY)
    assert refused.exit_code == 3 and refused.stderr == "refused: drone2 flies no mission\n"
    with pytest.raises(InputError, match="drone9: is no drone of this fleet; it has drone1, drone2"):
        command(here, "hold", "drone9", *BY)


def test_an_order_that_no_drone_shows_is_not_confirmed(here, monkeypatch):
    here.fly()
    here.drones["drone1"].refuses = True
    monkeypatch.setattr(orders, "SHOWN_WITHIN_WALL_S", 0.3)
    held = command(here, "hold", "drone1", *BY)
    assert held.exit_code == 4 and "not confirmed: drone1 (en_route" in held.stderr


def test_a_resume_that_one_of_two_drones_refuses_says_which_flies_on_and_which_refuses(here):
    """Exit code 3 read as: none of them flies."""
    here.fly(here.both)
    assert command(here, "hold", *BY).exit_code == 0
    here.drones["drone1"].refuses = True
    resumed = command(here, "resume", *BY)
    assert resumed.exit_code == 4
    assert resumed.stdout == "A. Martin resumes: drone2 (en_route); the wind rises\n"
    assert resumed.stderr.splitlines()[0] == "refused: drone1: it refuses"
    assert "drone1 comes home by itself" in resumed.stderr and "drone2" not in resumed.stderr


def test_status_is_answered_without_the_graph(here):
    here.fly()
    shown = command(here, "status", "--json")
    assert shown.exit_code == 1, "the test starts no other node: they are missing"
    said = json.loads(shown.stdout)
    assert [(drone["drone"], drone["phase"]) for drone in said["drones"]] == [
        ("drone1", "en_route"),
        ("drone2", "idle"),
    ]
    assert [mission["phase"] for mission in said["missions"]] == ["flying"] and not said["ready"]
    assert said["lost_nodes"] and here.drones["drone1"].ordered == [], "it changes nothing"


PACKETS = (
    b"", b"hold", b"[]", b'{"order": "fly"}', b"[" * 9000,
    b'{"order": "hold", "drones": 3, "person": "A", "reason": "b"}',
    b'{"order": "jump", "drones": ["drone1"], "person": "A", "reason": "b"}',
)  # fmt: skip


def test_another_packet_is_no_order_and_the_next_one_counts(here):
    here.fly()
    for packet in PACKETS:
        with connect(order_socket(os.environ)) as channel:
            channel.send(packet)
            here.until(lambda channel=channel: is_over(channel))
    assert command(here, "hold", *BY).exit_code == 0
    assert here.drones["drone1"].ordered == ["hold"]


def is_over(channel: socket.socket) -> bool:
    """Whether the manager has closed the socket, without a word."""
    try:
        return channel.recv(1, socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False


def test_an_order_to_fly_on_whose_command_has_ended_counts_for_nothing_and_a_stop_still_does(here):
    """The manager stood still, and the command has reported that nobody took the order."""
    here.fly()
    assert command(here, "hold", *BY).exit_code == 0
    for order in ("resume", "return_home"):
        with connect(order_socket(os.environ)) as channel:
            channel.send(json.dumps({"order": order, "drones": [], "person": "A", "reason": "b"}).encode())
    here.until(lambda: "return_home" in here.drones["drone1"].ordered)
    assert here.drones["drone1"].ordered == ["hold", "return_home"]


def test_a_client_that_says_nothing_delays_nobody(here):
    here.fly()
    silent = [connect(order_socket(os.environ)) for _ in range(3)]
    assert command(here, "hold", *BY).exit_code == 0
    assert all(silent)


def test_the_file_serves_its_user_alone_and_goes_with_the_manager(here):
    path = order_socket(os.environ)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    here.process.stop()
    here.manager.destroy_node()
    assert not path.exists() and connect(path) is None


def test_the_file_of_a_manager_that_was_killed_is_replaced(here):
    here.process.stop()
    here.manager.destroy_node()
    path = order_socket(os.environ)
    with listen(path):
        pass
    assert path.exists() and connect(path) is None
    here.restart_manager(orders_here=True)
    assert command(here, "hold", *BY).exit_code == 3


def test_with_a_keystore_the_enclave_decides_and_there_is_no_file(bare, monkeypatch, tmp_path):
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    path = order_socket(os.environ)
    monkeypatch.setenv("ROS_SECURITY_KEYSTORE", str(tmp_path))
    assert order_socket(os.environ) is None
    bare.with_manager(orders_here=True)
    assert not path.exists()


def test_an_answer_that_does_not_come_is_no_success(monkeypatch, tmp_path):
    """The manager stands still, and may carry the order out later."""
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(orders, "ANSWER_LIMIT_S", 0.1)
    with listen(order_socket(os.environ)):
        done = CliRunner().invoke(app("resume"), ["resume", *BY], catch_exceptions=False)
    assert done.exit_code == 3 and "did not answer in time: look at the drones" in done.stderr


class InTheGraphError(Exception):
    """The command joins the graph."""


def in_the_graph(_: object) -> None:
    raise InTheGraphError


@pytest.mark.parametrize("waiting", [0, 20])
def test_a_stop_that_the_socket_does_not_answer_takes_the_graph(monkeypatch, tmp_path, waiting):
    """The manager stands still, or many processes wait for it. A stop that is given twice does no harm."""
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(orders, "STOP_LIMIT_S", 0.1)
    monkeypatch.setattr(Operator, "__enter__", in_the_graph)
    with listen(order_socket(os.environ)), ExitStack() as waits:
        for channel in filter(None, (connect(order_socket(os.environ)) for _ in range(waiting))):
            waits.enter_context(channel)
        with pytest.raises(InTheGraphError):
            CliRunner().invoke(app("hold"), ["hold", *BY], catch_exceptions=False)


def test_eight_suspended_commands_do_not_delay_the_stop_of_the_ninth(here):
    """Each has given its order and hears the states of a drone that does not show it."""
    here.fly()
    here.drones["drone1"].refuses = True
    with ExitStack() as suspended:
        for _ in range(MOST_CLIENTS):
            channel = suspended.enter_context(connect(order_socket(os.environ)))
            channel.send(json.dumps({"order": "hold", "drones": ["drone1"], "person": "A", "reason": "b"}).encode())
        here.until(lambda: len(here.drones["drone1"].ordered) == MOST_CLIENTS)
        here.drones["drone1"].refuses = False
        assert command(here, "return", *BY).exit_code == 0
    assert here.drones["drone1"].ordered[-1] == "return_home"


STRANGER = """
channel = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); channel.connect(sys.argv[1]); channel.send(
sys.argv[2].encode()); print(channel.recv(1000), flush=True)
"""


def test_an_order_of_another_user_of_the_computer_is_not_taken(here, open_folder, as_nobody):
    """Even if the file is open to all, as on a disk without rights of access."""
    here.fly()
    path = open_folder / "s"
    os.link(order_socket(os.environ), path)
    path.chmod(0o666)
    order = json.dumps({"order": "abort", "drones": [], "person": "A", "reason": "b"})
    stranger = as_nobody(STRANGER.replace("\n", " "), path, order)
    here.until(lambda: stranger.poll() is not None)
    assert stranger.stdout.read() in ("", "b''\n")  # closed, with its order or before
    assert here.drones["drone1"].ordered == []


def test_a_socket_of_another_user_of_the_computer_gets_no_order(monkeypatch, open_folder, as_nobody):
    open_folder.chmod(0o777)
    code = "door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); door.bind(sys.argv[1]); os.chmod(sys.argv[1], "
    squatter = as_nobody(
        f"{code}0o666); door.listen(); print('listens', flush=True); time.sleep(60)", open_folder / "s"
    )
    assert squatter.stdout.readline() == "listens\n"
    assert connect(open_folder / "s") is None
