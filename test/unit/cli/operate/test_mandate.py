"""`blindspot operation mandate`: a pilot signs an evening; passes are then confirmed, and ordered by the scheduler."""

from __future__ import annotations

import base64
import json
import os
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from typer.testing import CliRunner

from blindspot.acts.evenings import state_dir
from blindspot.cli.crew.evening_acts import EveningActs
from blindspot.cli.operations.operation import app
from blindspot.console.crew import CrewDesk
from blindspot.core.errors import InputError, RefusedError
from blindspot.evidence import entries_of_act
from blindspot.evidence.journals.journal import Journal
from blindspot.law.orders import OrderVerifier, key_text, mandated
from blindspot.law.signatures import new_key
from blindspot.mission import MissionRef
from blindspot.nodes.orders.signed_orders import mission_ordered
from blindspot.operations.calendar import occurrences
from blindspot.operations.feasible import Tours
from blindspot.operations.ledger import Ledger
from blindspot.operations.mandates import mandate_of, operation_sha256, pass_signer
from blindspot.operations.operation_file import load_operation
from blindspot.operations.scheduler_lock import SchedulerNews, only_scheduler
from blindspot.operations.states import run_name
from blindspot.stack.stack_record import end_stack_record, note_ready, write_stack_record

CONFIG = Path(__file__).parents[4] / "config"
BEGIN = datetime.now(UTC) + timedelta(hours=1)
DAY = BEGIN.date()
PHRASE = "a long pass-phrase"
BY = ("--person", "A. Martin", "--reason", "on duty")


def mission_at_any_hour(folder):
    """A copy of the patrol under an authorisation whose slot lasts from noon to noon: the evening of these tests begins
    an hour from now."""
    mission = yaml.safe_load((CONFIG / "missions/crossroads_patrol.yaml").read_text())
    authorisation = yaml.safe_load((CONFIG / "authorisations/crossroads_sim.yaml").read_text())
    authorisation["window"]["daily_slots"][0] |= {"start": "12:00", "end": "11:59"}
    authorisation["area"]["geojson"] = str(CONFIG / "missions/crossroads_perimeter.geojson")
    mission |= {"site": str(CONFIG / "sites/crossroads"), "authorisation": str(folder / "any_hour.yaml"),
                "perimeter": str(CONFIG / "missions/crossroads_perimeter.geojson")}  # fmt: skip
    (folder / "any_hour.yaml").write_text(yaml.safe_dump(authorisation))
    (folder / "missions").mkdir()
    path = folder / "missions" / "patrol.yaml"
    path.write_text(yaml.safe_dump(mission))
    return path


@pytest.fixture
def keyed(tmp_path, monkeypatch):
    """An operation that begins in an hour, whose fleet names the key of A. Martin, and the file of that key."""
    private, _ = new_key(PHRASE)
    monkeypatch.setenv("BLINDSPOT_PASSPHRASE", PHRASE)
    (tmp_path / "martin.key").write_bytes(private)
    key = load_pem_private_key(private, PHRASE.encode())
    assert isinstance(key, Ed25519PrivateKey)
    fleet = yaml.safe_load((CONFIG / "fleets/crossroads.yaml").read_text())
    fleet |= {"site": str(CONFIG / "sites/crossroads"), "name": "Keyed"}
    fleet["operators"] = [{"name": "A. Martin", "key": key_text(key.public_key())}, "B. Roy"]
    (tmp_path / "config" / "fleets").mkdir(parents=True)
    (tmp_path / "config" / "drones").symlink_to(CONFIG / "drones")
    (tmp_path / "config" / "fleets" / "keyed.yaml").write_text(yaml.safe_dump(fleet))
    content = yaml.safe_load((CONFIG / "operations/crossroads_evenings.yaml").read_text())
    content |= {"mission": str(mission_at_any_hour(tmp_path / "config")), "fleet": "config/fleets/keyed.yaml"}
    content["recurrence"] |= {"from": DAY, "until": DAY + timedelta(days=1), "time_zone": "UTC"}
    content["slots"][0] |= {"from": f"{BEGIN:%H:%M}", "until": f"{BEGIN + timedelta(minutes=30):%H:%M}"}
    content["crew"]["pilots"] = ["A. Martin", "B. Roy"]
    file = tmp_path / "evenings.yaml"
    file.write_text(yaml.safe_dump(content))
    tours = Tours(300.0, {"drone1": 40.0, "drone2": 40.0}, 1200.0, 1800.0)
    for module in ("acts.evenings.evening_needs", "acts.evenings.signed_evening", "operations.feasible"):
        monkeypatch.setattr(f"blindspot.{module}.tours_of", lambda *_: tours)
    for module in ("evening_needs", "operation_state"):
        monkeypatch.setattr(f"blindspot.acts.evenings.{module}.ready_library", lambda asked, folder: None)
    return SimpleNamespace(file=file, asked=load_operation(file), key=tmp_path / "martin.key",
                           state=Path(os.environ["BLINDSPOT_STATE"]) / "operations")  # fmt: skip


