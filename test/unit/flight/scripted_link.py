"""A link to a MAVROS whose answers a test writes."""

from __future__ import annotations

from types import SimpleNamespace as Message
from typing import Any


class ScriptedLink:
    """A MAVROS that answers each service with the next of its scripted answers; silent after the last one."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.script: dict[str, list[Any]] = {}
        self.parameters: dict[str, float] = {}
        self.reported: dict[str, Any] = {}
        self.listeners: dict[str, Any] = {}

    def call(self, service, fields, done):
        self.calls.append((service, dict(fields)))
        answers = self.script.get(service)
        if answers:
            answer = answers.pop(0)
            done(answer() if callable(answer) else answer)

    def read_parameter(self, name, done):
        done(self.parameters.get(name))

    def publish(self, topic, fields):
        raise AssertionError("nothing is published")

    def subscribe(self, topic, callback):
        self.listeners[topic] = callback

    def say(self, topic, **fields):
        self.listeners[topic](Message(**fields))

    def state(self, mode, *, armed=False, connected=True, status=3):
        self.reported = {"mode": mode, "armed": armed, "connected": connected, "system_status": status}
        self.say("state", **self.reported)

    def services(self):
        return [service for service, _ in self.calls]

    def run(self, drone, seconds, each=None):
        """Let time pass, a tenth of a second at a time; `state` is sent once a second."""
        for tick in range(round(seconds * 10)):
            self.now_s += 0.1
            if tick % 10 == 9 and self.reported:
                self.state(self.reported["mode"], armed=self.reported["armed"], status=self.reported["system_status"])
            if each is not None:
                each()
            drone.telemetry(self.now_s)

    def pulled(self, topic, items):
        """The answer to a pull that brings these items."""

        def answer():
            self.held = items
            self.say(topic, waypoints=items, current_seq=0)
            return Message(success=True, wp_received=len(items))

        return answer

    def goes_to(self, seq, shown=None):
        """MAVROS's answer to the request for an item; the autopilot then shows it, or another one."""

        def answer():
            self.say("mission/waypoints", waypoints=self.held, current_seq=seq if shown is None else shown)
            return Message(success=True)

        return answer

    @staticmethod
    def as_px4_gives_it(item):
        """An item as a pull returns it (measured): integer frames, 1e-7 degrees, autocontinue lost in a fence."""
        rounded = {key: round(item[key], 7) for key in ("x_lat", "y_long")}
        frames = {0: 5, 3: 6}
        return Message(**(item | rounded | {"frame": frames.get(item["frame"], item["frame"]), "autocontinue": False}))
