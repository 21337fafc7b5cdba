"""`blindspot operation`: what people see of the ledger, and the orders that they leave in it."""

from __future__ import annotations

import json
import os
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from typer.testing import CliRunner

from blindspot.cli.operations.operation import app
from blindspot.core.errors import InputError
from blindspot.law.signatures.authorisation import load_authorisation, slot_end
from blindspot.operations.calendar import Occurrence, occurrences
from blindspot.operations.ledger import Ledger
from blindspot.operations.operation_file import load_operation
from blindspot.operations.patrols import flown_library
from blindspot.operations.scheduler_lock import SchedulerNews, only_scheduler
from blindspot.stack.stack_record import end_stack_record, note_ready, write_stack_record

CONFIG = Path(__file__).parents[4] / "config"
DAY = datetime.now(UTC).date() + timedelta(days=1)
BY = ("--person", "A. Martin", "--reason", "a test")


@pytest.fixture
def operation(tmp_path: Path) -> Path:
    """Three evenings from tomorrow on."""
    content = yaml.safe_load((CONFIG / "operations/crossroads_evenings.yaml").read_text())
    content |= {
        "mission": str(CONFIG / "missions/crossroads_patrol.yaml"),
        "fleet": str(CONFIG / "fleets/crossroads.yaml"),
    }
    content["recurrence"] |= {"from": DAY, "until": DAY + timedelta(days=2)}
    file = tmp_path / "evenings.yaml"
    file.write_text(yaml.safe_dump(content))
    return file


@pytest.fixture
def ledger(operation: Path, tmp_path: Path):
    """The ledger of its first evening, drawn, with a first pass that waits for a person."""
    asked = load_operation(operation)
    first = occurrences(asked)[0]
    with closing(Ledger(tmp_path / "state" / "operations" / asked.id)) as own:
        own.claim(first.slot_from, "test", tmp_path)
        own.plan(first.slot_from, occurrences(asked))
        own.draw(first.slot_from, first.id, [(first.slot_from, "v01"), (first.slot_until, "v02")], "hash")
        for state in ("due", "awaiting_person"):
            own.move(first.slot_from, own.occurrences()[0].passes[0], state)
        yield own


def run(*words: object) -> str:
    """Standard output of a command that succeeds; its error is raised."""
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_next_occurrences_are_listed(operation: Path) -> None:
    found = json.loads(run("next", operation, "--json"))
    assert [one["occurrence"] for one in found] == [
        f"Crossroads__evenings/{DAY + timedelta(days=day)}/evening" for day in range(3)
    ]
    assert run("next", operation, "--count", 1).count("\n") == 1


@pytest.mark.parametrize("name", ["crossroads_evenings", "nantes_evenings"])
def test_the_examples_never_expire(name, tmp_path, monkeypatch) -> None:
    """Neither their calendars nor the windows of their authorisations, in the last year that a file may name."""
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    far = datetime(2199, 6, 5, 12, tzinfo=UTC)
    monkeypatch.setattr("blindspot.cli.operations.operation.datetime", SimpleNamespace(now=lambda zone: far))
    asked = CONFIG / "operations" / f"{name}.yaml"
    (first, *_) = json.loads(run("next", asked, "--json"))
    assert first["occurrence"].endswith("/2199-06-05/evening") and first["state"] == "planned"
    window = load_authorisation(load_operation(asked).mission.authorisation_path).file.window
    landed = datetime.fromisoformat(first["until"]) + timedelta(hours=2)
    assert (slot_end(window, datetime.fromisoformat(first["from"])) or far) >= landed


def test_an_operation_that_is_over_names_its_last_occurrence(operation: Path) -> None:
    """The examples of the guide have dates of their own, and their simulation flies whatever the date is."""
    content = yaml.safe_load(operation.read_text())
    content["recurrence"] |= {"from": DAY - timedelta(days=9), "until": DAY - timedelta(days=8)}
    operation.write_text(yaml.safe_dump(content))
    assert run("next", operation) == (
        f"no occurrence is left: the last was Crossroads__evenings/{DAY - timedelta(days=8)}/evening; "
        "a simulation flies all the same\n"
    )


