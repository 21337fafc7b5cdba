"""One process for each node, and for each stack, on a computer: two flight_controls would both obey each goal and each
order, and two authorities would each grant leases. The nodes of a killed launch may outlive it.
"""

from __future__ import annotations

from socket import AF_UNIX, socket

from blindspot.core import InputError


class OnlyOne:
    """The right to run a node or a stack, until `close`. The kernel frees it when the process is gone, and never
    earlier: one that merely stands still keeps it. It is a name without a file (`man 7 unix`), so that every user and
    run folder of this computer's network counts.

    Raises InputError while another process holds `name` (fully qualified) in this ROS domain.
    """

    def __init__(self, name: str, domain: int) -> None:
        self._held = socket(AF_UNIX)
        try:
            self._held.bind(f"\0blindspot{name}@{domain}")
        except OSError as error:
            self._held.close()
            problem = f"runs already on this computer, in ROS domain {domain} ({error.strerror or error})"
            raise InputError(name, "", problem, "end the other process first") from error

    def close(self) -> None:
        """Give the right back."""
        self._held.close()
