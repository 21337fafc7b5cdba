"""Live looks at masked pictures: designated people alone, after the entry of the journal."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blindspot.console.pictures import LiveLooks
from blindspot.console.pictures.live_looks import Granted, ToSign
from blindspot.core import BlindspotError
from blindspot.evidence import Journal
from blindspot.evidence.journals import entries_of_act, verify_journal
from blindspot.law.orders import key_text

KEY = Ed25519PrivateKey.generate()
PEOPLE = {"profile": "FR-CSI-L242-5", "pilots": ["P. Pilot"], "viewers": ["V. Viewer"], "extractors": ["E. Extractor"]}
SIMULATED = {"profile": "SIM-ONLY"}


@pytest.fixture
def looks(tmp_path):
    """Makes the looks at a drone in the run `evening`, which has these facts in its clearance."""

    class Made(LiveLooks):
        def __init__(self, facts=None):
            self.journal, self.run, self.refused, self.now_s = tmp_path / "journal.jsonl", "evening", [], 0.0
            journal = Journal(self.journal, "authority")
            journal.write("order", run="evening")
            if facts is not None:
                journal.write("clearance", run="evening", granted=True, **facts)
            super().__init__(
                self.journal, lambda drone: self.run if drone == "drone1" else None,
                lambda *words: self.refused.append(words), lambda: self.now_s,
            )  # fmt: skip

        @property
        def entries(self):
            return [entry.facts for entry in entries_of_act(self.journal, "consultation")]

    return Made


@pytest.mark.parametrize("person", ["P. Pilot", "V. Viewer"])
def test_a_designated_person_looks_after_the_entry(looks, person):
    made = looks(PEOPLE)
    assert made.ask("drone1", person, "a fight") == Granted("drone1", "evening")
    [entry] = made.entries
    assert {"person": person, "reason": "a fight", "run": "evening", "drone": "drone1", "live": True}.items() <= (
        entry.items()
    )
    assert verify_journal(made.journal).is_whole


@pytest.mark.parametrize(("person", "reason"), [("E. Extractor", "a fight"), ("N. Nobody", "a fight"), ("", "a fight"),
                                                ("P. Pilot", " ")])  # fmt: skip
def test_nobody_else_looks_and_the_attempt_is_noted(looks, person, reason):
    made = looks(PEOPLE)
    with pytest.raises(BlindspotError):
        made.ask("drone1", person, reason)
    assert made.entries == [] and [words[:2] for words in made.refused] == [(person, "look")]


def test_without_the_entry_no_picture(looks):
    made = looks(PEOPLE)
    with made.journal.open("ab") as file:
        file.write(b"no entry\n")
    with pytest.raises(BlindspotError):
        made.ask("drone1", "P. Pilot", "a fight")


def test_a_key_of_the_authorisation_signs_in_the_page(looks):
    made = looks(PEOPLE | {"keys": [f"{key_text(KEY.public_key())} V. Viewer"]})
    asked = made.ask("drone1", "V. Viewer", "a fight")
    assert isinstance(asked, ToSign) and made.entries == []
    signature = base64.b64encode(KEY.sign(asked.text.encode())).decode()
    other = base64.b64encode(Ed25519PrivateKey.generate().sign(asked.text.encode())).decode()
    for wrong in ("", "no base64", other):
        with pytest.raises(BlindspotError, match="sign with it"):
            made.signed(asked, wrong)
    made.now_s = 61.0
    with pytest.raises(BlindspotError, match="too late"):
        made.signed(asked, signature)
    made.now_s = 59.0
    assert made.signed(asked, signature) == Granted("drone1", "evening")
    [entry] = made.entries
    assert (entry["signature"], entry["signed_at"]) == (signature, asked.actor.signed_at)


def test_a_simulation_needs_no_name_and_no_entry(looks):
    made = looks(SIMULATED)
    assert made.ask("drone1", "", "") == Granted("drone1", "evening") and made.entries == []


@pytest.mark.parametrize(("facts", "drone"), [(None, "drone1"), (SIMULATED, "drone9")])
def test_an_unknown_run_shows_nothing(looks, facts, drone):
    made = looks(facts)
    with pytest.raises(BlindspotError, match="no picture"):
        made.ask(drone, "P. Pilot", "a fight")
