"""The gate in a real graph: leases for a plan that it has cleared, silence for everything else."""

from __future__ import annotations

import hashlib
import json
from datetime import date

import pytest
from blindspot_msgs.msg import Clearance
from blindspot_msgs.srv import Authorise, ClearInspection, GiveBack
from geometry_msgs.msg import Point
from rclpy.node import Node
from test.node.conftest import order_of

from blindspot.core.errors import InputError
from blindspot.law.leases.lease_key import load_lease_key
from blindspot.law.leases.signed_lease import LeaseVerifier
from blindspot.mission.mission_file import load_mission
from blindspot.nodes.authority import Authority
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import plan_message, seconds
from blindspot.nodes.judging.leases import signed_lease_of


@pytest.fixture
def gate(graph, mission_path, tmp_path):
    """An authority whose checker passes each plan: `test_plan_judge` tries that."""
    node = graph.start(Authority, fleet=str(mission_path), simulated=True, run_dir=str(tmp_path),
                       lease_key=str(graph.leasing.private))  # fmt: skip
    node.checker.ask = lambda question: question.answer("")
    return node


@pytest.fixture
def plan(sound_plan):
    return sound_plan


@pytest.fixture
def asked(mission_path):
    def asked(plan, requester="tester", **order) -> Authorise.Request:
        return Authorise.Request(mission=order_of(mission_path, **order), plan=plan_message(plan), requester=requester)

    return asked


def too_sharp(plan):
    """The plan with a density above what is authorised."""
    return plan.model_copy(update={"band": plan.band.model_copy(update={"max_px_per_m": 61.0})})


def leases_after_a_round(graph, gate, leases) -> list[Clearance]:
    """The leases that arrive between a renewal and the answer to a later request."""
    gate.renew()
    leases.clear()
    graph.ask(Authorise, "authorise", Authorise.Request())
    return leases


def test_nothing_is_leased_before_a_plan_is_cleared(graph, gate, plan):
    leases = graph.hear(Clearance, "/drone1/clearance", qos.LEASE)
    assert leases_after_a_round(graph, gate, leases) == []
    assert graph.peer.count_publishers("/drone1/clearance") == 0


def test_a_cleared_plan_is_leased_again_and_again_for_moments(graph, gate, plan, asked):
    leases = graph.hear(Clearance, "/drone1/clearance", qos.LEASE)
    answer = graph.ask(Authorise, "authorise", asked(plan))
    assert answer.granted and list(answer.verdicts) == []
    graph.spin_until(lambda: len(leases) >= 2)
    for lease in leases:
        assert (lease.drone, lease.granted, lease.authorisation) == ("drone1", True, "SIM-CROSSROADS")
        assert (lease.plan, lease.mission) == (plan.sha256, asked(plan).mission.sha256)
        assert 0 < seconds(lease.valid_until) - seconds(lease.header.stamp) <= 3.001
    assert seconds(leases[-1].header.stamp) > seconds(leases[0].header.stamp)


def test_a_lease_is_signed_for_its_drone_and_its_plan_and_never_twice_the_same(graph, gate, plan, lease_key, asked):
    leases = graph.hear(Clearance, "/drone1/clearance", qos.LEASE)
    graph.ask(Authorise, "authorise", asked(plan))
    graph.spin_until(lambda: len(leases) >= 3)
    verifier = LeaseVerifier("drone1", load_lease_key(lease_key).public_key(), simulated=True)
    for lease in leases:
        until_s = seconds(lease.valid_until)
        assert verifier.why_not(signed_lease_of(lease), until_s, until_s - 3.0) == ""
    assert len({lease.issuer for lease in leases}) == 1
    assert all(lease.simulated for lease in leases), "for simulated autopilots alone"


def test_an_authority_without_a_key_of_its_own_does_not_start(graph, mission_path, tmp_path, lease_key):
    wide = tmp_path / "lease.key"
    wide.write_bytes(lease_key.read_bytes())
    wide.chmod(0o644)
    for given, problem in (("", "is missing"), (str(tmp_path / "none"), "can't be read"), (str(wide), "has mode 0644")):
        with pytest.raises(InputError, match=f"lease_key: {problem}"):
            graph.start(Authority, fleet=str(mission_path), lease_key=given)
    with pytest.raises(InputError, match="fleet: is missing"):
        graph.start(Authority, lease_key=str(lease_key))


