"""SROS 2: the keystore with an enclave for each process, and the environment of a process that uses it."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.stack.enclaves.keystore import make_keystore as make_keystore
    from blindspot.stack.enclaves.permissions import Rights as Rights
    from blindspot.stack.enclaves.security import (
        KEYSTORE as KEYSTORE,
        OPERATOR as OPERATOR,
        PREFLIGHT as PREFLIGHT,
        has_security as has_security,
        is_enforced as is_enforced,
        join_securely as join_securely,
        ros_domain as ros_domain,
    )
else:
    __getattr__, __all__ = open_door(__name__)