@pytest.mark.parametrize("is_running", [True, False])
def test_the_next_occurrences_are_those_of_the_stack_that_orders_are_for(operation, tmp_path, is_running) -> None:
    """After a simulation that was cut short its evenings of a past month were listed as the next ones."""
    content = yaml.safe_load(operation.read_text())
    content["recurrence"]["from"] = DAY - timedelta(days=4)
    operation.write_text(yaml.safe_dump(content))
    asked, simulation = load_operation(operation), tmp_path / "runs" / "stack"
    calendar = occurrences(asked)
    with closing(Ledger(simulation / "operations" / asked.id)) as other:
        other.claim(datetime.now(UTC), "test", simulation)
        other.plan(calendar[0].slot_from, calendar)
        other.move_occurrence(calendar[0].slot_from, calendar[0].id, "missed")
        other.draw(calendar[1].slot_from, calendar[1].id, [(calendar[1].slot_from, "v01")], "hash")
    what = SimpleNamespace(
        mode="embedded",
        fleet=asked.fleet,
        journal=simulation / "journal.jsonl",
        watched=(),
        public_key=None,
        simulated=True,
    )
    write_stack_record(os.environ, what, simulation)
    if not is_running:
        end_stack_record(os.environ)
    day, state = next(
        (one["occurrence"].split("/")[1], one["state"]) for one in json.loads(run("next", operation, "--json"))
    )
    if is_running:
        assert (day, state) == (str(DAY - timedelta(days=3)), "drawn")
    else:
        assert day >= str(DAY - timedelta(days=1)) and state == "planned"


def drawn_two_days_ago(operation: Path, ledger: Ledger) -> Occurrence:
    """An evening of the operation whose only pass was drawn, and whose time is over."""
    content = yaml.safe_load(operation.read_text())
    content["recurrence"]["from"] = DAY - timedelta(days=2)
    operation.write_text(yaml.safe_dump(content))
    past = occurrences(load_operation(operation))[0]
    ledger.plan(past.slot_from, [past])
    ledger.draw(past.slot_from, past.id, [(past.slot_from, "v01")], "hash")
    return past


def test_an_evening_that_nobody_went_on_with_is_no_next_one(operation: Path, ledger: Ledger) -> None:
    drawn_two_days_ago(operation, ledger)
    assert str(DAY - timedelta(days=2)) not in run("next", operation)


def test_a_second_pass_is_not_confirmed_beside_one_that_flies(operation: Path, ledger: Ledger) -> None:
    at = occurrences(load_operation(operation))[0].slot_from
    first, second = ("cleared", "flying", "interrupted"), ("due", "awaiting_person")
    for number, state in [*((0, one) for one in first), *((1, one) for one in second), (0, "cleared")]:
        ledger.move(at, ledger.occurrences()[0].passes[number], state)
    with pytest.raises(InputError, match=r"has to wait: pass .*/1 is cleared; see blindspot operation status"):
        run("confirm", operation, f"{DAY}/evening/2", "--wind", 4.5, *BY)
    assert ledger.orders() == ()


def test_a_start_is_secret_until_it_is_due(operation: Path, ledger: Ledger) -> None:
    [evening] = json.loads(run("status", operation, "--json"))["latest"]
    assert [(one["state"], one["start"] is None, one["variant"]) for one in evening["passes"]] == [
        ("awaiting_person", False, "v01"), ("drawn", True, None),
    ]  # fmt: skip
    assert "pass 2, later: drawn" in run("status", operation)


def test_status_and_orders_report_that_no_scheduler_runs(operation: Path, ledger: Ledger, tmp_path: Path) -> None:
    missing, folder = "no scheduler runs now", tmp_path / "state" / "operations" / "Crossroads__evenings"
    assert missing in run("status", operation)
    assert json.loads(run("skip", operation, f"{DAY}/evening/2", *BY, "--json"))["scheduled"] is False
    with only_scheduler(folder):
        assert missing not in run("status", operation)
        assert json.loads(run("status", operation, "--json"))["scheduled"] is True
    with only_scheduler(folder):  # a look holds up no scheduler
        pass


@pytest.mark.parametrize("broken", ["the file", "the lock"])
def test_a_lock_that_can_not_be_read_is_no_missing_scheduler(operation, ledger, tmp_path, monkeypatch, broken) -> None:
    """Passes in progress were reported as missed, and an order came with "no scheduler runs now"."""
    folder = tmp_path / "state" / "operations" / "Crossroads__evenings"
    if broken == "the file":
        (folder / "ledger.lock").symlink_to(folder / "ledger.lock")
    else:
        (folder / "ledger.lock").touch()
        monkeypatch.setattr("fcntl.flock", lambda *_: (_ for _ in ()).throw(OSError(37, "No locks available")))
    for words in (("status", operation), ("skip", operation, f"{DAY}/evening/2", *BY)):
        with pytest.raises(InputError, match=r"ledger\.lock: can't be read .*: nobody knows whether a scheduler runs"):
            run(*words)
    assert ledger.orders() == ()
    with pytest.raises(InputError, match=r"ledger\.lock: can't be (written|locked)"), only_scheduler(folder):
        raise AssertionError


