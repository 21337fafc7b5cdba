"""Replay a recorded PX4 + MAVROS flight on the simulated vehicle, or on a real one.

The replay feeds the recorded calls, the acts of the pilot and the faults at their recorded times (see `recording`). It
feeds OFFBOARD set-points at 20 Hz while the recording had them. The vehicle's messages become a trace of the same form.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import ceil

from blindspot.flight.vehicle import ACCEPTED, AUTHORISE_ARMING, DENIED, CommandAck, command_ack
from blindspot_lab.recordings.recording import (
    Done,
    Line,
    Played,
    Trace,
    Wait,
    authoriser,
    first_heartbeat_s,
    first_input_s,
    vehicle_like,
    what_was_done,
    what_was_waited_for,
)
from blindspot_sim.mavros.simulated_mavros import SimulatedMavros

_FIRST_HEARTBEAT_S = 0.9
_SLICE_S, _SETPOINT_S = 0.01, 0.05
_PATIENCE_S = 20.0
_AFTER_S = 0.2
"""The replay continues after the recording's end for this share of its length: the vehicle may be slower."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input to the vehicle: its time in the recording and in the simulation, its effects (see `recording.Done`)."""

    recorded_s: float
    simulated_s: float
    causes: frozenset[str]
    sets_item: int | None = None

    @property
    def times_s(self) -> tuple[float, float]:
        """Both times, s."""
        return self.recorded_s, self.simulated_s


@dataclass(frozen=True, slots=True)
class Replay:
    """The simulated vehicle's trace, its inputs, and the time of the recording's end."""

    trace: Trace
    inputs: list[Input]
    recording_ended_s: float


class _Stage:
    """The vehicle, its trace so far, and the delay of the replay behind the recording."""

    def __init__(self, trace: Trace, vehicle: Played, heartbeat_s: float) -> None:
        self.vehicle = vehicle
        self.trace: Trace = []
        self._by_topic: defaultdict[str, Trace] = defaultdict(list)
        self.offset_s = 0.0
        self.setpoint: Line | None = None
        self._heartbeat_s = heartbeat_s
        self._authoriser = authoriser(trace)

    def advance(self, until_s: float) -> None:
        """Advance, with set-points at 20 Hz if there are any. A recorded authoriser answers at once, as recorded."""
        slice_s = _SLICE_S if self._authoriser else _SETPOINT_S
        for left in range(ceil((until_s - self.vehicle.now_s) / slice_s) - 1, -1, -1):
            if self.setpoint is not None:
                self.vehicle.publish("setpoint_raw/local", self.setpoint)
            self.vehicle.step(until_s - left * slice_s)
            for t, topic, fields in self.vehicle.drain():
                self.trace.append({"t": t, "topic": topic, "msg": fields})
                self._by_topic[topic].append(self.trace[-1])
                if topic == "mavlink_source":
                    self._answer(t, int(fields["sysid"]))

    def run_until_seen(self, wait: Wait, since_s: float) -> None:
        """Advance until the condition is met after `since_s`, and add its delay to the replay's offset.

        The delay is rounded up to whole heartbeats, which keeps the phase of the 1 Hz streams.
        """
        deadline_s = wait.t + _PATIENCE_S
        while (came_s := self._came_s(wait, since_s)) is None and self.vehicle.now_s < deadline_s:
            self.advance(self.vehicle.now_s + 0.1)
        late_s = (deadline_s if came_s is None else came_s) - wait.t
        self.offset_s = ceil(late_s / self._heartbeat_s - 1e-6) * self._heartbeat_s

    def ask(self, line: Line) -> None:
        """Call a service, and wait for the answer as the recorded client did."""
        asked_s = self.vehicle.now_s
        answers: list[Line] = []

        def answered(response: dict[str, object]) -> None:
            now_s = self.vehicle.now_s
            answers.append({"t": now_s, "call": line["call"], "response": response, "latency_s": now_s - asked_s})

        self.vehicle.call(line["call"], line["request"], answered)
        while not answers and self.vehicle.now_s < asked_s + _PATIENCE_S:
            self.advance(self.vehicle.now_s + _SLICE_S)
        self.trace.extend(answers)

    def _came_s(self, wait: Wait, since_s: float) -> float | None:
        value = None
        for line in self._by_topic[wait.topic]:
            before, value = value, line["msg"][wait.key]
            if value == wait.value != before and line["t"] > since_s:
                return float(line["t"])
        return None

    def _answer(self, now_s: float, system_id: int) -> None:
        says = [accepts for t, accepts in self._authoriser if t + self.offset_s <= now_s][-1:]
        if says and says[0] is not None:
            ack = CommandAck(AUTHORISE_ARMING, ACCEPTED if says[0] else DENIED, system_id)
            self.vehicle.publish("mavlink_sink", command_ack(ack, 1, 191))


def replay(trace: Trace, *, seed: int = 1, step_s: float = 0.01) -> Replay:
    """Replay the recording on a simulated vehicle that stands on the recorded vehicle's place."""
    config = vehicle_like(trace, first_input_s(trace), step_s)
    vehicle = SimulatedMavros(config, seed=seed, start_s=first_heartbeat_s(trace) - _FIRST_HEARTBEAT_S)
    return play(trace, vehicle, config.heartbeat_s)


def play(trace: Trace, vehicle: Played, heartbeat_s: float) -> Replay:
    """Give the recorded inputs to a vehicle. `heartbeat_s` is the period of the vehicle's heartbeat.

    The recording's driver waited for conditions (its "reached" notes) before the next input. So does the replay: the
    time from the condition to the input is as recorded, rounded up to whole heartbeats. Both also wait for every answer
    before the next call.
    """
    done = what_was_done(trace)
    waits = [wait for wait in what_was_waited_for(trace) if wait.t > done[0].t]
    stage = _Stage(trace, vehicle, heartbeat_s)
    given: list[Input] = []
    for one in done:
        while waits and waits[0].t <= one.t:
            stage.run_until_seen(waits.pop(0), given[-1].simulated_s)
        stage.advance(one.t + stage.offset_s)
        given.append(Input(one.t, vehicle.now_s, one.causes, one.sets_item))
        _do(one, stage)
    end_s = trace[-1]["t"]
    stage.advance(end_s + stage.offset_s + _AFTER_S * end_s)
    stage.trace.sort(key=lambda line: float(line["t"]))
    return Replay(stage.trace, given, end_s + stage.offset_s)


def _do(one: Done, stage: _Stage) -> None:
    if one.line is not None:
        stage.ask(one.line)
    elif one.act is not None:
        one.act(stage.vehicle)
    else:
        stage.setpoint = one.setpoint
