"""The webhook over real sockets: receivers that are right, that refuse, hang, drip, or send without an end."""

import http.server
import json
import socket
import threading

import pytest

from blindspot.console.outputs.delivery import DeliveryError
from blindspot.console.outputs.outbox import Waiting
from blindspot.console.outputs.webhook import Webhook, signature_of

SECRET = b"a secret of the town"
MESSAGE = Waiting(7, "2026-12-03T21:14:07+00:00", '{"type": "alert"}')


class Answers(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
    server.got, server.status = [], 204
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def raw():
    """Makes a receiver that answers each message with these parts, one after another, without an end."""
    opened, ends = [], threading.Event()

    def made(parts):
        listens = socket.create_server(("127.0.0.1", 0))
        opened.append(listens)

        def serve():
            taken, _ = listens.accept()
            with taken:
                for part in parts():
                    if ends.is_set():
                        return
                    try:
                        taken.sendall(part)
                    except OSError:
                        return
                ends.wait(30)

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listens.getsockname()[1]}/alerts"

    yield made
    ends.set()
    for each in opened:
        each.close()


def test_a_receiver_proves_the_sender_and_the_time(receiver):
    Webhook(f"http://127.0.0.1:{receiver.server_port}/town?a=1", SECRET).send(MESSAGE)
    [(path, headers, body)] = receiver.got
    assert (path, json.loads(body), headers["X-Blindspot-Id"]) == ("/town?a=1", {"type": "alert"}, "7")
    signature = headers["X-Blindspot-Signature"]
    assert signature == signature_of(SECRET, headers["X-Blindspot-Time"], body)
    assert signature != signature_of(SECRET, str(int(headers["X-Blindspot-Time"]) + 1), body)


@pytest.mark.parametrize("status", [302, 400, 500, 503])
def test_only_a_yes_is_a_yes_and_no_redirection_is_followed(receiver, status):
    receiver.status = status
    with pytest.raises(DeliveryError, match=str(status)):
        Webhook(f"http://127.0.0.1:{receiver.server_port}/", SECRET).send(MESSAGE)
    assert len(receiver.got) == 1


def hang():
    return iter(())


def drip():
    ends = threading.Event()
    for letter in b"HTTP/1.1 200 " + b"O" * 10_000:
        yield bytes([letter])
        ends.wait(0.02)


@pytest.mark.parametrize("parts", [hang, drip])
def test_a_receiver_that_hangs_is_left(raw, parts):
    with pytest.raises((DeliveryError, OSError)):
        Webhook(raw(parts), SECRET, deadline_s=0.15).send(MESSAGE)


def test_an_answer_of_a_gigabyte_is_not_read(raw):
    sent = []

    def gigabyte():
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
        for _ in range(1000):
            sent.append(1)
            yield bytes(1_000_000)

    Webhook(raw(gigabyte), SECRET).send(MESSAGE)
    assert len(sent) < 100


def test_a_head_without_an_end_is_a_failure(raw):
    def head():
        yield b"HTTP/1.1 200 OK\r\n"
        for number in range(100_000):
            yield b"X-%d: %s\r\n" % (number, b"x" * 1000)

    with pytest.raises((DeliveryError, OSError)):
        Webhook(raw(head), SECRET).send(MESSAGE)


def test_nobody_listens(raw):
    with pytest.raises(OSError, match="refused"):
        Webhook("http://127.0.0.1:1/", SECRET).send(MESSAGE)
