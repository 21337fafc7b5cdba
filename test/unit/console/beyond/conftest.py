"""People with keys, their logins, and a clock."""

from base64 import b64encode
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blindspot.console.beyond import Logins
from blindspot.law.orders import key_text
from blindspot.mission import load_fleet
from blindspot.mission.fleet_file import FleetOperator

FLEET = Path(__file__).parents[4] / "config" / "fleets" / "crossroads.yaml"
PILOT = "A. Martin"


@dataclass
class Office:
    """Logins of one fleet, with the refused ones. `keys` are those of people by name."""

    keys: dict = field(default_factory=lambda: {name: Ed25519PrivateKey.generate() for name in (PILOT, "B. Roy", "X")})
    refused: list = field(default_factory=list)
    now_s: float = 0.0

    def __post_init__(self):
        people = tuple(
            FleetOperator(name=name, role=role, key=key_text(self.keys[name].public_key()))
            for name, role in ((PILOT, "pilot"), ("B. Roy", "observer"))
        )
        plain = load_fleet(FLEET)
        self.fleet = replace(plain, file=plain.file.model_copy(update={"operators": people}))
        self.logins = Logins(
            self.fleet, lambda *said: self.refused.append(said), now_ns=lambda: 7, now_s=lambda: self.now_s
        )

    def answer(self, text, person=PILOT, *, key_of=None):
        """The answer of a page to a challenge, signed by a person, who shows the own public key."""
        signature = b64encode(self.keys[person].sign(text.encode())).decode()
        return {"key": key_text(self.keys[key_of or person].public_key()), "signature": signature}


@pytest.fixture
def office():
    return Office()
