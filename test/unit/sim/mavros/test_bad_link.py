"""A link that loses, repeats and delays, in front of a vehicle that only remembers."""

from __future__ import annotations

import pytest

from blindspot_sim.mavros.bad_link import BadLink, LinkFaults


class Vehicle:
    def __init__(self) -> None:
        self.now_s = 10.0
        self.asked: list[str] = []
        self.published: list[str] = []
        self.said: list[tuple[float, str, dict]] = []

    def call(self, service, request, reply):
        self.asked.append(service)
        reply({"success": True})

    def publish(self, topic, message):
        self.published.append(topic)

    def drain(self):
        said, self.said = self.said, []
        return said


@pytest.fixture
def vehicle():
    return Vehicle()


def sent(vehicle, faults: LinkFaults, number: int = 1) -> tuple[list[int], list[int]]:
    """Send requests and messages at once. Returns (answers, received messages), counted at 0.0, 0.5 and 1.0 s."""
    link, answers, heard = BadLink(vehicle, seed=1), [], []
    link.faults = faults
    for _ in range(number):
        link.call("set_mode", {}, answers.append)
        link.publish("setpoint_raw/local", {})
        vehicle.said.append((vehicle.now_s, "state", {}))
    counts = []
    for _ in range(3):
        heard += link.drain()
        counts.append((len(answers), len(heard)))
        vehicle.now_s += 0.5
    had, answered = zip(*counts, strict=True)
    return list(had), list(answered)


def test_a_good_link_passes_everything_at_once(vehicle):
    assert sent(vehicle, LinkFaults(), 3) == ([3, 3, 3], [3, 3, 3])
    assert len(vehicle.asked) == len(vehicle.published) == 3


def test_a_delay_applies_both_ways(vehicle):
    assert sent(vehicle, LinkFaults(delay_s=0.5)) == ([0, 0, 1], [0, 1, 1])


def test_a_lost_request_stays_unanswered(vehicle):
    assert sent(vehicle, LinkFaults(drop=1.0)) == ([0, 0, 0], [0, 0, 0])
    assert vehicle.asked == vehicle.published == []


def test_a_share_is_lost_on_each_way(vehicle):
    answers, heard = sent(vehicle, LinkFaults(drop=0.3), 1000)
    assert answers[-1] == pytest.approx(1000 * 0.7 * 0.7, abs=50) and heard[-1] == pytest.approx(700, abs=50)


def test_a_duplicate_request_is_executed_twice_and_answered_once(vehicle):
    assert sent(vehicle, LinkFaults(duplicate=1.0)) == ([1, 1, 1], [2, 2, 2])
    assert vehicle.asked == ["set_mode"] * 2 and len(vehicle.published) == 2
