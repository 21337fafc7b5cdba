"""Messages to an MQTT broker: `status` with a last will, `drones/NAME` retained, `alerts` once each."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Protocol

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from blindspot.console.outputs.delivery import DeliveryError
from blindspot.console.outputs.outbox import Waiting
from blindspot.console.outputs.outward import text_of
from blindspot.core import BlindspotError

KEEPALIVE_S = 20
LONGEST_WAIT_S = 300
CONFIRMED_WITHIN_S = 10.0


class Broker(Protocol):
    """The section of the fleet file about the broker."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def tls(self) -> bool: ...
    @property
    def user(self) -> str: ...
    @property
    def topic(self) -> str: ...


class MqttSender:
    """One connection, in a thread of the library; nothing is subscribed.

    Parameters
    ----------
    section
        Address and topics.
    password
        Of `section.user`.
    ca_file
        Certificate of an own authority; the system's if empty.
    name
        Name of this client at the broker.
    """

    def __init__(self, section: Broker, password: str, ca_file: str, name: str) -> None:
        self._topic, self._where = section.topic, f"{section.host}:{section.port}"
        self._retained: dict[str, str] = {}
        self._lock = threading.Lock()
        self._client = client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTv311)
        client.on_connect = self._on_connect
        client.will_set(self._full("status"), text_of("status", {"state": "offline"}), qos=1, retain=True)
        client.reconnect_delay_set(1, LONGEST_WAIT_S)
        client.max_queued_messages_set(100)
        if section.user:
            client.username_pw_set(section.user, password)
        try:
            if section.tls:
                client.tls_set(ca_certs=ca_file or None)
            client.connect_async(section.host, section.port, KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise BlindspotError(f"the broker {self._where} can't be used ({error})") from error
        client.loop_start()

    def _full(self, topic: str) -> str:
        return f"{self._topic}/{topic}"

    def show(self, states: Mapping[str, str]) -> None:
        """Publish the retained messages that changed, by topic; all of them after each new connection."""
        with self._lock:
            changed = {topic: text for topic, text in states.items() if self._retained.get(topic) != text}
            self._retained.update(changed)
        if self._client.is_connected():
            self._publish(changed)

    def _publish(self, states: Mapping[str, str]) -> None:
        for topic, text in states.items():
            self._client.publish(self._full(topic), text, qos=0, retain=True)

    def _on_connect(self, *_: Any) -> None:
        with self._lock:
            states = dict(self._retained)
        self._publish(states)

    def send(self, message: Waiting) -> None:
        """Publish an alert with QoS 1, and wait for the broker. Raises DeliveryError."""
        if not self._client.is_connected():
            raise DeliveryError(f"no connection to the broker {self._where}")
        sent = self._client.publish(self._full("alerts"), message.body, qos=1)
        try:
            sent.wait_for_publish(CONFIRMED_WITHIN_S)
        except (RuntimeError, ValueError) as error:
            raise DeliveryError(f"the broker {self._where} is lost ({error})") from error
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS or not sent.is_published():
            raise DeliveryError(f"the broker {self._where} does not confirm")

    def stop(self) -> None:
        """Say that the console ends, and disconnect."""
        if self._client.is_connected():
            text = text_of("status", {"state": "offline"})
            self._client.publish(self._full("status"), text, qos=0, retain=True)
        self._client.disconnect()
        self._client.loop_stop()
