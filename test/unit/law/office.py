"""The office that signs the complete example for department 92."""

from __future__ import annotations

import copy
import shutil
from datetime import UTC, datetime
from pathlib import Path

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from blindspot.law.files.authorisation_file import AuthorisationFile
from blindspot.law.signatures.authorisation import load_authorisation
from blindspot.law.signatures.revocation import Revoked, write_revocations
from blindspot.law.signatures.signing import sign

EXAMPLE = Path(__file__).parents[3] / "config" / "authorisations" / "example_92"
ISSUED = datetime(2026, 11, 27, 18, 45, tzinfo=UTC)
NOW = datetime(2026, 11, 27, 19, 0, tzinfo=UTC)


class Office:
    """Two officers with keys, and the example's files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("perimeter.geojson", "geozones.json", "act.pdf"):
            shutil.copy(EXAMPLE / name, folder / name)
        (folder / "trusted_keys").mkdir()
        self.keys = {name: self.key(f"{name}.pub") for name in ("officer-1", "officer-2")}
        self.document = yaml.safe_load((EXAMPLE / "authorisation.yaml").read_text())
        self.revoke()

    def key(self, file: str) -> Ed25519PrivateKey:
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (self.folder / "trusted_keys" / file).write_bytes(public)
        return key

    def revoke(self, *ids: str, issued: datetime = ISSUED) -> None:
        listed = tuple(Revoked(id=id_, at=ISSUED, by="prefect", reason="facts ended") for id_ in ids)
        write_revocations(self.folder / "revocations.yaml", listed, self.keys["officer-1"], issued)

    def signed(self, document: dict, *keys: Ed25519PrivateKey) -> dict:
        """The document, signed by these keys; both officers' by default."""
        document = copy.deepcopy(document)
        document["act"]["signatures"] = []
        file = AuthorisationFile.model_validate(document)
        signatures = [sign(file, key).model_dump() for key in keys or self.keys.values()]
        document["act"]["signatures"] = signatures
        return document

    def civil_security(self, *keys: Ed25519PrivateKey) -> dict:
        """The same flights by fire fighters, without an act: signed by both officers, of whom the first is responsible.
        They last for eleven months, over any share of the commune."""
        document = copy.deepcopy(self.document) | {
            "profile": "FR-CSI-L242-6", "signer": {"name": "officer-1", "contact": "+33 1"}, "revocation": None,
            "act": None,
        }  # fmt: skip
        document["area"].pop("commune")
        document["sensors"].pop("max_cameras_in_department")
        document["window"]["not_after"] = "2027-10-26T00:00:00+02:00"
        if document["service"]["type"] == "POLICE_NATIONALE":
            document["service"]["type"], document["purpose"]["code"] = "SAPEURS_POMPIERS", "L242-6-2"
        file = AuthorisationFile.model_validate(document)
        return document | {"signatures": [sign(file, key).model_dump() for key in keys or self.keys.values()]}

    def load(self, document: dict):
        path = self.folder / "authorisation.yaml"
        path.write_text(yaml.safe_dump(document, allow_unicode=True))
        return load_authorisation(path, self.folder / "trusted_keys")


def rules(judgement):
    return sorted({verdict.rule for verdict in judgement.refusals})