def test_texts_of_the_ledger_are_shown_without_control_codes_and_in_a_line_each(
    operation: Path, ledger: Ledger
) -> None:
    """A person's name and reason come from wherever the order was given."""
    odd = "\x1b[2J\x07gone\nsecond \u202e line"
    [row, _] = ledger.occurrences()[0].passes
    ledger.move(row.start, row, "missed", reason=odd, person=odd)
    ledger.refuse(ledger.order(row.start, row.occurrence, 2, "skip", odd, odd), odd)
    shown = run("status", operation)
    assert all(line.isprintable() for line in shown.splitlines()), shown
    assert shown.count("gone second") == 4 and "\nsecond" not in shown


def test_status_and_orders_give_the_reason_for_which_the_scheduler_waits(operation, ledger, tmp_path: Path) -> None:
    """A crew saw passes that never started, while only the log said that the clock is in doubt."""
    folder, why = tmp_path / "state" / "operations" / "Crossroads__evenings", "the computer's clock was set back"
    assert SchedulerNews("/library", why).keep(folder)
    assert why not in run("status", operation), "the one that waited has ended"
    with only_scheduler(folder):
        assert f"the scheduler waits: {why}" in run("status", operation)
        assert json.loads(run("status", operation, "--json"))["waits"] == why
        words = ["skip", str(operation), f"{DAY}/evening/2", *BY]
        assert f"the scheduler waits: {why}" in CliRunner().invoke(app, words).stderr
        SchedulerNews("/library").keep(folder)
        assert "waits" not in run("status", operation)
    for broken in ("", "[]", "{}", "{"):
        (folder / "scheduler.json").write_text(broken)
        assert SchedulerNews.of(folder) == SchedulerNews()


def test_a_confirmation_names_the_packs_by_the_library_that_the_scheduler_flies(
    operation, ledger, tmp_path, monkeypatch
) -> None:
    """It took the mission's usual library: other tours, other packs."""
    asked: list[Path | None] = []

    def read(_, folder):
        asked.append(folder)
        raise InputError(folder or "none", "", "a test")

    monkeypatch.setattr("blindspot.acts.evenings.operation_state.ready_library", read)
    run("confirm", operation, f"{DAY}/evening/1", "--wind", 4.5, *BY)
    SchedulerNews(str(tmp_path / "other")).keep(tmp_path / "state" / "operations" / "Crossroads__evenings")
    run("confirm", operation, f"{DAY}/evening/1", "--wind", 4.5, *BY)
    assert asked == [None, tmp_path / "other"]


