"""Leases: signed, short-lived proofs that a drone may fly a plan."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.law.leases.lease import (
        LEASE_S as LEASE_S,
        Lease as Lease,
        LeaseState as LeaseState,
        LeaseWatch as LeaseWatch,
    )
    from blindspot.law.leases.lease_key import (
        load_lease_key as load_lease_key,
        load_public_lease_key as load_public_lease_key,
        make_lease_key as make_lease_key,
        public_half as public_half,
        renew_lease_key as renew_lease_key,
        usual_lease_key as usual_lease_key,
    )
    from blindspot.law.leases.signed_lease import (
        LeaseSigner as LeaseSigner,
        LeaseVerifier as LeaseVerifier,
        SignedLease as SignedLease,
    )
    from blindspot.law.leases.signing import (
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
