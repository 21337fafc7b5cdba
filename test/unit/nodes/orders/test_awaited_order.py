"""An order to the mission manager, from its sending to the answer, or to the end of the wait."""

from types import SimpleNamespace

import pytest

from blindspot.nodes.orders.ordering import AwaitedOrder, Confirmation


class Manager:
    """A mission manager that answers when it is told to, and the words of the orders to it."""

    def __init__(self):
        self.answer, self.sent = None, []

    def send(self, *words, **details):
        self.sent.append((*words, details))
        return SimpleNamespace(done=lambda: self.answer is not None, result=lambda: self.answer)


def order(manager, within_s, **details):
    return AwaitedOrder(manager, "return_home", ("drone1",), "A. Martin", "fog", within_s=within_s, **details)


@pytest.mark.parametrize(("success", "state"), [(True, "taken"), (False, "refused")])
def test_an_answer_ends_the_wait_even_after_the_limit(success, state):
    manager = Manager()
    given = order(manager, -1.0)
    assert (given.state, given.message) == ("unanswered", "")
    manager.answer = SimpleNamespace(success=success, message="drone1")
    assert (given.state, given.message) == (state, "drone1")


def test_an_order_is_sent_once_with_its_details():
    manager = Manager()
    given = order(manager, 1e9, step=3)
    assert [given.state, given.state] == ["sent", "sent"]
    assert manager.sent == [("return_home", ("drone1",), "A. Martin", "fog", {"step": 3})]


@pytest.mark.parametrize("judged", ["flying", "refused"])
def test_a_drone_that_looks_already_shows_a_new_order_only_once_the_gate_has_judged_it(judged):
    stamps = iter(range(9))

    def status(inspection):
        return SimpleNamespace(
            drone="drone1", phase="inspect", reason="", autopilot="up", inspection=inspection,
            header=SimpleNamespace(stamp=next(stamps)),
        )  # fmt: skip

    waits = Confirmation("inspect", ["drone1"], {"drone1": status("flying")})
    for shown in ("flying", "waiting for the gate"):
        waits.look({"drone1": status(shown)})
        assert waits.open == ("drone1",), "the first look, or a look that is being judged"
    waits.look({"drone1": status(judged)})
    assert waits.open == () and list(waits.refused) == (["drone1"] if judged == "refused" else [])
