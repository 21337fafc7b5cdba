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

else:
    __getattr__, __all__ = open_door(__name__)
