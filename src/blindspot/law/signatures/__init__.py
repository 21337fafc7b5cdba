"""Signatures of people: keys, the people whose keys are trusted, and revocations."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.law.signatures.authorisation import load_authorised_area
    from blindspot.law.signatures.revocation import Revoked, read_revocations, write_revocations
    from blindspot.law.signatures.separation import write_separation
    from blindspot.law.signatures.signing import (
        Keys,
        key_id,
        load_key,
        new_key,
        owners_of,
        person_of,
        sign,
        sign_content,
        trusted_folder,
        trusted_keys,
        who_signed,
    )
else:
    __getattr__, __all__ = open_door(__name__)
