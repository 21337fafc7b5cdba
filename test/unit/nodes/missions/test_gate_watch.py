"""When an authority has forgotten its clearances: a restart may be shorter than a silence of a busy machine."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from blindspot.nodes.missions import renewal
from blindspot.nodes.missions.renewal import GATE_SILENT_S, SETTLED_S, GateWatch

FIRST, SECOND = (100, 7), (101, 9)


class Watch:
    """A watch whose authority is heard or not, in one process or another."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s, self.heard_s, self.process = 100.0, 100.0, FIRST
        monkeypatch.setattr(renewal, "time", SimpleNamespace(monotonic=lambda: self.now_s))
        node = SimpleNamespace(create_subscription=lambda *_: None)
        self.gate = GateWatch(node, ["drone1"], lambda: self.now_s)
        self.gate.expects(["drone1"])

    def passes(self, seconds: float, *, heard: bool = True) -> None:
        for _ in range(round(10 * seconds)):
            self.now_s += 0.1
            self.heard_s = self.now_s if heard else self.heard_s
            self.gate.step(self.process, is_heard=lambda since_s: self.heard_s > since_s)


@pytest.fixture
def watch(monkeypatch) -> Watch:
    made = Watch(monkeypatch)
    made.passes(5.0)
    return made


def test_a_restart_without_a_silence_is_another_authority(watch):
    before_s = watch.gate.alive_since_s
    watch.process = SECOND
    watch.passes(0.2)
    assert before_s < watch.gate.begun_s <= watch.gate.alive_since_s
    assert not watch.gate.has_forgotten(["drone1"]), "its services are still being discovered"
    watch.passes(SETTLED_S + 0.1)
    assert watch.gate.has_forgotten(["drone1"])


def test_the_last_words_of_the_former_process_do_not_count_as_those_of_the_new_one(watch):
    watch.process = SECOND
    watch.passes(SETTLED_S + 2.0, heard=False)
    assert not watch.gate.has_forgotten(["drone1"])
    watch.passes(SETTLED_S + 0.2)
    assert watch.gate.has_forgotten(["drone1"])


def test_a_known_process_that_is_silent_for_a_while_is_the_same_authority(watch):
    before_s = watch.gate.alive_since_s
    watch.passes(GATE_SILENT_S + 0.5, heard=False)
    assert not watch.gate.has_forgotten(["drone1"]), "a silent authority is not asked"
    watch.passes(0.1)
    assert watch.gate.alive_since_s == before_s


def test_a_silence_of_an_unknown_process_may_hide_a_restart(watch):
    watch.process = None
    watch.passes(2.0)
    before_s = watch.gate.alive_since_s
    watch.passes(GATE_SILENT_S + 0.5, heard=False)
    watch.passes(0.1)
    assert watch.gate.alive_since_s > before_s