def test_a_library_that_is_flown_is_not_planned_anew(operation, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    monkeypatch.setattr("blindspot.operations.patrols.library_lock.READ_S", 0.1)
    monkeypatch.setattr("blindspot.operations.patrols.building.build_library", lambda *_, **__: pytest.fail("planned"))
    with flown_library(folder), pytest.raises(InputError, match="is flown by an operation that is scheduled now"):
        run("plan", operation, "--library", folder)


def test_a_full_disk_keeps_no_scheduler_from_starting(tmp_path: Path, monkeypatch) -> None:
    """Its name in the lock is for a message alone."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    with only_scheduler(tmp_path), pytest.raises(InputError, match="another scheduler runs"), only_scheduler(tmp_path):
        raise AssertionError


def test_an_evening_that_is_skipped_ahead_does_not_hide_the_present_one(operation: Path, ledger: Ledger) -> None:
    third = occurrences(load_operation(operation))[2]
    ledger.move_occurrence(third.slot_from - timedelta(days=2), third.id, "skipped", "a concert", "A. Martin")
    shown = run("status", operation, "--last", 1)
    assert f"{DAY}/evening: drawn" in shown
    assert f"{DAY + timedelta(days=2)}/evening: skipped (a concert)" in shown


def test_a_pilot_confirms_with_the_measured_wind(operation: Path, ledger: Ledger) -> None:
    assert "confirm of" in run("confirm", operation, f"{DAY}/evening/1", "--wind", 4.5, *BY)
    [order] = ledger.orders()
    assert (order.number, order.what, order.person, order.wind_mps) == (1, "confirm", "A. Martin", 4.5)


def test_a_confirmed_pass_takes_a_second_measurement_only_if_it_is_too_strong(operation, ledger) -> None:
    """The strong wind was refused as "is cleared", and the pass took off."""
    [first, _] = ledger.occurrences()[0].passes
    ledger.move(first.start, first, "cleared")
    with pytest.raises(InputError, match="is cleared; see"):
        run("confirm", operation, f"{DAY}/evening/1", "--wind", 4.5, *BY)
    run("confirm", operation, f"{DAY}/evening/1", "--wind", 20, *BY)
    assert [(order.what, order.wind_mps) for order in ledger.orders()] == [("confirm", 20.0)]


@pytest.mark.parametrize("state", ["awaiting_person", "interrupted"])
def test_a_pass_whose_time_is_over_is_not_left_for_the_scheduler(operation, ledger, state) -> None:
    """It was refused there a moment later, and only `status` showed it."""
    past = drawn_two_days_ago(operation, ledger)
    for following in (
        "due",
        "awaiting_person",
        *(("cleared", "flying", "interrupted") if state != "awaiting_person" else ()),
    ):
        ledger.move(past.slot_from, ledger.occurrence(past.id).passes[0], following)
    with pytest.raises(InputError, match=r"had to start by \d\d:\d\d, and the time is over; order a later flight"):
        run("confirm", operation, f"{DAY - timedelta(days=2)}/evening/1", "--wind", 4.5, *BY)
    assert ledger.orders() == () and ledger.occurrence(past.id).passes[0].state == state


def test_a_confirmation_that_names_no_pack_says_so(operation: Path, ledger: Ledger, tmp_path, monkeypatch) -> None:
    """In another folder the library is not found, and the order was printed without any pack."""
    monkeypatch.chdir(tmp_path)
    words = ["confirm", str(operation), f"{DAY}/evening/1", "--wind", "4.5", *BY]
    assert "no pack is named: take packs that have rested" in CliRunner().invoke(app, words).stderr


def test_a_refused_order_is_shown_with_its_reason(operation: Path, ledger: Ledger) -> None:
    run("confirm", operation, f"{DAY}/evening/1", "--wind", 4.5, *BY)
    [order] = ledger.orders()
    ledger.refuse(order.id, "it came too late")
    assert "refused: confirm 1 by A. Martin: it came too late" in run("status", operation)
    [evening] = json.loads(run("status", operation, "--json"))["latest"]
    assert evening["refusals"] == ["confirm 1 by A. Martin: it came too late"]


def test_a_pilot_skips_a_pass_or_an_evening_ahead(operation: Path, ledger: Ledger) -> None:
    run("skip", operation, f"{DAY}/evening/2", *BY)
    run("skip", operation, f"Crossroads__evenings/{DAY + timedelta(days=1)}/evening", *BY)
    assert [(order.what, order.number) for order in ledger.orders()] == [("skip", 2), ("skip", 0)]


def test_an_order_is_for_no_simulation_that_has_ended(operation: Path, ledger: Ledger, tmp_path: Path) -> None:
    """A concert was skipped in the ledger of a simulation that was tried in between, and the drones flew over it."""
    asked, simulation = load_operation(operation), tmp_path / "runs" / "stack"
    with closing(Ledger(simulation / "operations" / asked.id)) as other:
        other.claim(datetime.now(UTC), "test", simulation)
        other.plan(datetime.now(UTC), occurrences(asked))
        what = SimpleNamespace(
            mode="embedded",
            fleet=asked.fleet,
            journal=simulation / "journal.jsonl",
            watched=(),
            public_key=None,
            simulated=True,
        )
        write_stack_record(os.environ, what, simulation)
        note_ready(os.environ)
        end_stack_record(os.environ)
        run("skip", operation, f"{DAY + timedelta(days=1)}/evening", *BY)
        assert (len(other.orders()), len(ledger.orders())) == (0, 1)
    assert run("status", operation).startswith(f"Simulated, in {simulation}.\n"), "the crew took it for the real one"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("confirm", "{day}/evening/1", *BY), "--wind: is missing"),
        (("confirm", "{day}/evening/2", "--wind", "4", *BY), "is drawn; see"),
        (("confirm", "{day}/evening/3", "--wind", "4", *BY), "is not drawn yet"),
        (("confirm", "{day}/evening", "--wind", "4", *BY), "is drawn: name a pass"),
        (("skip", "{day}/noon/1", *BY), "is no occurrence of the operation"),
        (("skip", "evening", *BY), "names no pass; write DATE/SLOT/NUMBER"),
        (("skip", "{day}/evening/0", *BY), "names no pass; write DATE/SLOT/NUMBER"),  # it skipped the whole evening
        (("skip", "{day}/evening/1", "--person", "B. Leroy", "--reason", "x"), "B. Leroy is no pilot here"),
        (("skip", "{day}/evening/1", "--person", "A. Martin"), "--reason: is missing"),
    ],
)
def test_a_wrong_order_is_refused_in_one_sentence(operation, ledger, words, sentence) -> None:
    command, *rest = (word.format(day=DAY) for word in words)
    with pytest.raises(InputError, match=sentence):
        run(command, operation, *rest)
    assert ledger.orders() == ()


def test_without_a_library_check_names_the_command_that_makes_it(operation, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="make it: blindspot operation plan"):
        run("check", operation)