def run(*words):
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_key_that_can_not_be_read_is_named_before_the_pass_phrase_is_asked_for(keyed, monkeypatch):
    """The sentence sent the pilot to another command, which makes keys that authorise."""
    monkeypatch.setattr("blindspot.cli.parts.named_people.passphrase", lambda: pytest.fail("asked"))
    for key in (keyed.key.with_name("none.key"), keyed.key.parent):
        with pytest.raises(InputError, match=r"can't be read .*; name the file of your private key") as error:
            run("mandate", keyed.file, f"{DAY}/evening", *BY, "--key", key)
        assert str(error.value).startswith(str(key)) and "blindspot authority key" not in str(error.value)


def test_the_signed_evening_lets_the_scheduler_order_its_passes(keyed):
    evening = occurrences(keyed.asked)[0]
    said = json.loads(run("mandate", keyed.file, f"{DAY}/evening", *BY, "--key", keyed.key, "--json"))
    assert (said["evening"], said["person"], said["simulated"]) == (evening.id, "A. Martin", False)
    assert said["passes"] == evening.slot.passes and said["drones"] == list(keyed.asked.drones)
    folder = keyed.state / keyed.asked.id
    mandate = mandate_of(folder, keyed.asked, evening.id, "A. Martin")
    last = evening.slot_until + timedelta(seconds=(evening.slot.passes - 1) * 1800.0 + 900)
    assert (mandate.begins_s, mandate.ends_s) == (evening.slot_from.timestamp(), last.timestamp())
    verifier = OrderVerifier(keyed.asked.fleet, simulated=False, now_ns=lambda: 0)
    assert verifier.why_not_signed(mandated(mandate), mandate.signature) == ""
    ref = MissionRef.of(keyed.asked.fleet, keyed.asked.mission)
    order = SimpleNamespace(file=ref.file, sha256=ref.sha256, run=run_name(evening.id, 1, 1), person="A. Martin",
                            reason="on duty", plans=["ab" * 32])  # fmt: skip
    ordered = mission_ordered(order)
    sign = pass_signer(folder, keyed.asked, simulated=False)
    signature = sign(SimpleNamespace(occurrence=evening.id, person="A. Martin"), ordered)
    assert verifier.why_not_signed(ordered, signature) == ""
    assert sign(SimpleNamespace(occurrence=evening.id, person="B. Roy"), ordered) == ""


