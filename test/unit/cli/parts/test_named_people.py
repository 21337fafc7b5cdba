"""Who signs, and for which stack: the record of this computer's stack decides, and no message."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blindspot.cli.parts.named_people import signer_here
from blindspot.cli.sessions.the_stack import lease_key_here
from blindspot.core.errors import InputError
from blindspot.core.folders import CONFIG_DIR
from blindspot.stack.bringup import stack
from blindspot.stack.programs.processes import Options
from blindspot.stack.stack_record import write_launched, write_stack_record

FLEET = CONFIG_DIR / "fleets" / "crossroads.yaml"
KEY = Ed25519PrivateKey.generate()


@pytest.fixture
def environ(tmp_path, monkeypatch):
    found = {"BLINDSPOT_STATE": str(tmp_path / "state"), "ROS_DOMAIN_ID": "7"}
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


def test_without_a_key_nobody_signs_and_without_a_record_nothing_is_signed(environ):
    assert signer_here(None) is None
    with pytest.raises(InputError, match="no record of the running stack"):
        signer_here(KEY)


@pytest.mark.parametrize("write", [write_stack_record, write_launched])
@pytest.mark.parametrize(("mode", "part", "simulated"), [("embedded", "all", True), ("hardware", "ground", False)])
def test_an_order_is_signed_for_the_fleet_and_the_kind_of_the_recorded_stack(
    environ, tmp_path, write, mode, part, simulated
):
    write(environ, stack(mode, FLEET, Options(tmp_path / "run", part=part)), tmp_path / "run")
    made = signer_here(KEY)
    assert (made.fleet, made.simulated) == ("Crossroads", simulated)


def test_the_key_of_leases_is_that_of_the_record_else_the_user_s_own(environ, tmp_path, monkeypatch):
    """A folder that a message names is never searched for a key."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert tmp_path / "run" not in lease_key_here().parents
    what = stack("embedded", FLEET, Options(tmp_path / "run"))
    write_stack_record(environ, what, tmp_path / "run")
    assert lease_key_here() == what.public_key
