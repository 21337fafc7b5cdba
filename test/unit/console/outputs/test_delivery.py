"""The outbox and its delivery, by a simulated clock: in order, once, with waits, over a full disk."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from blindspot.console.outputs import outbox as outboxes
from blindspot.console.outputs.delivery import Delivery, DeliveryError
from blindspot.console.outputs.outbox import Outbox, OutboxError

AT = datetime(2026, 12, 3, 21, 0, tzinfo=UTC)


class Receiver:
    """Takes messages unless it is down."""

    def __init__(self):
        self.is_down, self.tries, self.got = False, 0, []

    def send(self, message):
        self.tries += 1
        if self.is_down:
            raise DeliveryError("no answer")
        self.got.append(message.body)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "state" / "webhook.sqlite"


@pytest.fixture
def receiver():
    return Receiver()


def at(passed_s):
    return (AT + timedelta(seconds=passed_s)).isoformat()


def test_a_receiver_that_is_down_for_an_hour_gets_each_message_once_in_order(file, receiver):
    delivery, receiver.is_down = Delivery(Outbox(file), receiver.send), True
    for passed_s in range(3600):
        if passed_s % 60 == 0:
            delivery.put(f"message {passed_s // 60}", at(passed_s))
        delivery.step(float(passed_s))
    assert receiver.tries < 25, "the wait grows to five minutes"
    state = delivery.state(AT + timedelta(hours=1))
    assert (state.waiting, state.stuck_since, state.problem) == (60, at(0), "no answer")
    receiver.is_down = False
    passed_s = 3600.0
    while len(receiver.got) < 60:
        passed_s += 1.0
        assert passed_s <= 3901.0
        while delivery.step(passed_s):
            pass
    assert receiver.got == [f"message {number}" for number in range(60)]
    assert not delivery.step(9999.0) and delivery.state(AT).stuck_since == ""


def test_messages_survive_a_new_start(file, receiver):
    Delivery(Outbox(file), receiver.send).put("before", at(0))
    delivery = Delivery(Outbox(file), receiver.send)
    delivery.put("after", at(1))
    assert delivery.step(0.0) and delivery.step(0.0) and receiver.got == ["before", "after"]
    assert file.stat().st_mode & 0o077 == 0


def test_the_oldest_go_first(file, monkeypatch):
    monkeypatch.setattr(outboxes, "MOST_KEPT", 5)
    box = Outbox(file)
    for number in range(8):
        box.put(str(number), at(number))
    assert (len(box), box.first().body, box.lost) == (5, "3", 3)


def test_a_full_disk_loses_messages_says_so_and_sends_none_twice(file, receiver, monkeypatch):
    box = Outbox(file)
    delivery = Delivery(box, receiver.send)
    delivery.put("kept", at(0))
    connect = sqlite3.connect

    def full(*words, **more):
        file = connect(*words, **more)
        file.execute("PRAGMA query_only = 1")  # as on a full disk: reads work, writes fail
        return file

    monkeypatch.setattr(sqlite3, "connect", full)
    delivery.put("lost", at(1))
    state = delivery.state(AT)
    assert state.lost == 1 and state.stuck_since and "can't be used" in state.problem
    delivery.step(0.0)
    delivery.step(1000.0)
    assert receiver.got == ["kept"]
    monkeypatch.undo()
    delivery.put("again", at(2))
    while delivery.step(2000.0):
        pass
    assert receiver.got == ["kept", "again"] and delivery.state(AT).problem == ""


def test_a_file_that_is_no_outbox_is_named(file):
    file.parent.mkdir()
    file.write_bytes(b"no database at all, but long enough to be read as one" * 10)
    with pytest.raises(OutboxError, match="can't be used"):
        Outbox(file)