def test_tonight_has_exit_code_0_once_the_mandate_is_signed(keyed):
    def tonight():
        result = CliRunner().invoke(app, ["tonight", str(keyed.file), "--json"], catch_exceptions=False)
        said = json.loads(result.stdout)
        [mandate] = [one for one in said["needs"] if one["name"] == "mandate"]
        missing = [(one["name"], one["note"]) for one in said["needs"] if one["state"] == "missing"]
        assert said["missing"] == len(missing)
        return result.exit_code, [name for name, _ in missing], mandate["note"], missing

    before = tonight()
    assert before[:2] == (3, ["mandate"]), before
    assert before[2].endswith(f"has signed {occurrences(keyed.asked)[0].id}")
    run("mandate", keyed.file, f"{DAY}/evening", *BY, "--key", keyed.key)
    assert tonight() == (0, [], "signed by A. Martin", [])
    assert run("tonight", keyed.file).endswith("nothing is missing\n")
    keyed.file.write_text(keyed.file.read_text() + "# more passes\n")
    assert tonight()[:2] == (3, ["mandate"]), "the pilot signed another operation file"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((f"{DAY}/morning", *BY), "is no evening"), ((f"{DAY - timedelta(days=9)}/evening", *BY), "is no evening"),
        ((f"{DAY}/evening", "--person", "B. Roy", "--reason", "x"), "names no key of B. Roy"),
        ((f"{DAY}/evening", "--person", "C. Durand", "--reason", "x"), "is no pilot"),
    ],
)  # fmt: skip
def test_who_may_not_sign_and_what_is_no_evening_is_refused(keyed, words, why):
    with pytest.raises(InputError, match=why):
        run("mandate", keyed.file, *words, "--key", keyed.key)
    assert not (keyed.state / keyed.asked.id / "mandates").exists()


def test_a_mandate_that_counts_no_more_in_its_evening_is_not_signed(keyed):
    with pytest.raises(InputError, match="ends more than 24 h from now, and a mandate counts no longer"):
        run("mandate", keyed.file, f"{DAY + timedelta(days=1)}/evening", *BY, "--key", keyed.key)
    content = yaml.safe_load(keyed.file.read_text())
    content["recurrence"]["from"] = DAY - timedelta(days=2)
    keyed.file.write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match="is over"):
        run("mandate", keyed.file, f"{DAY - timedelta(days=2)}/evening", *BY, "--key", keyed.key)


@pytest.mark.parametrize("runs", [True, False])
def test_a_mandate_is_for_the_simulation_that_runs_and_for_none_that_has_ended(keyed, tmp_path, runs):
    simulation = tmp_path / "runs" / "stack"
    (simulation / "operations" / keyed.asked.id).mkdir(parents=True)
    what = SimpleNamespace(
        mode="embedded", fleet=keyed.asked.fleet, journal=simulation / "journal.jsonl", watched=(), public_key=None,
        simulated=True,
    )  # fmt: skip
    write_stack_record(os.environ, what, simulation)
    note_ready(os.environ)
    if not runs:
        end_stack_record(os.environ)
    said = json.loads(run("mandate", keyed.file, f"{DAY}/evening", *BY, "--key", keyed.key, "--json"))
    assert said["simulated"] is runs
    words = run("mandate", keyed.file, f"{DAY}/evening", *BY, "--key", keyed.key)
    assert f"passes of the {'simulated' if runs else 'real'} drones" in words and "of fleet" in words
    assert (keyed.state / keyed.asked.id / "mandates").exists() is not runs


def test_orders_belong_to_the_real_stack_that_runs_while_a_simulation_was_tried_beside_it(keyed, tmp_path, monkeypatch):
    """The simulation of the same fleet, on another ROS domain, was started later: its ledger took the real orders."""
    simulation = tmp_path / "runs" / "stack"
    (simulation / "operations" / keyed.asked.id).mkdir(parents=True)
    kinds = (("0", "hardware", tmp_path / "real"), ("42", "embedded", simulation))
    for domain, mode, folder in kinds:
        monkeypatch.setenv("ROS_DOMAIN_ID", domain)
        what = SimpleNamespace(
            mode=mode,
            fleet=keyed.asked.fleet,
            journal=folder / "journal.jsonl",
            watched=(),
            public_key=None,
            simulated=mode == "embedded",
        )
        write_stack_record(os.environ, what, folder)
        note_ready(os.environ)
    assert state_dir(keyed.asked) == simulation / "operations" / keyed.asked.id, "this shell's own domain"
    end_stack_record(os.environ)
    assert state_dir(keyed.asked) == keyed.state / keyed.asked.id, "the other one runs"
    monkeypatch.setenv("ROS_DOMAIN_ID", "0")
    assert state_dir(keyed.asked) == keyed.state / keyed.asked.id


