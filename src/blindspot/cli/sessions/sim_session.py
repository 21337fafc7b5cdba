"""One run of the stack on this machine, from the first process to the last landing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from blindspot.cli.parts.console_page import ConsoleNews
from blindspot.cli.parts.flight_display import FlightDisplay
from blindspot.cli.parts.screen import warn
from blindspot.cli.sessions.run_session import RunSession, Task
from blindspot.core import BlindspotError, InputError
from blindspot.nodes.clients import Operator
from blindspot.stack import Px4Logs, Stack, Supervisor
from blindspot.stack.enclaves import ForeignNameError, OnlyOne, ros_domain

START_LIMIT_S = 60.0
"""Wall time in which another node must come up."""


class StartError(BlindspotError):
    """The stack failed to start. The message names the node and the reason."""


def refuse_second_stack(others: Sequence[str], environ: Mapping[str, str]) -> None:
    """Raise StartError if nodes of another stack have our names: orders would reach both stacks, or the wrong one."""
    if others:
        domain = environ.get("ROS_DOMAIN_ID") or "0"
        raise StartError(
            f"another stack runs on ROS_DOMAIN_ID {domain} ({others[0]} is up already): "
            "stop it, or export another ROS_DOMAIN_ID (0 to 101) for this stack"
        )


@contextmanager
def only_stack(environ: Mapping[str, str]) -> Iterator[None]:
    """Hold the right to start a stack in this ROS domain of this computer. Two that start at once do not hear each
    other yet: both would run, and the later one would take the record of the other.

    Raises StartError while another command holds it.
    """
    domain = ros_domain(environ)
    try:
        right = OnlyOne("/blindspot/stack", domain)
    except ForeignNameError as error:
        raise StartError(str(error)) from error
    except InputError as error:
        raise StartError(
            f"another stack starts or runs on ROS_DOMAIN_ID {domain}: end it with blindspot down, or export another "
            "ROS_DOMAIN_ID (0 to 101) for this stack"
        ) from error
    with closing(right):
        yield


def not_up(absent: Sequence[str], watched: int, logs: Path) -> str:
    """The message about missing nodes. If all watched nodes are missing, the cause is hardly a node."""
    within = f"within {START_LIMIT_S:.0f} s"
    if len(absent) < watched:
        return f"{', '.join(absent)}: not up {within}; see {logs}"
    return f"not one of {watched} nodes is heard {within}: find the cause with ./blindspot doctor; logs: {logs}"


class Starting:
    """The wait for the nodes of a stack that was just started. Call `absent` until it returns nothing."""

    def __init__(self, stack: Stack, supervisor: Supervisor, operator: Operator, logs: Path) -> None:
        self._watched, self._supervisor, self._operator, self._logs = stack.watched, supervisor, operator, logs
        self._spared = {program.name for program in stack.programs if not program.is_needed}
        self._missing: tuple[str, ...] | None = None
        self._deadline_s = 0.0

    def absent(self) -> tuple[str, ...]:
        """Nodes and services that are still missing. Raises StartError for a node that ended, or a wait of
        START_LIMIT_S in which nothing came up."""
        self._operator.spin()
        self.fail_if_ended()
        absent: tuple[str, ...] = self._operator.absent() or self._operator.unreachable()
        if absent != self._missing:
            self._missing, self._deadline_s = absent, time.monotonic() + START_LIMIT_S
        elif absent and time.monotonic() > self._deadline_s:
            raise StartError(not_up(absent, len(self._watched), self._logs))
        return absent

    def fail_if_ended(self) -> None:
        for ended in self._supervisor.ended():
            if not ended.started_again:
                what = f"{ended}; its log is in {self._logs}"
                if ended.name not in self._spared:
                    raise StartError(what)
                warn(what)


class SimSession(RunSession):
    """Start, plan, fly, end. Ctrl-C brings the drones home. A second Ctrl-C or SIGTERM stops everything."""

    def __init__(
        self, stack: Stack, supervisor: Supervisor, operator: Operator, display: FlightDisplay, px4_logs: Px4Logs,
        task: Task,
    ) -> None:  # fmt: skip
        super().__init__(operator, display, task)
        self._stack, self._supervisor, self._px4_logs = stack, supervisor, px4_logs
        self._starting = Starting(stack, supervisor, operator, task.run_dir / "log")
        self._console = ConsoleNews(lambda: supervisor.pids, display.say)

    def _get_ready(self) -> None:
        watched = len(self._stack.watched)
        with self._display.starting(watched) as show:
            while self._starting.absent():
                show(watched - len(self._operator.absent()))
                self._stop_if_interrupted()
        self._px4_logs.find(self._supervisor.pids)

    def _while_planning(self) -> None:
        self._starting.fail_if_ended()
        self._console.look()
        super()._while_planning()

    def _look_around(self) -> None:
        self._console.look()
        for hung in self._supervisor.kill_hung(self._operator.silent(), time.monotonic()):
            self._note(f"{hung} hangs: killed")
        for ended in self._supervisor.ended():
            self._notes.append(str(ended))
            if not ended.started_again:
                self._gone.add(ended.name)
