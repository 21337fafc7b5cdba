"""The authorisation is what lies on the disk now: taken away, changed or replaced, it counts at the next look."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
import yaml

from blindspot.core.errors import InputError
from blindspot.law.clearances.clearance import Gate
from blindspot.law.clearances.live import LiveAuthorisation


@pytest.fixture
def folder(tmp_path, document, square_text):
    (tmp_path / "area.geojson").write_text(square_text, encoding="utf-8")
    (tmp_path / "keys").mkdir()
    (tmp_path / "first.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    write(tmp_path)
    return tmp_path


def write(folder, **changes):
    """The first document with some of its sections changed, put in place as an editor does: as another file."""
    document = yaml.safe_load((folder / "first.yaml").read_text())
    for name, values in changes.items():
        document[name] = document[name] | values if isinstance(values, dict) else values
    draft = folder / "draft"
    draft.write_text(yaml.safe_dump(document), encoding="utf-8")
    draft.replace(folder / "authorisation.yaml")


@pytest.fixture
def live(folder):
    return LiveAuthorisation(folder / "authorisation.yaml", folder / "keys")


@pytest.fixture
def gate(live, good_plan, now):
    gate = Gate(live.look(), simulated=True)
    assert gate.authorise(good_plan, now) == ()
    return gate


def look(gate, live, now):
    gate.authorisation_is(live.look(), live.problem, now)
    return gate.lease("drone1", now)


def test_a_missing_file_at_the_start_is_an_error(tmp_path):
    with pytest.raises(InputError):
        LiveAuthorisation(tmp_path / "none.yaml")


def test_an_unchanged_file_is_not_read_again(live, gate, now):
    first = live.look()
    assert live.look() is first
    assert look(gate, live, now + timedelta(seconds=60)).granted


def taken_away(folder):
    (folder / "authorisation.yaml").unlink()


def no_yaml(folder):
    (folder / "authorisation.yaml").write_text("{")


def without_its_area(folder):
    (folder / "area.geojson").unlink()


def another_area(folder):
    path = folder / "area.geojson"
    path.write_text(path.read_text().replace("Feature", "Featura"))


def expired(folder):
    write(folder, window={"not_after": "2026-11-06T20:00:00+01:00"})


def another_slot(folder):
    write(folder, window={"daily_slots": [{"days": ["SAT"], "start": "20:00", "end": "23:00"}]})


def lower_ceiling(folder):
    write(folder, area={"ceiling_m_agl": 59})


def less_flight(folder):
    write(folder, window={"max_flight_min_per_day": 9})


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (taken_away, "AUT-05"), (no_yaml, "AUT-05"), (without_its_area, "AUT-05"), (another_area, "AUT-05"),
        (expired, "TIM-03"), (another_slot, "TIM-03"), (lower_ceiling, "AVI-01"), (less_flight, "PUR-04"),
    ],
)  # fmt: skip
def test_a_change_that_forbids_the_flight_ends_its_leases_for_good(folder, live, gate, now, square_text, change, rule):
    change(folder)
    lease = look(gate, live, now + timedelta(seconds=60))
    assert (lease.granted, lease.rule) == (False, rule)
    (folder / "area.geojson").write_text(square_text, encoding="utf-8")
    write(folder)
    assert not look(gate, live, now + timedelta(seconds=61)).granted, "a plan is cleared anew, or not flown"
    assert gate.in_force is None


def test_after_it_was_restored_a_plan_may_be_cleared_anew(folder, live, gate, good_plan, now):
    taken_away(folder)
    look(gate, live, now)
    assert [verdict.rule for verdict in gate.authorise(good_plan, now)] == ["AUT-01"]
    write(folder)
    look(gate, live, now)
    assert gate.authorise(good_plan, now) == () and gate.lease("drone1", now).granted


def test_a_valid_one_in_its_place_judges_the_cleared_plan_anew_and_it_flies_on(folder, live, gate, now):
    write(folder, window={"not_after": "2026-11-20T00:00:00+01:00"})
    assert look(gate, live, now + timedelta(minutes=5)).granted
    assert gate.authorisation is live.now and live.now is not None
    assert live.now.file.window.not_after.isoformat() == "2026-11-20T00:00:00+01:00"


def test_a_file_put_in_its_place_with_the_same_date_and_size_is_noticed(folder, live, gate, now):
    path = folder / "authorisation.yaml"
    before = path.stat()
    other = path.read_text().replace("SIM-1", "SIM-2")
    path.write_text(other)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    look(gate, live, now)
    assert live.now is not None and live.now.id == "SIM-2"


def test_a_key_that_is_trusted_no_more_counts_at_the_next_look(folder, live):
    """Keys are looked at with the file: an authorisation that names no signature reads none of them."""
    (folder / "keys" / "some.pub").write_text("no key")
    assert live.look() is not None
    write(folder, signatures=[{"key_id": "a", "alg": "ed25519", "sig": "AA=="}])
    assert live.look() is None and "is no public key" in live.problem
    (folder / "keys" / "some.pub").unlink()
    found = live.look()
    assert found is not None and found.signers == ()
