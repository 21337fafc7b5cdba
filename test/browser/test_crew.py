"""Orders that a person signs in the page: the key stays in the page, and the page signs only what the page shows."""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Lock

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from blindspot.acts.evenings import shown_evening, state_dir
from blindspot.cli.crew.crew_acts import resume
from blindspot.cli.crew.evening_acts import EveningActs
from blindspot.console import ConsoleServer, PageOrders, View, free_socket
from blindspot.console.crew import CrewDesk, RefusedAttempts, crew_of
from blindspot.core import DependencyError, folders
from blindspot.coverage.maps import map_library
from blindspot.evidence import entries_of_act
from blindspot.law.orders import Ordered, OrderVerifier, key_text, order_details
from blindspot.law.signatures.locked_key import locked_pem
from blindspot.mission import load_fleet
from blindspot.mission.fleet_file import FleetOperator
from blindspot.operations import Ledger, load_operation, occurrences

KEY, PHRASE = "the-key", "a long pass-phrase"
FLEET = Path(__file__).parents[2] / "config" / "fleets" / "crossroads.yaml"
HELD = {
    "phase": "hold", "reason": "", "hold_ends_s": 60.0, "battery_fraction": 0.5, "route_fraction": 0.25,
    "up_m": 60.0, "sensor_inhibited": False, "autopilot": "up", "at": None,
}  # fmt: skip
MOVE, SAID = "document.querySelector('.moves button')", "document.querySelector('.moves p')?.innerText"


class Crew:
    """A stack in the place of which the test answers, and people with key files."""

    def __init__(self, folder):
        try:
            scripts = map_library.load_page_scripts(folders.WEB_DIR)
        except DependencyError as error:
            pytest.skip(str(error))
        keys = {name: Ed25519PrivateKey.generate() for name in ("martin", "roy", "stranger")}
        people = (
            FleetOperator(name="A. Martin", role="pilot", key=key_text(keys["martin"].public_key())),
            FleetOperator(name="B. Roy", role="observer", key=key_text(keys["roy"].public_key())),
        )
        plain = load_fleet(FLEET)
        self.fleet = fleet = replace(plain, file=plain.file.model_copy(update={"operators": people}))
        self.folder, self.journal = folder, folder / "journal.jsonl"
        for name, key in keys.items():
            old = BestAvailableEncryption(PHRASE.encode())
            pem = (
                locked_pem(key, PHRASE)
                if name == "martin"
                else key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, old)
            )
            (folder / f"{name}.pem").write_bytes(pem)
        self.verifier = OrderVerifier(fleet, simulated=True)
        self.orders = PageOrders(fleet.names, "root")
        self.kinds = {"resume": partial(resume, fleet, self.orders)}
        self.desk = CrewDesk(fleet, simulated=True, kinds=self.kinds, refuse=RefusedAttempts(self.journal).note)
        self.lie = lambda text: text
        self.given = 0
        self.view, opened = View(), free_socket(8720)
        view = self.view
        files = {f"{name.replace('/', '-')}.mjs": script for name, script in scripts.items()}
        files |= {"maplibre-gl.js": b"", "maplibre-gl.css": b""}
        acts = {"sign": self.sign, "give": self.give, "missions": lambda _: {"missions": []}}
        self.server = ConsoleServer(view, Lock(), KEY, files, {}, lambda said: self.orders.ask(said.get("stop")), acts)
        stack = {"simulated": True, "name": fleet.file.name, "lost_nodes": [], "notices": [], "user": "root",
                 "operators": fleet.operators, "crew": crew_of(fleet)}  # fmt: skip
        view.take("stack", stack, time.monotonic() + 3600.0)
        view.take("drone/drone1", HELD, time.monotonic() + 3600.0)
        self.url = f"http://127.0.0.1:{opened.getsockname()[1]}/#{KEY}"
        self.server.start(opened)

    def sign(self, said):
        asked = dict(self.desk.sign(said))
        return asked | {"text": self.lie(asked["text"])}

    def give(self, said):
        self.given += 1
        return self.desk.give(said)


@pytest.fixture
def crew(tmp_path):
    made = Crew(tmp_path)
    yield made
    made.server.stop()


@pytest.fixture
def page(crew, new_page):
    made = new_page()
    made.open(crew.url)
    made.until(f"{MOVE} !== null")
    return made


def unlock(page, crew, name, phrase=PHRASE):
    """Choose a key file and type the pass-phrase, as a person does."""
    page.run(f"{MOVE}.click()")
    page.until("document.querySelector('dialog').open")
    root = page.call("DOM.getDocument")["root"]["nodeId"]
    node = page.call("DOM.querySelector", nodeId=root, selector="dialog input[type=file]")["nodeId"]
    page.call("DOM.setFileInputFiles", nodeId=node, files=[str(crew.folder / f"{name}.pem")])
    page.run(f"document.querySelector('dialog input[type=password]').value = {json.dumps(phrase)}")
    page.run("document.querySelector('dialog form').requestSubmit()")


def test_a_pilot_unlocks_the_own_key_and_the_signed_resume_counts(page, crew):
    page.run("(now => { Date.now = () => now() + 90_000; })(Date.now)")  # the clock of a tablet
    unlock(page, crew, "martin")
    page.until("!document.querySelector('dialog').open")
    page.until("document.querySelector('.who').innerText.includes('A. Martin, key unlocked, 15 min left')")
    page.run(f"{MOVE}.click()")
    page.until(f"{MOVE}.innerText.startsWith('Resume') && !{SAID}")
    ends_s = time.monotonic() + 30.0
    while (given := crew.orders.next()) is None and time.monotonic() < ends_s:
        time.sleep(0.01)
    ordered = Ordered(given.order, given.person, given.reason, given.drones, order_details())
    assert (given.order, given.person, given.drones) == ("resume", "A. Martin", ("drone1",))
    assert crew.verifier.why_not(ordered, given.signature) == ""
    assert "has arrived before" in crew.verifier.why_not(ordered, given.signature), "a replayed order"
    assert page.problems == []


