"""Files given as evidence: authorisations count only with the signatures that a real flight needs."""

from __future__ import annotations

import json

import pytest
import yaml
from test.unit.flight.logs.test_calibration import write_ulog
from test.unit.law.office import Office

from blindspot.commission.evidence import authorised_site, completed_on_px4, flight_log
from blindspot.core.errors import InputError


@pytest.fixture
def town(tmp_path, monkeypatch):
    """Writes the example of a town's authorisation, signed by these officers."""
    monkeypatch.setenv("BLINDSPOT_TRUSTED_KEYS", str(tmp_path / "trusted_keys"))
    office = Office(tmp_path)

    def write(*officers):
        document = office.signed(office.document, *(office.keys[name] for name in officers))
        if not officers:
            document["act"]["signatures"] = []
        (tmp_path / "authorisation.yaml").write_text(yaml.safe_dump(document))
        return tmp_path / "authorisation.yaml"

    return write


def test_a_town_s_authorisation_is_signed_by_both_officers_before_the_last_stage(town):
    authorised_site(town("officer-1", "officer-2"))
    with pytest.raises(InputError, match="AUT-02: no trusted key of officer-2 has signed"):
        authorised_site(town("officer-1"))
    with pytest.raises(InputError, match="AUT-02: no key that this machine trusts has signed"):
        authorised_site(town())


def test_a_log_is_one_of_a_minute_and_not_the_first_bytes_of_one(tmp_path):
    log = tmp_path / "log.ulg"
    flight_log(write_ulog(log, {"battery_status": [(0.0, 15.0, 1.0), (60.0, 15.0, 1.0)]}))
    with pytest.raises(InputError, match="holds 59 s"):
        flight_log(write_ulog(log, {"battery_status": [(0.0, 15.0, 1.0), (59.0, 15.0, 1.0)]}))
    log.write_bytes(log.read_bytes()[:16])
    with pytest.raises(InputError, match=r"holds 0 s|is no ULog"):
        flight_log(log)


@pytest.mark.parametrize("violations", [None, "absent", ["too low"], 0, {}, ""])
def test_a_run_whose_broken_limits_are_unknown_is_no_evidence(tmp_path, violations):
    summary = {"schema": "blindspot.summary/1", "outcome": "completed", "limits": [{"limit": "fence", "state": "kept"}]}
    (tmp_path / "processes.json").write_text('{"px4_drone1": 7}')
    file = tmp_path / "summary.json"
    file.write_text(json.dumps(summary | {"violations": []}))
    completed_on_px4(file)
    file.write_text(json.dumps(summary | ({} if violations == "absent" else {"violations": violations})))
    with pytest.raises(InputError, match="violations"):
        completed_on_px4(file)