def test_a_refused_plan_names_its_rule_and_leaves_the_one_before_in_force(graph, gate, plan, asked):
    """A lease names its plan, so the refused one is never flown."""
    leases = graph.hear(Clearance, "/drone1/clearance", qos.LEASE)
    graph.ask(Authorise, "authorise", asked(plan))
    for requester in ("tester", "another"):
        answer = graph.ask(Authorise, "authorise", asked(too_sharp(plan), requester))
        assert not answer.granted and "AUT-09" in answer.verdicts[0]
    found = leases_after_a_round(graph, gate, leases)
    graph.spin_until(lambda: found)
    assert all(lease.granted and lease.plan == plan.sha256 for lease in found)


def test_a_refused_plan_names_its_rule_and_gets_no_lease(graph, gate, plan, asked):
    leases = graph.hear(Clearance, "/drone1/clearance", qos.LEASE)
    answer = graph.ask(Authorise, "authorise", asked(too_sharp(plan)))
    assert not answer.granted and "GEO-03" in answer.verdicts[0]
    assert leases_after_a_round(graph, gate, leases) == []


def test_before_a_real_flight_a_second_gate_on_the_graph_refuses(graph, plan, asked, mission_path, tmp_path):
    """Neither of them knows the flights that the other one clears."""
    graph.start(Authority, fleet=str(mission_path), simulated=True, rehearse=True, run_dir=str(tmp_path),
                lease_key=str(graph.leasing.private))  # fmt: skip
    client = graph.client(Authorise, "authorise")

    def is_refused_for_it() -> bool:
        return "another authority runs in this ROS domain" in graph.answer(client, asked(plan)).verdicts[0]

    assert not is_refused_for_it()
    twin = graph.add(Node("authority", namespace="/blindspot"))
    graph.spin_until(is_refused_for_it)
    graph.end(twin)
    graph.spin_until(lambda: not is_refused_for_it())


def give_back(graph, plan, requester="tester"):
    return graph.ask(GiveBack, "give_back", GiveBack.Request(plan=plan.sha256, requester=requester))


def test_a_clearance_is_given_back_by_its_requester_alone(graph, gate, plan, asked):
    leases = graph.hear(Clearance, "/drone1/clearance", qos.LEASE)
    assert give_back(graph, plan).success, "of an unknown plan there is nothing left"
    graph.ask(Authorise, "authorise", asked(plan))
    graph.spin_until(lambda: leases)
    for stranger in ("", "another"):
        answer = give_back(graph, plan, stranger)
        assert not answer.success and "another process" in answer.message
    gate.renew()
    leases.clear()
    graph.spin_until(lambda: leases and leases[-1].granted)
    assert give_back(graph, plan).success and give_back(graph, plan).success
    assert leases_after_a_round(graph, gate, leases) == []


def test_a_mission_with_another_content_here_is_refused_with_the_reason(graph, gate, plan, asked):
    for field, value, problem in (("sha256", "0" * 64, "differs here"), ("file", "none.yaml", "is no file here")):
        request = asked(plan)
        setattr(request.mission, field, value)
        answer = graph.ask(Authorise, "authorise", request)
        assert not answer.granted and problem in answer.verdicts[0]


def entries(folder):
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("person", ["", " ", "\u200b"])
def test_an_order_without_a_person_is_refused(graph, gate, plan, asked, person):
    leases = graph.hear(Clearance, "/drone1/clearance", qos.LEASE)
    answer = graph.ask(Authorise, "authorise", asked(plan, person=person))
    assert not answer.granted and "an order needs the name of a person" in answer.verdicts[0]
    assert leases_after_a_round(graph, gate, leases) == []


