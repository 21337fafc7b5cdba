"""Sends what a fleet file asks for: alerts and states of drones, to a broker and to a web address."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from blindspot.console.outputs.delivery import Delivery, DeliveryThread
from blindspot.console.outputs.outbox import Outbox
from blindspot.console.outputs.outward import alerts_out, drones_in, text_of
from blindspot.console.outputs.secret_file import read_secret
from blindspot.console.outputs.webhook import Webhook
from blindspot.console.view import View
from blindspot.core import BlindspotError, one_line
from blindspot.mission import Fleet

OUTPUT = "output/"
"""Begin of the keys of the records about outputs."""
LOOKS_EACH_S = 1.0
STATUS_EACH_S = 60.0


class OutputNews:
    """A context manager; call `step` again and again. An output that can't be used is a record with its problem, and
    the page goes on.

    Parameters
    ----------
    fleet
        Its file has the section `console.outputs`.
    folder
        Folder of the outboxes.
    view, lock
        The view that pages show, and the lock that protects the view.
    """

    def __init__(self, fleet: Fleet, folder: Path, view: View, lock: Lock) -> None:
        self._fleet, self._folder, self._view, self._lock = fleet, folder, view, lock
        self._alerts: dict[str, dict[str, Any]] = {}
        self._phases: dict[str, tuple[object, ...]] = {}
        self._deliveries: dict[str, Delivery] = {}
        self._problems: dict[str, str] = {}
        self._show: Callable[[Mapping[str, str]], None] = lambda states: None
        self._due_s = self._status_s = float("-inf")
        self._ends = ExitStack()
        outputs = fleet.file.console.outputs
        if outputs.webhook is not None:
            self._try("webhook", self._webhook)
        if outputs.mqtt is not None:
            self._try("mqtt", self._mqtt)
        if (streams := outputs.masked_mjpeg) is not None:
            self._try("masked_mjpeg", lambda: read_secret(self._beside(streams.token_file)))
        self._is_off = not self._deliveries and not self._problems

    def _try(self, name: str, begin: Callable[[], object]) -> None:
        try:
            begin()
        except (BlindspotError, OSError) as error:
            self._problems[name] = one_line(error, 300)

    def _webhook(self) -> None:
        section = self._fleet.file.console.outputs.webhook
        assert section is not None
        ca_file = self._beside(section.ca_file) if section.ca_file else None
        hook = Webhook(section.url, read_secret(self._beside(section.secret_file)).encode(), ca_file)
        self._begin("webhook", hook.send)

    def _mqtt(self) -> None:
        from blindspot.console.outputs.mqtt import MqttSender

        section = self._fleet.file.console.outputs.mqtt
        assert section is not None
        password = read_secret(self._beside(section.password_file), least=1) if section.user else ""
        ca_file = str(self._beside(section.ca_file)) if section.ca_file else ""
        sender = MqttSender(section, password, ca_file, f"blindspot-{self._fleet.sha256[:12]}")
        self._ends.callback(sender.stop)
        self._show = sender.show
        self._begin("mqtt", sender.send)

    def _begin(self, name: str, send: Any) -> None:
        delivery = Delivery(Outbox(self._folder / f"{name}.sqlite"), send)
        self._ends.callback(DeliveryThread(delivery).stop)
        self._deliveries[name] = delivery

    def _beside(self, name: str) -> Path:
        return self._fleet.path.parent / name

    def step(self, now_s: float | None = None, at: datetime | None = None) -> None:
        """Look at the view, at most once a second."""
        now_s = time.monotonic() if now_s is None else now_s
        if self._is_off or now_s < self._due_s:
            return
        self._due_s = now_s + LOOKS_EACH_S
        at = datetime.now(UTC) if at is None else at
        with self._lock:
            known = self._view.contents(now_s)
        stack = known["stack"][0] if "stack" in known else {}
        about = {"fleet": self._fleet.file.name, "simulated": stack.get("simulated") is True}
        self._send_alerts(known, at, about)
        self._send_drones(known, at, about, now_s)
        self._record(now_s, at)

    def _send_alerts(self, known: Any, at: datetime, about: Mapping[str, Any]) -> None:
        standing = alerts_out(known, self._fleet.names)
        news = [(alert, "begun") for key, alert in standing.items() if key not in self._alerts]
        news += [(alert, "over") for key, alert in self._alerts.items() if key not in standing]
        self._alerts = standing
        for alert, state in news:
            self._put(text_of("alert", alert, state=state, at=_utc(at), **about), at, *self._deliveries)

    def _send_drones(self, known: Any, at: datetime, about: Mapping[str, Any], now_s: float) -> None:
        """A broker keeps each state; a web address gets the changes of phase alone."""
        drones, states = drones_in(known, self._fleet.names), {}
        for name, state in drones.items():
            states[f"drones/{name}"] = text_of("drone", state, **about)
            phase = state["phase"], state["silent"]
            if self._phases.get(name, phase) != phase:
                self._put(text_of("drone", state, at=_utc(at), **about), at, "webhook")
            self._phases[name] = phase
        if now_s - self._status_s >= STATUS_EACH_S:
            self._status_s = now_s
            states["status"] = text_of("status", {"state": "online", "at": _utc(at), **about})
        self._show(states)

    def _put(self, text: str, at: datetime, *names: str) -> None:
        for name in names:
            if name in self._deliveries:
                self._deliveries[name].put(text, _utc(at))

    def _record(self, now_s: float, at: datetime) -> None:
        states: dict[str, Mapping[str, Any]] = {
            name: asdict(delivery.state(at)) for name, delivery in self._deliveries.items()
        }
        states |= {name: {"stuck_since": "start", "problem": problem} for name, problem in self._problems.items()}
        with self._lock:
            for name, state in states.items():
                self._view.take(f"{OUTPUT}{name}", state, now_s)

    def __enter__(self) -> OutputNews:
        return self

    def __exit__(self, *_: object) -> None:
        """End the connections; messages that wait stay in their files."""
        self._ends.close()


def _utc(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