def test_a_key_that_the_fleet_file_does_not_name_for_the_pilot_signs_nothing(keyed, tmp_path):
    (tmp_path / "other.key").write_bytes(new_key(PHRASE)[0])
    for options in ((), ("--key", tmp_path / "other.key")):
        with pytest.raises(InputError, match="is not the key of"):
            run("mandate", keyed.file, f"{DAY}/evening", *BY, *options)


@pytest.fixture
def waiting(keyed, tmp_path):
    """The ledger of the first evening, whose only pass waits for a person."""
    first = occurrences(keyed.asked)[0]
    with closing(Ledger(keyed.state / keyed.asked.id)) as ledger:
        ledger.claim(first.slot_from, "test", tmp_path)
        ledger.plan(first.slot_from, occurrences(keyed.asked))
        ledger.draw(first.slot_from, first.id, [(first.slot_from, "v01")], "hash")
        for state in ("due", "awaiting_person"):
            ledger.move(first.slot_from, ledger.occurrences()[0].passes[0], state)
        yield ledger


def test_a_pass_is_confirmed_by_a_pilot_who_has_signed_its_evening(keyed, waiting):
    confirm = ("confirm", keyed.file, f"{DAY}/evening/1", "--wind", 3, *BY)
    with pytest.raises(InputError, match=f"has signed no mandate.*blindspot operation mandate {keyed.file} "):
        run(*confirm)
    assert waiting.orders() == ()
    run("mandate", keyed.file, f"{DAY}/evening", *BY, "--key", keyed.key)
    run(*confirm)
    [order] = waiting.orders()
    assert order.what == "confirm"


def test_a_mandate_that_has_ended_confirms_no_pass_and_another_one_does(keyed, waiting):
    """The pass was refused for good at its start, though the pilot could have signed again."""
    confirm = ("confirm", keyed.file, f"{DAY}/evening/1", "--wind", 3, *BY)
    sign = ("mandate", keyed.file, f"{DAY}/evening", *BY, "--passes", 1, "--key", keyed.key)
    journal = Journal(Path(os.environ["BLINDSPOT_STATE"]) / "journal.jsonl", "mission_manager")
    evening, fix = waiting.occurrences()[0].id, f"; sign one: blindspot operation mandate {keyed.file} {DAY}/evening"
    run(*sign)
    journal.write("order", order="hold", drones=[], person="B. Roy", reason="a crane", run="", signature="")
    with pytest.raises(InputError, match=f"drones were stopped or called home since; sign another{fix}"):
        run(*confirm)
    run(*sign)
    by = mandate_of(keyed.state / keyed.asked.id, keyed.asked, evening, "A. Martin").with_pass(f"1:{'A' * 86}==")
    journal.write("mission", run=run_name(evening, 2, 1), signature=by)
    with pytest.raises(InputError, match=f"is used up: it permits 1 passes{fix}"):
        run(*confirm)
    assert waiting.orders() == () and waiting.occurrences()[0].passes[0].state == "awaiting_person"
    run(*sign)
    run(*confirm)
    assert len(waiting.orders()) == 1


def test_too_strong_a_wind_for_a_confirmed_pass_needs_no_mandate(keyed, waiting):
    """A second pilot measured it, was refused without a mandate, and the pass took off."""
    [row] = waiting.occurrences()[0].passes
    waiting.move(row.start, row, "cleared", person="A. Martin")
    run("confirm", keyed.file, f"{DAY}/evening/1", "--wind", 20, "--person", "B. Roy", "--reason", "a gust")
    [order] = waiting.orders()
    assert (order.person, order.wind_mps) == ("B. Roy", 20.0)


