"""A flight under an authority's profile, judged as a real one: authorisation with two signatures, facts of pre-flight,
signed order, leases. The drone, its module for remote identification and the town are simulated.
"""

from __future__ import annotations

import io
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import rclpy
import yaml
from blindspot_msgs.srv import Authorise
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from mcap.reader import make_reader
from test.attacks.test_edited_plans import WAIT_LIMIT_S, Attacker
from test.node.conftest import order_of
from test.unit.law.office import ISSUED, Office

from blindspot.acts import export_run, find_run
from blindspot.acts.duties import send_register
from blindspot.acts.publications import publish_page
from blindspot.evidence.acts import Actor, Erasure, kept_days
from blindspot.evidence.journals import Journal, verify_journal
from blindspot.evidence.public import check_page
from blindspot.evidence.sealed import open_part
from blindspot.evidence.verified import check_archive
from blindspot.evidence.verified.verify_blindspot import check_archive as check_alone
from blindspot.law.files.authorisation_file import AuthorisationFile
from blindspot.law.files.profiles import profile_of
from blindspot.law.judgement import rules_of
from blindspot.law.keys import ComputerKey
from blindspot.law.orders import OrderSigner, key_text
from blindspot.law.recorded_topics import PICTURES
from blindspot.law.signatures.authorisation import file_sha256
from blindspot.law.signatures.notices import write_notices
from blindspot.law.signatures.separation import write_separation
from blindspot.mission.plan import Plan, load_plan
from blindspot.nodes.graph.messages import plan_message, seconds
from blindspot.nodes.orders.signed_orders import mission_ordered
from blindspot.stack.bringup import stack
from blindspot.stack.programs.dds import LOOPBACK
from blindspot.stack.programs.processes import Options
from blindspot.stack.supervisor import Supervisor

PILOT, START = "A. Martin", "2026-11-27T20:05:00+01:00"
KEY = Ed25519PrivateKey.generate()
HOLDERS = {holder: X25519PrivateKey.generate() for holder in ("service", "authority")}
SIGNER, FORGER = OrderSigner(KEY, "Keyed", True), OrderSigner(Ed25519PrivateKey.generate(), "Keyed", True)

Running = Callable[..., AbstractContextManager[Attacker]]

pytestmark = pytest.mark.slow


@pytest.fixture
def sound(planned: tuple[str, str]) -> Plan:
    return load_plan(Path(planned[1]))


