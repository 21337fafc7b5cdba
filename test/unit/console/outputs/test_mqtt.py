"""Messages to a broker: a tiny broker of MQTT 3.1.1 that notes what it hears."""

import socket
import struct
import threading

import pytest

from blindspot.console.outputs.delivery import DeliveryError
from blindspot.console.outputs.mqtt import MqttSender
from blindspot.console.outputs.outbox import Waiting
from blindspot.mission.outputs.console_section import MqttOutput

CONNECT, PUBLISH, PING, DISCONNECT = 1, 3, 12, 14


class Broker:
    """`heard` holds topic, text, QoS and whether a message is retained; `will` is the last will."""

    def __init__(self):
        self.heard, self.will, self.login, self.news = [], None, None, threading.Condition()
        self.subscribes = False
        self._listens = socket.create_server(("127.0.0.1", 0))
        self.port = self._listens.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                taken, _ = self._listens.accept()
            except OSError:
                return
            with taken, taken.makefile("rb") as file:
                while self._take(taken, file):
                    pass

    def _take(self, taken, file):
        try:
            first = file.read(1)
        except OSError:
            return False
        if not first:
            return False
        length = shift = 0
        while True:
            byte = file.read(1)[0]
            length, shift = length | (byte & 127) << shift, shift + 7
            if not byte & 128:
                break
        body, kind = file.read(length), first[0] >> 4
        with self.news:
            if kind == CONNECT:
                self._connected(body)
                taken.sendall(b"\x20\x02\x00\x00")
            elif kind == PUBLISH:
                size, qos = struct.unpack(">H", body[:2])[0], first[0] >> 1 & 3
                rest = body[2 + size :]
                if qos:
                    taken.sendall(b"\x40\x02" + rest[:2])
                    rest = rest[2:]
                self.heard.append((body[2 : 2 + size].decode(), rest.decode(), qos, bool(first[0] & 1)))
            elif kind == PING:
                taken.sendall(b"\xd0\x00")
            elif kind != DISCONNECT:
                self.subscribes = True
            self.news.notify_all()
        return kind != DISCONNECT

    def _connected(self, body):
        flags, rest, texts = body[7], body[10:], []
        while rest:
            size = struct.unpack(">H", rest[:2])[0]
            texts.append(rest[2 : 2 + size].decode())
            rest = rest[2 + size :]
        self.will = (texts[1], texts[2], flags >> 3 & 3, bool(flags & 0x20))
        self.login = tuple(texts[3:])

    def until(self, is_so):
        with self.news:
            assert self.news.wait_for(is_so, 30)

    def close(self):
        self._listens.close()


@pytest.fixture
def broker():
    made = Broker()
    yield made
    made.close()


def sender(port, **more):
    section = MqttOutput(host="127.0.0.1", port=port, tls=False, topic="town/blindspot", **more)
    return MqttSender(section, "the password", "", "blindspot-test")


def test_states_are_retained_alerts_are_confirmed_and_an_end_is_said(broker):
    sends = sender(broker.port, user="town", password_file="p")
    sends.show({"drones/drone1": "idle", "status": "online"})  # before the connection
    broker.until(lambda: len(broker.heard) == 2)
    assert broker.will[0] == "town/blindspot/status" and '"offline"' in broker.will[1] and broker.will[2:] == (1, True)
    assert broker.login == ("town", "the password")
    sends.send(Waiting(1, "", "an alert"))
    sends.show({"drones/drone1": "idle"})
    sends.show({"drones/drone1": "takeoff"})
    broker.until(lambda: len(broker.heard) == 4)
    sends.stop()
    broker.until(lambda: len(broker.heard) == 5)
    assert broker.heard[:4] == [
        ("town/blindspot/drones/drone1", "idle", 0, True), ("town/blindspot/status", "online", 0, True),
        ("town/blindspot/alerts", "an alert", 1, False), ("town/blindspot/drones/drone1", "takeoff", 0, True),
    ]  # fmt: skip
    assert broker.heard[4][0] == "town/blindspot/status" and '"offline"' in broker.heard[4][1]
    assert not broker.subscribes


def test_without_a_broker_an_alert_waits():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        sends = sender(closed.getsockname()[1])
        with pytest.raises(DeliveryError, match="no connection"):
            sends.send(Waiting(1, "", "an alert"))
        sends.stop()
