"""The facts of a drone reach the authority of real flights in a real graph."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from blindspot.evidence import Journal
from blindspot.law.rules import KEPT_DAYS
from blindspot.law.rules.log import ACTS
from blindspot.nodes.authority import Authority
from blindspot.nodes.autopilot.drone_facts import CAMERA, MODELS, FactSender
from blindspot.nodes.cameras.camera_facts import CameraFacts
from blindspot.nodes.flight_control import FlightControl
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.vision.capture.address import Address
from blindspot_sim.nodes.simulator import Simulator

FLEET = Path(__file__).resolve().parents[2] / "config" / "fleets" / "crossroads.yaml"


LIVE = SimpleNamespace(now=None)
"""No authorisation is read here."""


class Vision(GuardedNode):
    """Stands in for camera and detector."""

    def __init__(self, **options) -> None:
        super().__init__("vision", **options)
        FactSender(self, CAMERA, CameraFacts(Address("device", "/dev/video0")).values)
        FactSender(self, MODELS, lambda: [("drawn", "ab" * 32)])


@pytest.fixture
def authority(graph, tmp_path):
    """An authority of real flights; the vehicle is the simulator's, so that it has a module for remote ID."""
    return graph.start(
        Authority, fleet=str(FLEET), simulated=False, run_dir=str(tmp_path), use_sim_time=True,
        lease_key=str(graph.leasing.private),
    )  # fmt: skip


def test_the_authority_knows_what_a_running_drone_reports_and_nothing_else(graph, authority, sound_plan, tmp_path):
    alone = sound_plan.model_copy(update={"routes": sound_plan.routes[:1]})

    def ready():
        return authority.known(SimpleNamespace(plan=alone, run="evening", live=LIVE, person="A. Martin"))[0]

    assert alone.routes[0].drone == "drone1"
    assert (ready().models, ready().audio_devices, ready().remote_id, ready().clock_off_s) == (None,) * 4
    graph.start(Simulator, "/", fleet=str(FLEET), speed_factor=5.0, run_dir="", waits_fast=True)
    graph.start(
        FlightControl, "/drone1", fleet=str(FLEET), use_sim_time=True, simulated=True, run_dir=str(tmp_path),
        lease_key=graph.leasing.key,
    )  # fmt: skip
    graph.start(Vision, "/drone1", use_sim_time=True)
    for known in ("models", "audio_devices", "remote_id", "clock_off_s", "autopilot_asks"):
        graph.spin_until(lambda known=known: getattr(ready(), known) is not None)
    found = ready()
    assert found.models == (("drawn", "ab" * 32),) and found.allowed_models
    assert (found.remote_id.active, found.remote_id.operator, found.remote_id.serials) == (
        True, "FIN87astrdge12k8", ("BSPT5DRN01",),
    )  # fmt: skip
    assert abs(found.clock_off_s) < 2.0 and "/drone1/mavros/state" in found.names
    assert "/drone1/vision" in found.links_out and "/simulator" in found.links_out, "no nodes of a real flight"
    assert (found.green_light, found.notam_at, found.pilots) == (None, None, ("A. Martin",))
    book = authority.known(SimpleNamespace(plan=alone, run="evening", live=LIVE, person="A. Martin"))[1]
    assert (book.writable, book.acts, book.kept_days) == (True, ACTS, KEPT_DAYS)


def test_a_journal_whose_chain_is_broken_does_not_work(graph, authority, sound_plan, tmp_path):
    book = lambda: authority.known(SimpleNamespace(plan=sound_plan, run="", live=LIVE, person="A. Martin"))[1]  # noqa: E731
    assert book().writable is None and book().acts is None, "no drone reports its journal"
    Journal(tmp_path / "journal.jsonl", "another").write("withdrawal", plan="a", run="", reason="a test")
    assert book().writable is None
    file = tmp_path / "journal.jsonl"
    file.write_text(file.read_text().replace("a test", "a tale"))
    assert book().writable is False
