"""SROS 2: the keystore with an enclave for each process, and the environment of a process with an enclave. Also the
right to a name in a ROS domain.
"""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.stack.enclaves.keystore import make_keystore
    from blindspot.stack.enclaves.only_one import ForeignNameError, OnlyOne
    from blindspot.stack.enclaves.permissions import Rights
    from blindspot.stack.enclaves.security import (
        CONSOLE,
        KEYSTORE,
        LAST_DOMAIN,
        OPERATOR,
        PREFLIGHT,
        has_security,
        is_enforced,
        join_securely,
        ros_domain,
    )
else:
    __getattr__, __all__ = open_door(__name__)