def test_a_mandate_for_a_file_that_the_scheduler_has_not_read_is_not_signed_and_confirms_nothing(keyed, waiting):
    """It took the place of the valid one, and the confirmed pass was refused for good: it "has to be signed"."""
    folder, changed = (
        keyed.state / keyed.asked.id,
        r"evenings\.yaml was changed since the scheduler read it; start the st",
    )
    SchedulerNews("", "", operation_sha256(keyed.asked)).keep(folder)
    sign = ("mandate", keyed.file, f"{DAY}/evening", *BY, "--key", keyed.key)
    confirm = ("confirm", keyed.file, f"{DAY}/evening/1", "--wind", 3, *BY)
    with only_scheduler(folder):
        run(*sign)
        keyed.file.write_text(keyed.file.read_text() + "# a note\n")
        kept = [file.read_bytes() for file in (folder / "mandates").iterdir()]
        for words in (sign, confirm):
            with pytest.raises(InputError, match=changed):
                run(*words)
        assert [file.read_bytes() for file in (folder / "mandates").iterdir()] == kept
    run(*sign)  # a scheduler that starts reads the file of now
    run(*confirm)


def test_a_page_signs_the_same_mandate_and_confirms_a_pass(keyed, tmp_path):
    """The key stays in the page: the acts get a signature, and the journal keeps each one."""
    journal, evening = tmp_path / "stack.jsonl", occurrences(keyed.asked)[0]
    key, folder = load_pem_private_key(keyed.key.read_bytes(), PHRASE.encode()), keyed.state / keyed.asked.id
    acts = EveningActs(keyed.file, journal)
    desk = CrewDesk(keyed.asked.fleet, simulated=False, kinds=acts.kinds, refuse=lambda *_: None)

    def gives(order, **said):
        asked = desk.sign({"order": order, "person": "A. Martin", "reason": "on duty", **said})
        signed = base64.b64encode(key.sign(asked["text"].encode())).decode()
        return desk.give({"id": asked["id"], "signature": signed})

    with pytest.raises(RefusedError, match=r"names no key of B\. Roy"):
        desk.sign({"order": "mandate", "person": "B. Roy", "reason": "on duty", "evening": evening.id})
    assert gives("mandate", evening=evening.id) == {"evening": evening.id}
    mandate = mandate_of(folder, keyed.asked, evening.id, "A. Martin")
    verifier = OrderVerifier(keyed.asked.fleet, simulated=False)
    assert verifier.why_not_signed(mandated(mandate), mandate.signature) == ""
    with closing(Ledger(folder)) as ledger:
        ledger.claim(evening.slot_from, "test", tmp_path)
        ledger.plan(evening.slot_from, occurrences(keyed.asked))
        ledger.draw(evening.slot_from, evening.id, [(evening.slot_from, "v01")], "hash")
        for state in ("due", "awaiting_person"):
            ledger.move(evening.slot_from, ledger.occurrences()[0].passes[0], state)
        with pytest.raises(InputError, match="measure the mean wind"):
            gives("confirm", which=f"{evening.id}/1", wind_mps=None)
        gives("confirm", which=f"{evening.id}/1", wind_mps=4.5)
        gives("skip", which=f"{evening.id}/1")
        assert [(one.what, one.person, one.wind_mps) for one in ledger.orders()] == [
            ("confirm", "A. Martin", 4.5), ("skip", "A. Martin", None),
        ]  # fmt: skip
    signed = [dict(entry.facts) for entry in entries_of_act(journal, "console_signed")]
    assert [one["order"] for one in signed] == ["confirm", "skip"] and all(one["signature"] for one in signed)
