"""The meaning of each exit code, for the reference; the commands use the numbers of `sim_run` and `__main__`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning for the commands that end with a run, and for all others; empty if they never end with the code."""

    flight: str
    other: str = ""


MEANINGS: Mapping[int, Meaning] = {
    0: Meaning("completed, no violation", "done"),
    1: Meaning(
        "the drones returned before the end of their routes",
        "set-up failed; `plan`: the checker found a violation; `preflight`: a check failed; `doctor`: the mode cannot "
        "run; `status`: a node is missing; `verify`: the chain is broken",
    ),
    2: Meaning(
        "a file or option is wrong, or the stack did not start or is not heard",
        "a file or option is wrong; no stack is heard",
    ),
    3: Meaning(
        "refused by the legal gate or by the mission manager",
        "`authority judge`, `plan`: refused; orders: no drone took it",
    ),
    4: Meaning(
        "failed, or a limit was violated in flight", "orders: not every drone took the order, or shows it in time"
    ),
    5: Meaning("aborted: the drones landed where they were"),
    6: Meaning("unaccounted: the state of a drone is unknown, and `summary.json` names the drone. Search at once"),
    7: Meaning("degraded: every route was flown, but a node was dead at the end, and `summary.json` names the node"),
    130: Meaning(
        "stopped by Ctrl-C: the second in flight, the first before",
        "interrupted. A folder of results is complete or absent, and set-up continues at the next start",
    ),
    141: Meaning("", "the reader of the output ended early, as `head` does"),
}