@pytest.fixture
def office(patrol: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The example for department 92, moved to the crossroads, with everything that a real flight needs."""
    folder = tmp_path / "act"
    folder.mkdir()
    made = Office(folder)
    monkeypatch.setenv("BLINDSPOT_TRUSTED_KEYS", str(folder / "trusted_keys"))
    perimeter = patrol.with_name("crossroads_perimeter.geojson")
    document = made.document
    document["area"] |= {"geojson": str(perimeter), "sha256": file_sha256(perimeter), "ceiling_m_agl": 120}
    document["people"]["pilots"][0]["id"] = PILOT
    document["aviation"] |= {"notices": "notices.yaml", "ground_risk_buffer_m": 120}
    document["analytics"]["separation"] = "separation.yaml"
    keys = {holder: key.public_key().public_bytes_raw().hex() for holder, key in HOLDERS.items()}
    document["recording"]["keys"] = keys
    (folder / "notam.json").write_text("[]")
    second = made.keys["officer-2"]
    write_notices(folder / "notices.yaml", folder / "notam.json", "officer-2", "fictitious", second, ISSUED)
    write_separation(folder / "separation.yaml", "officer-2", "all computers", (), second, ISSUED)
    return made


@pytest.fixture
def running(
    office: Office, patrol: Path, stack_domain: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Running:
    """Starts a stack under the office's document; `rehearse` judges as before a real flight. The result is a client."""
    if not kept_days(tmp_path / "journal.jsonl"):
        pytest.skip("NOT TESTED: the folder of tests lies in memory, where no journal is kept (LOG-01)")
    monkeypatch.setenv("ROS_DOMAIN_ID", str(stack_domain))
    for name, value in LOOPBACK.items():
        monkeypatch.setenv(name, value)
    usual, mission, fleet = (
        patrol.read_text() + "record: true\n",
        patrol.with_name("authority.yaml"),
        patrol.with_name("keyed.yaml"),
    )
    text = usual.replace("../authorisations/crossroads_sim.yaml", str(office.folder / "authorisation.yaml"))
    mission.write_text(re.sub("(?m)^start: .*$", f"start: {START}", text))
    rid, said = office.document["aviation"]["rid"], yaml.safe_load(text)
    drones = [each | {"remote_id_serial": rid["serials"][0], "green_light_by": PILOT} for each in said["fleet"]]
    fleet.write_text(yaml.safe_dump({
        "schema": "blindspot.fleet/1", "name": "Keyed", "site": str((patrol.parent / said["site"]).resolve()),
        "drones": drones, "remote_id_operator": rid["operator"],
        "operators": [{"name": PILOT, "key": key_text(KEY.public_key())}],
    }))  # fmt: skip

    @contextmanager
    def start(*, rehearse: bool) -> Iterator[Attacker]:
        office.load(office.signed(office.document))
        run_dir = tmp_path / f"rehearse {rehearse}"
        with Supervisor(stack("embedded", fleet, Options(run_dir, 4.0, rehearse=rehearse)), run_dir):
            made = Attacker(stack_domain, mission, run_dir, "operator", "/blindspot")
            try:
                made.order = order_of(mission, fleet=fleet, person=PILOT)
                made.wait_for(lambda: made.statuses and made.states)
                yield made
            finally:
                made.close()

    return start


def signature(node: Attacker, plan: Plan) -> str:
    node.order.plans = [plan.sha256]
    return SIGNER.sign(mission_ordered(node.order))


def ordered_until_it_flies(node: Attacker, plan: Plan) -> Any:
    """The result's future. At first facts are unknown, and a busy computer shows a drone's clock late: a person then
    orders again."""
    reason, deadline_s = "", time.monotonic() + WAIT_LIMIT_S
    while time.monotonic() < deadline_s:
        flight = node.start(plan, signature=signature(node, plan))
        node.wait_for(lambda flight=flight: flight.done() or node.statuses[-1].phase == "en_route")
        if not flight.done():
            return flight
        reason, since = flight.result().result.reason, node.time_s
        assert all("it is unknown" in each or "clock is" in each for each in re.split(r"; (?=[A-Z]{3}-)", reason)), (
            reason
        )
        node.wait_for(lambda since=since: node.time_s > since + 4.0)
    raise AssertionError(reason)


def refused(node: Attacker, plan: Plan) -> str:
    """The reason why an order, signed by a pilot, flies nothing."""
    node.states.clear()
    outcome, reason = node.run(plan, signature=signature(node, plan))
    assert outcome == "refused" and not any(state.armed for state in node.states)
    return reason


def judgements(run_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in (run_dir / "judgements").glob("*.json")]


def forged_orders_fly_nothing(node: Attacker, plan: Plan) -> None:
    """Unsigned, signed with another key, or changed after the signature."""
    node.order.plans = [plan.sha256]
    said = mission_ordered(node.order)
    for words, why in (
        ({}, "is not signed"),
        ({"signature": FORGER.sign(said)}, "not signed with the key"),
        ({"signature": SIGNER.sign(said), "reason": "another"}, "or was changed"),
    ):
        outcome, reason = node.run(plan, **words)
        assert outcome == "refused" and why in reason, reason
    asked = node.ask(Authorise, "/blindspot/authorise", mission=node.order, plan=plan_message(plan), requester="x")
    assert not asked.granted and "is not signed" in asked.verdicts[0]
    assert not any(state.armed for state in node.states)


def recorded(node: Attacker) -> Counter[str]:
    """The messages by topic of the closed parts of all runs, which both holders open."""
    found = Counter[str]()
    for part in node.run_dir.glob("recording/*.sealed"):
        target = io.BytesIO()
        assert open_part(part, HOLDERS, target).state == "closed"
        target.seek(0)
        found.update(channel.topic for _, channel, _ in make_reader(target).iter_messages())
    return found


def evidence_of(run_dir: Path, authorisation: Path, out: Path) -> None:
    """After the flight: two people export the recordings, both verifiers check the archive, the parts are erased with
    signed receipts, and the flight stands on the public page and in the register."""
    run, journal, now = find_run(str(run_dir), run_dir.parent), run_dir / "journal.jsonl", datetime.now(UTC)
    two = Actor("officer-4", "a report", basis="ART40", second=Actor("officer-3", "a report"))
    export_run(run, out / "run.zip", two, HOLDERS)
    archive = check_archive(out / "run.zip", frozenset())
    assert archive.whole, archive.checks
    states = {name: state for name, state, _ in check_alone(out / "run.zip", frozenset())}
    assert states == {check.name: check.state for check in archive.checks}

    key, log = ComputerKey(Ed25519PrivateKey.generate()), list[str]()
    write = Journal(journal, "recorder", key).write
    due = now + timedelta(days=7, hours=1)
    Erasure(run_dir.parent, "drone1", lambda _: None, write, log.append, out, key).erase(due, due)
    parts = [path for path in run_dir.glob("recording/*") if path.suffix in (".sealed", ".keys")]
    assert log and not parts and verify_journal(journal).is_whole

    said = send_register(out / "register.csv", "officer-1", "a prefect", journal, runs=run_dir.parent)
    done = publish_page(out / "page", run_dir.parent, authorisation, timedelta(hours=48), "officer-1", due)
    assert said.uses == done.flights == 1
    [flight] = json.loads((out / "page" / "flights.json").read_text())["flights"]
    assert flight["recorded"] == "yes" and flight["erased"]
    checks = check_page(out / "page", out / "register.csv")
    assert "broken" not in {check.state for check in checks}, checks


def test_an_authorised_flight_ends_with_its_authorisation_and_a_stranger_on_the_graph_prevents_the_next(
    running: Running, office: Office, sound: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No forged order begins it. Its masked pictures are recorded in sealed parts, which have an end as evidence."""
    with running(rehearse=True) as operator:
        forged_orders_fly_nothing(operator, sound)
        flight = ordered_until_it_flies(operator, sound)
        operator.wait_for(lambda: not operator.statuses[-1].sensor_inhibited)
        [judged] = [each for each in judgements(operator.run_dir) if each["go"]]
        profile = profile_of(AuthorisationFile.model_validate(office.document))
        assert (judged["profile"]["id"], judged["simulated"]) == (profile.id, False)
        of_pre_flight = {each["rule"] for each in judged["rulings"] if each["phase"] == "PF"}
        assert of_pre_flight == {each.id for each in rules_of(profile, "PF")}

        parts = partial(operator.run_dir.glob, "recording/*.sealed")
        operator.wait_for(lambda: sum(part.stat().st_size for part in parts()) > 40_000)
        seen_s = seconds(operator.statuses[-1].header.stamp)
        file = office.folder / "authorisation.yaml"
        text = file.read_text()
        file.unlink()
        operator.wait_for(lambda: operator.statuses[-1].sensor_inhibited)
        assert seconds(operator.statuses[-1].header.stamp) - seen_s <= 2.0
        operator.wait_for(flight.done)
        assert flight.result().result.outcome == "returned"
        operator.wait_for(lambda: not operator.states[-1].armed)
        operator.wait_for(lambda: "recording_sealed" in operator.journal.read_text())
        assert recorded(operator)[f"/drone1/{PICTURES}"] >= 1
        assert "authorisation.yaml does not exist" in refused(operator, sound)

        file.write_text(text)
        stranger = rclpy.create_node("stranger")
        assert "INT-03 (CSI L242-4): /stranger is connected" in refused(operator, sound)
        stranger.destroy_node()
        acts = [json.loads(line)["act"] for line in operator.journal.read_text().splitlines()]
        assert acts.count("arming") == 1
        assert {"clearance", "sensor_release", "sensor_inhibit", "withdrawal", "landing"} <= set(acts)
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    out = tmp_path / "evidence"
    out.mkdir()
    evidence_of(operator.run_dir, file, out)


@pytest.mark.thorough
def test_a_foreign_rule_pack_flies_in_simulation_and_never_as_a_real_flight_before_a_lawyer_has_checked_it(
    running: Running, office: Office, sound: Plan
) -> None:
    office.document |= {"profile": "GENERIC-PUBLIC", "rule_pack": "BE"}
    office.document["service"]["type"], office.document["act"]["authority"] = "POLICE_LOCALE", "CONSEIL_COMMUNAL"
    office.document["purpose"]["code"] = "LFP-25/3-1"
    with running(rehearse=True) as operator:
        assert "no lawyer has checked the rule pack BE" in refused(operator, sound)
    with running(rehearse=False) as operator:
        flight = operator.start(sound, signature=signature(operator, sound))
        operator.wait_for(flight.done)
        assert flight.result().result.outcome == "completed", flight.result().result.reason
        [judged] = judgements(operator.run_dir)
        assert (judged["profile"]["id"], judged["go"], judged["simulated"]) == ("GENERIC-PUBLIC", True, True)
        assert not any("CSI" in each["article"] for each in judged["rulings"])
