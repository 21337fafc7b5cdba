"""The console's server for other computers, over real sockets with TLS: nothing before a login."""

import http.client
import json
import ssl
from datetime import UTC, datetime
from threading import Lock

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from blindspot.console import ConsoleServer, View, free_socket
from blindspot.console.beyond import Beyond, make_certificate

HOST, KEY, PILOT = "127.0.0.2", "the-key", "A. Martin"
"""An address that a test can open on each computer, and that the server takes for one of a network."""


class Served:
    def __init__(self, folder, office):
        certificate = make_certificate(HOST, folder, datetime.now(UTC))
        self.view, self.stops, self.office = View(), [], office
        self.view.take("drone/drone1", {"phase": "idle"}, 0.0)
        opened = free_socket(host=HOST)
        self.host = f"{HOST}:{opened.getsockname()[1]}"
        self.trusts = ssl.create_default_context(cafile=certificate.file)
        self.server = ConsoleServer(
            self.view, Lock(), KEY, {}, {"town.json": lambda: b"town"},
            lambda said: "stop" in said and not self.stops.append(said["stop"]), {"twice": lambda said: {"answer": 4}},
            beyond=Beyond(HOST, certificate, office.logins),
        )  # fmt: skip
        self.server.start(opened)

    def open(self, **words):
        return connect(f"wss://{self.host}/view", ssl=self.trusts, **words)

    def ask(self, method, path, shown, **headers):
        connection = http.client.HTTPSConnection(self.host, context=self.trusts)
        connection.request(method, path, body="{}", headers={"Authorization": f"Bearer {shown}", **headers})
        return connection.getresponse().status


@pytest.fixture
def served(tmp_path, office):
    made = Served(tmp_path / "tls", office)
    yield made
    made.server.stop()
    assert not made.server.is_alive


def heard(socket):
    return json.loads(socket.recv(timeout=10))


def log_in(socket, office, person=PILOT):
    socket.send(json.dumps(office.answer(heard(socket)["login"], person)))
    return heard(socket)


def test_after_a_login_the_page_gets_the_view_and_its_stops_carry_the_person_s_name(served, office):
    with served.open() as socket:
        text = heard(socket)["login"]
        assert json.loads(text)[3] == served.host
        socket.send(json.dumps(office.answer(text)))
        said = heard(socket)
        assert (said["person"], said["role"]) == (PILOT, "pilot")
        assert heard(socket)["set"] == {"drone/drone1": {"phase": "idle"}}
        socket.send(json.dumps({"stop": {"id": "a", "person": "Somebody Else"}}))
        while not served.stops:
            heard(socket)
    assert served.stops == [{"id": "a", "person": PILOT}]


def test_before_a_login_nothing_but_the_challenge_is_sent(served):
    with served.open() as socket:
        assert list(heard(socket)) == ["login"]
        with pytest.raises(TimeoutError):
            socket.recv(timeout=1.5)


@pytest.mark.parametrize(
    "said", ['{"key": "the-key"}', '{"stop": {"id": "a"}}', "no JSON", "{}", '{"session": ""}', '{"session": "x"}']
)
def test_another_answer_than_a_login_is_refused_with_one_sentence(served, said):
    with served.open() as socket:
        heard(socket)
        socket.send(said)
        assert list(heard(socket)) == ["problem"]
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)
        assert closed.value.rcvd.code == 4401
    assert served.stops == []


def test_a_challenge_of_one_connection_opens_no_other(served, office):
    with served.open() as first, served.open() as second:
        text = heard(first)["login"]
        heard(second)
        second.send(json.dumps(office.answer(text)))
        assert "has not signed" in heard(second)["problem"]


def test_a_question_counts_with_an_open_session_and_never_with_the_key_of_the_address(served, office):
    with served.open() as socket:
        token = log_in(socket, office)["session"]
        assert [served.ask("POST", "/act/twice", shown) for shown in (token, KEY, "", "\xff")] == [200, 403, 403, 403]
        assert [served.ask("GET", "/town.json", shown) for shown in (token, KEY)] == [200, 403]
        with served.open() as again:
            heard(again)
            again.send(json.dumps({"session": token}))
            assert heard(again)["person"] == PILOT


def test_a_foreign_host_or_origin_is_refused_and_plain_http_gets_nothing(served):
    with pytest.raises(InvalidStatus), served.open(origin=f"http://{served.host}"):
        pass
    with pytest.raises(InvalidStatus), served.open(origin="https://evil.example"):
        pass
    assert served.ask("GET", "/", "", Host="evil.example") == 403
    assert served.ask("GET", "/", "", Host=served.host.replace(HOST, "localhost")) == 403
    assert served.ask("GET", "/", "", Origin=f"https://{served.host}") == 200
    plain = http.client.HTTPConnection(served.host, timeout=10)
    plain.request("GET", "/")
    with pytest.raises((http.client.HTTPException, OSError)):
        plain.getresponse()
