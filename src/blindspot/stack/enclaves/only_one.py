"""One process for each node, and for each stack, on a computer: two flight_controls would both obey each goal and each
order, and two authorities would each grant leases. The nodes of a killed launch may outlive it.
"""

from __future__ import annotations

import errno
import os
import pwd
import time
from collections.abc import Callable
from contextlib import suppress
from socket import AF_UNIX, SOMAXCONN, socket

from blindspot.core import InputError, private

FOREIGN_WITHIN_S = 5.0
"""Time in which a name that another user holds is tried again, s."""
AGAIN_S = 0.1


class ForeignNameError(InputError):
    """Another user of the computer holds the name. That is no mistake in the configuration: a stack starts the process
    again."""


class OnlyOne:
    """The right to run a node or a stack, until `close`. The kernel frees the name when the process is gone, and
    never earlier: a process that merely stands still keeps the name. It is a name without a file (`man 7 unix`), so
    that every user and run folder of this computer's network counts.

    Raises InputError while another process of this user holds `name` (fully qualified) in this ROS domain, and
    ForeignNameError if another user still holds it after `FOREIGN_WITHIN_S`. Both name the holder: the holder
    listens, so that the kernel names the process.
    """

    def __init__(
        self, name: str, domain: int, steady_s: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        process, user = 0, -1
        until_s, address = steady_s() + FOREIGN_WITHIN_S, f"\0blindspot{name}@{domain}"
        while True:
            self._held = socket(AF_UNIX)
            try:
                self._held.bind(address)
                self._held.listen(SOMAXCONN)
                return
            except OSError as error:
                self._held.close()
                problem, fix = f"runs already on this computer, in ROS domain {domain}", "end the other process first"
                if error.errno != errno.EADDRINUSE:
                    raise InputError(name, "", f"{problem} ({error.strerror or error})", fix) from error
                process, user = _holder(address) or (process, user)
                held = f"{problem}: {_named(process, user)} holds its name"
                if user == os.getuid():
                    raise InputError(name, "", held, fix) from error
                if steady_s() >= until_s:
                    raise ForeignNameError(name, "", held, "end it, or choose another ROS_DOMAIN_ID") from error
            wait(AGAIN_S)

    def close(self) -> None:
        """Give the right back."""
        self._held.close()


def _holder(address: str) -> tuple[int, int] | None:
    """(process, user) of the holder; None for a silent holder (our processes listen), or after too many questions."""
    with socket(AF_UNIX) as channel, suppress(OSError):
        channel.setblocking(False)
        channel.connect(address)
        return private.peer_of(channel)
    return None


def _named(process: int, user: int) -> str:
    if user < 0:
        return "an unknown process"
    try:
        return f"process {process} of user {pwd.getpwuid(user).pw_name}"
    except KeyError:
        return f"process {process} of user {user}"
