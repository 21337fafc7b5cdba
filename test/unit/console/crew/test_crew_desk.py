"""Orders of people in a page: which signatures the server takes, and which attempts become an entry."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blindspot.console.crew import CrewDesk, Prepared, RefusedAttempts, crew_of
from blindspot.core import InputError, RefusedError
from blindspot.evidence import entries_of_act
from blindspot.law.orders import Ordered, OrderVerifier, key_text, order_details
from blindspot.mission import load_fleet
from blindspot.mission.fleet_file import FleetOperator

FLEET = Path(__file__).parents[4] / "config" / "fleets" / "crossroads.yaml"
MARTIN, ROY = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
START_NS = 1_796_313_600_000_000_000
ASKED = {"order": "resume", "person": "A. Martin", "reason": "the crane stands"}


def keyed(fleet, **roles):
    people = (
        FleetOperator(name="A. Martin", role="pilot", key=key_text(MARTIN.public_key())),
        FleetOperator(name="B. Roy", role="observer", key=key_text(ROY.public_key())),
    )
    return replace(fleet, file=fleet.file.model_copy(update={"operators": people} | roles))


class Page:
    """A page with a key, a desk, and a clock."""

    def __init__(self, fleet, journal, key=MARTIN, *, simulated=True):
        self.now_ns, self.key, self.carried = START_NS, key, []
        self.verifier = OrderVerifier(fleet, simulated=simulated, now_ns=lambda: self.now_ns)
        refused = RefusedAttempts(journal, now_s=lambda: self.now_ns / 1e9)
        self.desk = CrewDesk(
            fleet, simulated=simulated, kinds={"resume": self.resume}, refuse=refused.note, now_ns=lambda: self.now_ns
        )

    def resume(self, said):
        ordered = Ordered("resume", said["person"], said["reason"], ("drone1",), order_details())

        def carry(signature):
            self.carried.append(self.verifier.why_not(ordered, signature))  # as the mission manager judges the order
            return {"done": True}

        return Prepared(ordered, carry, {"minutes": 12})

    def asks(self, **changed):
        self.now_ns += 1_000_000_000
        return self.desk.sign(ASKED | changed)

    def signs(self, asked, text=None):
        signed = self.key.sign((text or asked["text"]).encode())
        return self.desk.give({"id": asked["id"], "signature": base64.b64encode(signed).decode()})


@pytest.fixture(scope="module")
def plain():
    return load_fleet(FLEET)


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal.jsonl"


@pytest.fixture
def page(plain, journal):
    return Page(keyed(plain), journal)


def entries(journal):
    return [dict(entry.facts) for entry in entries_of_act(journal, "console_refused")] if journal.exists() else []


def test_the_bytes_name_all_that_a_page_shows_and_the_server_s_time(page, plain):
    asked = page.asks()
    assert asked["minutes"] == 12
    assert json.loads(asked["text"]) == [
        "blindspot.order/3", plain.file.name, True, page.now_ns, "resume", "A. Martin", "the crane stands", ["drone1"],
        [0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, ""],
    ]  # fmt: skip
    assert page.signs(asked) == {"done": True}
    assert page.carried == [""], "the mission manager takes the signature as it takes a command's"


def test_an_order_is_given_once_and_within_a_minute(page, journal):
    asked = page.asks()
    page.signs(asked)
    with pytest.raises(RefusedError, match="was given before"):
        page.signs(asked)
    late = page.asks()
    page.now_ns += 61_000_000_000
    with pytest.raises(InputError, match="after more than 60 s"):
        page.signs(late)
    assert page.carried == [""] and len(entries(journal)) == 1


def test_an_observer_and_a_stranger_get_no_bytes_to_sign(page, journal):
    for person in ("B. Roy", "C. Nobody", ""):
        with pytest.raises(RefusedError, match=r"is observer|no operator"):
            page.asks(person=person)
    assert [entry["person"] for entry in entries(journal)] == ["B. Roy"], "at most one entry a minute"
    page.now_ns += 60_000_000_000
    with pytest.raises(RefusedError):
        page.asks(person="C. Nobody")
    assert [entry["attempts"] for entry in entries(journal)] == [1, 3]


@pytest.mark.parametrize("kind", ["foreign key", "other bytes", "another fleet", "of a simulation", "an older one"])
def test_a_signature_that_is_not_of_this_person_over_these_bytes_is_refused(plain, journal, kind):
    page = Page(keyed(plain), journal, ROY if kind == "foreign key" else MARTIN, simulated=kind != "of a simulation")
    asked = page.asks()
    text = asked["text"]
    text = {
        "foreign key": text,
        "other bytes": text.replace("drone1", "drone2"),
        "another fleet": text.replace(plain.file.name, "Another fleet"),
        "of a simulation": text.replace("false", "true", 1),
        "an older one": text.replace(str(page.now_ns), str(page.now_ns - 1)),
    }[kind]
    with pytest.raises(RefusedError, match=r"not signed with the key of A\. Martin, or was changed"):
        page.signs(asked, text)
    assert page.carried == [] and [entry["order"] for entry in entries(journal)] == ["resume"]


@pytest.mark.parametrize("signature", ["", "x", "A" * 88, "::", "mandate:" * 10])
def test_an_order_without_a_signature_is_refused(page, journal, signature):
    with pytest.raises(RefusedError, match="not signed"):
        page.desk.give({"id": page.asks()["id"], "signature": signature})
    assert page.carried == [] and len(entries(journal)) == 1


def test_a_resume_that_was_signed_before_a_hold_does_not_count_and_one_after_it_does(page):
    before = page.asks()
    page.now_ns += 100_000_000
    page.verifier.stopped()
    page.signs(before)
    page.signs(page.asks())
    assert page.carried == ["the order was signed before this node started or drones were stopped: give it again", ""]


def test_without_keys_the_name_of_an_operator_suffices(plain, journal):
    fleet = replace(plain, file=plain.file.model_copy(update={"operators": ("A. Martin",)}))
    page = Page(fleet, journal)
    asked = page.asks()
    assert asked["text"] == ""
    page.desk.give({"id": asked["id"]})
    assert page.carried == [""]
    with pytest.raises(RefusedError, match=r"is no operator of the fleet: it has A\. Martin"):
        page.asks(person="C. Nobody")


@pytest.mark.parametrize(
    "said",
    [{}, {"order": 5}, {"order": "hold"}, {"order": "fly", "person": ["A. Martin"]}, {"order": "x" * 9000}],
)  # fmt: skip
def test_other_words_of_a_page_are_one_sentence(page, said):
    with pytest.raises(InputError):
        page.desk.sign(said)
    with pytest.raises((InputError, RefusedError)):
        page.desk.give({"id": 5} if said else {})


def test_a_page_can_t_fill_the_memory_with_orders(page):
    first = page.asks()
    for _ in range(50):
        page.asks()
    with pytest.raises(RefusedError, match="no such order waits"):
        page.signs(first)


def test_the_people_of_a_fleet_have_roles_and_public_keys(plain):
    found = crew_of(keyed(plain))
    assert found["has_keys"] and [one["role"] for one in found["people"]] == ["pilot", "observer"]
    assert found["people"][0]["key"] == key_text(MARTIN.public_key()) and found["packs"]["drone1"]
    assert crew_of(plain)["has_keys"] is False
