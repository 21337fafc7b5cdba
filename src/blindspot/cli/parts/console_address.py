"""The address of this computer's console: the address's file, and the news about the address for a terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from blindspot.console import read_address
from blindspot.law.clearances import state_folder
from blindspot.stack.enclaves import ros_domain

CONSOLE = "console"
"""Name of the program in a stack."""


def address_file() -> Path:
    """The file of the console in this ROS domain. Raises InputError for a ROS_DOMAIN_ID that is no number."""
    return state_folder(os.environ) / "stacks" / f"console-{ros_domain(os.environ)}.json"


class ConsoleNews:
    """Says the address of the console that a supervisor runs, as soon as the console serves the page.

    `pids` gives the processes of the supervisor by name. Call `look` again and again.
    """

    def __init__(self, pids: Callable[[], Mapping[str, int]], say: Callable[[str], object]) -> None:
        self._pids, self._say = pids, say
        self._pid: int | None = None
        self._said = ""

    def look(self) -> None:
        pid = self._pids().get(CONSOLE)
        if pid is None or pid == self._pid:
            return
        address = read_address(address_file())
        if address is None or address.pid != pid:
            return
        self._pid = pid
        if address.url != self._said:  # a console that starts again has the same address
            self._said = address.url
            self._say(f"console: {address.url}")
