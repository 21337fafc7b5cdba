"""Signatures of people: keys, the people whose keys are trusted, and revocations."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.law.signatures.revocation import (
        Revoked as Revoked,
        read_revocations as read_revocations,
        write_revocations as write_revocations,
    )
    from blindspot.law.signatures.separation import write_separation as write_separation
    from blindspot.law.signatures.signing import (
        Keys as Keys,
        key_id as key_id,
        load_key as load_key,
        new_key as new_key,
        owners_of as owners_of,
        person_of as person_of,
        sign as sign,
        sign_content as sign_content,
        trusted_folder as trusted_folder,
        trusted_keys as trusted_keys,
        who_signed as who_signed,
    )
else:
    __getattr__, __all__ = open_door(__name__)