def test_each_grant_refusal_and_end_is_in_the_journal(graph, gate, plan, asked, mission_path, tmp_path):
    graph.ask(Authorise, "authorise", asked(too_sharp(plan), run="night1"))
    graph.ask(Authorise, "authorise", asked(plan, run="night1", person="B. Pilot"))
    give_back(graph, plan)
    refused, granted, withdrawn = entries(tmp_path)
    assert [each["by"] for each in (refused, granted, withdrawn)] == ["authority"] * 3
    assert refused["act"] == granted["act"] == "clearance" and withdrawn["act"] == "withdrawal"
    assert not refused["facts"]["granted"] and "GEO-03" in refused["facts"]["verdicts"][0]
    judgement = granted["facts"].pop("judgement")
    stored = (tmp_path / "judgements" / f"{judgement}.json").read_bytes().rstrip(b"\n")
    assert hashlib.sha256(stored).hexdigest() == judgement and json.loads(stored)["go"] is True
    assert granted["facts"] == {
        "plan": plan.sha256, "mission": asked(plan).mission.sha256, "run": "night1", "drones": ["drone1", "drone2"],
        "person": "B. Pilot", "authorisation": "SIM-CROSSROADS", "granted": True, "verdicts": [], "signature": "",
        "profile": "SIM-ONLY",
    }  # fmt: skip
    day, flight_s = withdrawn["facts"].pop("day"), withdrawn["facts"].pop("flight_s")
    assert flight_s >= 0  # the lease was held for as long as this machine needed
    assert date.fromisoformat(day) == load_mission(mission_path).file.start.date()
    assert withdrawn["facts"] == {
        "plan": plan.sha256, "run": "night1", "reason": "it was given back", "over": plan.sha256,
    }  # fmt: skip


def test_each_lease_names_the_fleet_file_of_the_ground_station(graph, gate, plan, asked, mission_path):
    leases = graph.hear(Clearance, "/drone1/clearance", qos.LEASE)
    assert graph.ask(Authorise, "authorise", asked(plan)).granted
    graph.spin_until(lambda: leases)
    assert leases[0].fleet == hashlib.sha256(mission_path.read_bytes()).hexdigest()


def test_without_a_journal_nothing_is_cleared_and_a_clearance_still_ends(graph, gate, plan, asked, tmp_path):
    (tmp_path / "journal.jsonl").mkdir()
    answer = graph.ask(Authorise, "authorise", asked(plan))
    assert not answer.granted and answer.verdicts[0].startswith("AUT-10: ")
    assert graph.peer.count_publishers("/drone1/clearance") == 0
    (tmp_path / "journal.jsonl").rmdir()
    assert graph.ask(Authorise, "authorise", asked(plan)).granted
    (tmp_path / "journal.jsonl").unlink()
    (tmp_path / "journal.jsonl").mkdir()
    assert give_back(graph, plan).success and gate.clearances.now == ()


def test_a_plan_that_does_not_match_its_hash_is_refused(graph, gate, plan, asked):
    request = asked(plan)
    request.plan.sha256 = "0" * 64
    answer = graph.ask(Authorise, "authorise", request)
    assert not answer.granted and "hash" in answer.verdicts[0]


def test_an_unreadable_plan_is_refused(graph, gate, plan, asked):
    request = asked(plan)
    request.plan.json = "{"
    answer = graph.ask(Authorise, "authorise", request)
    assert not answer.granted and answer.verdicts


def test_an_authorisation_for_simulation_clears_nothing_for_real_autopilots(graph, mission_path, plan, asked, tmp_path):
    graph.start(Authority, fleet=str(mission_path), run_dir=str(tmp_path), lease_key=str(graph.leasing.private))
    answer = graph.ask(Authorise, "authorise", asked(plan))
    assert not answer.granted and any("AUT-07" in verdict for verdict in answer.verdicts)
    assert graph.peer.count_publishers("/drone1/clearance") == 0


def way(**changes):
    """From over the street north of the crossing to the north."""
    places = {"start": Point(x=0.0, y=45.0, z=79.41), "position": Point(x=0.0, y=60.0, z=79.41)}
    return ClearInspection.Request(
        **{"drone": "drone1", "pitch_deg": -90.0, "seconds": 20.0, "speed_mps": 3.0, **places, **changes}
    )


def cleared(graph, **changes):
    return graph.ask(ClearInspection, "/blindspot/clear_inspection", way(**changes))


def test_an_inspection_is_judged_by_the_law_and_by_the_checker(graph, gate, plan, asked):
    assert "no plan is cleared" in cleared(graph).reason
    graph.ask(Authorise, "authorise", asked(plan))
    answer = cleared(graph)
    assert answer.granted and answer.reason == ""
    assert "SEN-03" in cleared(graph, pitch_deg=-10.0).reason
    walled = cleared(graph, position=Point(x=30.0, y=45.0, z=79.41))
    assert not walled.granted and "building" in walled.reason
    assert not cleared(graph, heading_deg=400.0).granted