@pytest.fixture
def evening(tmp_path, monkeypatch):
    """An operation of tomorrow, whose first pass waits for a person."""
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    content = yaml.safe_load((FLEET.parents[1] / "operations" / "crossroads_evenings.yaml").read_text())
    content |= {"mission": str(FLEET.parents[1] / "missions" / "crossroads_patrol.yaml"), "fleet": str(FLEET)}
    content["recurrence"] |= {"from": datetime.now(UTC).date() + timedelta(days=1)}
    (tmp_path / "evenings.yaml").write_text(yaml.safe_dump(content))
    asked = load_operation(tmp_path / "evenings.yaml")
    first, *_ = evenings = occurrences(asked)
    with closing(Ledger(state_dir(asked))) as ledger:
        ledger.claim(first.slot_from, "test", tmp_path)
        ledger.plan(first.slot_from, evenings)
        ledger.draw(first.slot_from, first.id, [(first.slot_from, "v01"), (first.slot_from, "v02")], "hash")
        for state in ("due", "awaiting_person"):
            ledger.move(first.slot_from, ledger.occurrences()[0].passes[0], state)
        yield asked, ledger


def test_a_pilot_confirms_a_pass_and_skips_another_with_the_own_key(page, crew, evening):
    asked, ledger = evening
    crew.kinds |= EveningActs(asked.path, crew.journal).kinds
    crew.view.take("evening", shown_evening(asked, datetime.now(UTC), 0.0), time.monotonic() + 3600.0)
    unlock(page, crew, "martin")
    page.until("document.querySelector('input.short') !== null && !document.querySelector('dialog').open")
    page.run("""(box => { box.value = "4,5"; box.dispatchEvent(new Event("input", { bubbles: true })); })(
        document.querySelector("input.short"))""")
    for order, number in (("Confirm", 1), ("Skip", 2)):
        button = f"[...document.querySelectorAll('button')].filter(one => one.innerText.startsWith('{order}')).at(-1)"
        page.until(f"{button}.disabled === false")
        page.run(f"{button}.click()")
        ends_s = time.monotonic() + 30.0
        while len(ledger.orders()) < number and time.monotonic() < ends_s:
            time.sleep(0.01)
    left = [(one.what, one.number, one.person, one.wind_mps) for one in ledger.orders()]
    assert left == [("confirm", 1, "A. Martin", 4.5), ("skip", 2, "A. Martin", None)]
    assert [entry.facts["order"] for entry in entries_of_act(crew.journal, "console_signed")] == ["confirm", "skip"]


@pytest.mark.parametrize(
    ("name", "phrase", "says"),
    [("martin", "another phrase", "The pass-phrase is wrong"), ("stranger", PHRASE, "names nobody with this key")],
)
def test_a_key_that_does_not_open_or_is_of_nobody_orders_nothing(page, crew, name, phrase, says):
    unlock(page, crew, name, phrase)
    page.until(f"document.querySelector('dialog .bad').innerText.includes({json.dumps(says)})")
    assert page.run("document.querySelector('dialog input[type=password]').value") == ""
    assert page.run(f"{MOVE}.innerText").startswith("Resume: unlock") and crew.given == 0


def test_an_observer_s_page_orders_nothing_and_an_attempt_by_hand_is_an_entry(page, crew):
    unlock(page, crew, "roy")
    page.until("document.querySelector('.who').innerText.includes('B. Roy, observer')")
    page.until(f"{MOVE}.disabled && {MOVE}.title.startsWith('B. Roy is an observer')")
    by_hand = """fetch("/act/sign", { method: "POST", headers: { Authorization: "Bearer the-key" },
        body: JSON.stringify({ order: "resume", person: "B. Roy", reason: "x", drones: ["drone1"] }) })
        .then(answer => answer.json())"""
    assert "is observer" in page.run(by_hand)["problem"]
    assert [entry.facts["person"] for entry in entries_of_act(crew.journal, "console_refused")] == ["B. Roy"]
    assert crew.orders.next() is None


def test_a_server_that_gives_other_bytes_than_the_page_shows_gets_no_signature(page, crew):
    unlock(page, crew, "martin")
    page.until("!document.querySelector('dialog').open")
    for old, new, field in (
        ('"drone1"', '"drone2"', "list of drones"),
        ("true", "false", "kind (simulated or real)"),
        ('"resume"', '"inspect"', "order"),
        (json.dumps(crew.fleet.file.name), '"Another"', "fleet"),
        ("[0,0.0,", "[7,0.0,", "content"),
        ("blindspot.order/3", "blindspot.mandate/1", "form"),
        ("order from the console", "", "reason"),
    ):
        crew.lie = lambda text, old=old, new=new: text.replace(old, new)
        page.run(f"{MOVE}.click()")
        page.until(f"({SAID} || '').includes({json.dumps(f'has another {field} than this page shows')})")
    assert crew.given == 0 and crew.orders.next() is None


def test_the_page_forgets_the_key_after_a_quarter_of_an_hour(page, crew):
    unlock(page, crew, "martin")
    page.until("document.querySelector('.who').innerText.includes('15 min left')")
    page.run("later(14 * 60_000)")
    page.until("document.querySelector('.who')?.innerText.includes('1 min left')")
    page.run("later(70_000)")
    page.until(f"{MOVE}?.innerText.startsWith('Resume: unlock')")
