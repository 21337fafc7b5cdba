"""The console's server over real sockets: the key, the origin, the view."""

import gzip
import http.client
import json
import os
import subprocess
import sys
import time
from threading import Lock

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from blindspot.console import ConsoleServer, View, free_socket
from blindspot.console.pictures import PageLooks, PictureBox
from blindspot.console.pictures.live_looks import Granted
from blindspot.core import InputError

KEY = "the-key"
JPEG = b"\xff\xd8\xff a picture \xff\xd9"


@pytest.fixture
def town(tmp_path):
    return tmp_path / "town.json.gz"


@pytest.fixture
def asked():
    return []


def twice(said):
    if not isinstance(said["number"], int):
        raise InputError("number", "", "is no number")
    return {"answer": 2 * said["number"]}


class Rights:
    """Grants each look."""

    def run_of(self, drone):
        return "evening"

    def ask(self, drone, person, reason):
        return Granted(drone, "evening")


@pytest.fixture
def box():
    return PictureBox()


@pytest.fixture
def served(town, asked, box):
    """(view, lock, host) of a running server."""
    view, lock, opened = View(), Lock(), free_socket()
    server = ConsoleServer(
        view,
        lock,
        KEY,
        {"htm.mjs": b"export default 1"},
        {"town.json": lambda: town.read_bytes() if town.exists() else None},
        lambda said: said.get("stop") == "a stop" and not asked.append(said["stop"]),
        {"twice": twice},
        looks=lambda: PageLooks(Rights(), box),
    )
    server.start(opened)
    yield view, lock, f"127.0.0.1:{opened.getsockname()[1]}"
    server.stop()
    assert not server.is_alive


def get(host, path, **headers):
    connection = http.client.HTTPConnection(host)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.headers


def message_of(socket):
    return json.loads(socket.recv(timeout=10))


def test_a_page_with_the_key_gets_the_whole_view_and_then_the_changes(served):
    view, lock, host = served
    view.take("drone/drone1", {"phase": "idle"}, 0.0)
    with connect(f"ws://{host}/view") as socket:
        socket.send(json.dumps({"key": KEY}))
        assert message_of(socket)["set"] == {"drone/drone1": {"phase": "idle"}}
        with lock:
            view.take("drone/drone1", {"phase": "takeoff"}, 1.0)
        assert message_of(socket)["set"] == {"drone/drone1": {"phase": "takeoff"}}


def test_a_page_s_order_is_passed_on_and_garbage_is_counted(served, asked):
    view, lock, host = served
    with connect(f"ws://{host}/view") as socket:
        socket.send(json.dumps({"key": KEY}))
        message_of(socket)
        for text in ("no JSON", "[]", '{"stop": 5}', "[" * 4000, '{"stop": "a stop"}'):
            socket.send(text)
        with lock:
            view.take("drone/drone1", {}, 1.0)
        while not asked:
            message_of(socket)
        assert (asked, message_of(socket)["refused"]) == (["a stop"], 4)


def test_a_page_that_looks_gets_the_newest_picture_and_another_page_gets_none(served, box):
    _, _, host = served
    with connect(f"ws://{host}/view") as looks, connect(f"ws://{host}/view") as other:
        for socket in (looks, other):
            socket.send(json.dumps({"key": KEY}))
            message_of(socket)
        looks.send(json.dumps({"look": {"drone": "drone1"}}))
        while not isinstance(looks.recv(timeout=10), bytes):
            pass
        box.take("drone1", JPEG, time.monotonic(), 0.5)
        while not isinstance(heard := looks.recv(timeout=10), bytes):
            pass
        assert heard.partition(b"\n")[2] == JPEG
        assert isinstance(other.recv(timeout=10), str)
        looks.close()
        while box.looked_at:
            other.recv(timeout=10)
        assert isinstance(other.recv(timeout=10), str)


def test_an_order_before_the_key_is_no_order(served, asked):
    _, _, host = served
    with connect(f"ws://{host}/view") as socket:
        socket.send('{"stop": "a stop"}')
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)
    assert asked == []


@pytest.mark.parametrize("said", ['{"key": "guessed"}', "no JSON", "[]", '{"key": 5}', "{}"])
def test_without_the_key_a_page_sees_nothing(served, said):
    view, _, host = served
    view.take("drone/drone1", {"phase": "idle"}, 0.0)
    with connect(f"ws://{host}/view") as socket:
        socket.send(said)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)
        assert closed.value.rcvd.code == 4401


def test_a_page_of_a_busy_computer_that_is_late_with_the_key_may_come_again(served, monkeypatch):
    monkeypatch.setattr("blindspot.console.server.KEY_WITHIN_S", 0.01)
    _, _, host = served
    with connect(f"ws://{host}/view") as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd.code == 1013


def test_a_hostile_page_of_the_same_browser_is_refused(served):
    _, _, host = served
    with pytest.raises(InvalidStatus), connect(f"ws://{host}/view", origin="http://evil.example"):
        pass
    assert get(host, "/", Host="evil.example")[0] == 403  # DNS rebinding
    assert get(host, "/", Origin="http://evil.example")[0] == 403


def test_the_page_and_its_scripts_load_nothing_from_elsewhere(served):
    _, _, host = served
    status, page, headers = get(host, "/")
    policy = headers["Content-Security-Policy"]
    assert (status, "default-src 'none'" in policy, b"{nonce}" in page) == (200, True, False)
    assert get(host, "/")[2]["Content-Security-Policy"] != policy  # a new nonce for each page
    assert get(host, "/page.js")[2]["Content-Type"].startswith("text/javascript")
    assert [get(host, name)[0] for name in ("/htm.mjs", "/../server.py", "/index.html", "/none")] == [
        200,
        404,
        404,
        404,
    ]


def test_the_town_needs_the_key_and_says_while_it_is_missing(served, town):
    _, _, host = served
    assert get(host, "/town.json", Authorization="Bearer guessed")[0] == 403
    assert get(host, "/town.json", Authorization=f"Bearer {KEY}")[0] == 202
    town.write_bytes(gzip.compress(b'{"name": "Crossroads"}'))
    status, content, _ = get(host, "/town.json", Authorization=f"Bearer {KEY}")
    assert (status, json.loads(gzip.decompress(content))) == (200, {"name": "Crossroads"})


def test_the_console_loads_no_library_of_the_coverage():
    """The town's layers come from a process of their own, which ends."""
    code = (
        "import sys, blindspot.console.server, blindspot.nodes.clients.console_feed; "
        "from blindspot.coverage.maps import load_library; print({'numba', 'rasterio'} & set(sys.modules))"
    )
    here = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=here)
    assert done.stdout.strip() == "set()"


def post(host, path, said, key=KEY):
    connection = http.client.HTTPConnection(host)
    connection.request("POST", path, body=said, headers={"Authorization": f"Bearer {key}"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_a_question_of_a_page_has_an_answer_or_one_sentence(served):
    _, _, host = served
    assert post(host, "/act/twice", '{"number": 4}') == (200, b'{"answer":8}')
    assert post(host, "/act/twice", '{"number": "x"}') == (409, b'{"problem":"number: is no number"}')
    assert post(host, "/act/twice", '{"number": 4}', "guessed")[0] == 403
    assert [post(host, "/act/twice", said)[0] for said in ("no JSON", "[4]", "[" * 9000, " " * 20_000)] == [
        400,
        400,
        400,
        413,
    ]
    assert post(host, "/act/none", "{}")[0] == 405
