"""Leases: signed, short-lived proofs that a drone may fly a plan."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.law.leases.lease import LEASE_S, Lease, LeaseState, LeaseWatch
    from blindspot.law.leases.lease_key import (
        leave_public_half,
        load_lease_key,
        load_public_lease_key,
        make_lease_key,
        own_lease_key,
        renew_lease_key,
        usual_lease_key,
    )
    from blindspot.law.leases.signed_lease import LeaseSigner, LeaseVerifier, SignedLease

else:
    __getattr__, __all__ = open_door(__name__)
