"""The record of a standing stack on this computer: which one runs, or ran last, on a ROS domain.

Commands in other shells read it. The record outlives the stack, so that the journal is found later.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from blindspot.core import read_file, write_whole
from blindspot.law.clearances import state_folder
from blindspot.stack.enclaves.security import ros_domain
from blindspot.stack.supervised import boot_id, start_of

if TYPE_CHECKING:
    from blindspot.stack.programs.processes import Stack


LAUNCHED = "launched-"


@dataclass(frozen=True, slots=True)
class StackRecord:
    """A stack that was started on this computer.

    `pid` and `start_ticks` (clock ticks since boot) identify the supervising process, `boot` the boot of the
    computer. `started` and `ended` are UTC times in ISO 8601; `ended` is empty if the stack did not end in order.
    `waits_for` is the reason why a stack in shut-down still runs. `public_key` is the file of the public half of the
    leases' signing key. `simulated` states whether every autopilot is a simulation, None in records
    of older versions: a person signs orders by this value, and by `fleet`. `is_ready` turns true once the stack can
    fly. Until then `before` is the replaced record: a stack that ends unready, or is killed, leaves the stack of
    `before` as the latest.
    """

    pid: int
    start_ticks: int
    boot: str
    domain: int
    mode: str
    fleet: Path
    stack_dir: Path
    journal: Path
    watched: tuple[str, ...]
    started: str
    ended: str = ""
    waits_for: str = ""
    public_key: Path | None = None
    is_ready: bool = True  # records of older versions do not say it
    before: StackRecord | None = None
    simulated: bool | None = None

    @property
    def is_running(self) -> bool:
        """Whether the supervising process still exists; a later process with the same id is another one."""
        start = start_of(self.pid)
        return not self.ended and self.boot == boot_id() and start == self.start_ticks and start >= 0


_READER = TypeAdapter(StackRecord)


def write_stack_record(environ: Mapping[str, str], what: Stack, stack_dir: Path) -> str:
    """Record this process as the supervisor of a stack with nodes, which is not ready yet.

    Returns the warning about a state folder that can't be written, else "": a stack runs without a record. Raises
    InputError for a ROS_DOMAIN_ID that is no number.
    """
    return _write(environ, replace(_of(environ, what, stack_dir), is_ready=False, before=read_stack_record(environ)))


def write_launched(environ: Mapping[str, str], what: Stack, stack_dir: Path) -> str:
    """Record this process of a launch file, or of `sim`, as the supervisor of a stack, for people who sign orders to
    this stack. It stands beside the record of `up`: no command stops such a stack. Returns a warning as
    `write_stack_record` does."""
    return _write(environ, _of(environ, what, stack_dir), _path(environ, LAUNCHED))


def _of(environ: Mapping[str, str], what: Stack, stack_dir: Path) -> StackRecord:
    assert what.fleet is not None and what.journal is not None
    pid = os.getpid()
    return StackRecord(
        pid, start_of(pid), boot_id(), ros_domain(environ), what.mode, what.fleet.path, stack_dir.absolute(),
        what.journal, what.watched, _now(), public_key=what.public_key, simulated=what.simulated,
    )  # fmt: skip


def stack_here(environ: Mapping[str, str]) -> StackRecord | None:
    """The stack that runs on this computer in this ROS domain, by `up` or by a launch file; None without a stack."""
    records = (read_stack_record(environ), _read(_path(environ, LAUNCHED)))
    return next((record for record in records if record is not None and record.is_running), None)


def is_launched(environ: Mapping[str, str], stack_dir: Path) -> bool:
    """Whether a launch file on this computer, in any ROS domain, runs the stack with this folder."""
    records = map(_read, _path(environ).parent.glob(f"{LAUNCHED}domain-*.json"))
    return any(
        each is not None and each.is_running and each.stack_dir.resolve() == stack_dir.resolve() for each in records
    )


def read_stack_record(environ: Mapping[str, str]) -> StackRecord | None:
    """The stack that runs or ran last on this ROS domain; None if there is no readable record. A stack that ended
    unready does not count."""
    return _read(_path(environ))


def note_ready(environ: Mapping[str, str]) -> str:
    """Mark this process's stack as ready. Returns a warning as `write_stack_record` does."""
    record = read_stack_record(environ)
    if record is None or record.pid != os.getpid() or record.is_ready:
        return ""
    return _write(environ, replace(record, is_ready=True, before=None))


def end_stack_record(environ: Mapping[str, str]) -> str:
    """Mark this process's record as ended; it stays readable. The record of a never ready stack gives way to the
    earlier record. Returns a warning as `write_stack_record` does."""
    record = read_stack_record(environ)
    if record is None or not record.is_running or record.pid != os.getpid():
        return ""
    if not record.is_ready and record.before is not None:
        return _write(environ, record.before)
    return _write(environ, replace(record, ended=_now()))


def note_wait(environ: Mapping[str, str], waits_for: str) -> str:
    """Write into this process's record what its shut-down waits for. Returns a warning as `write_stack_record` does."""
    record = read_stack_record(environ)
    if record is None or record.pid != os.getpid() or record.waits_for == waits_for:
        return ""
    return _write(environ, replace(record, waits_for=waits_for))


def latest_stack(environ: Mapping[str, str]) -> StackRecord | None:
    """The stack that was started last on this computer, on any ROS domain."""
    return max(all_stacks(environ), key=lambda record: record.started, default=None)


def stack_to_order(environ: Mapping[str, str], fleet: Path) -> StackRecord | None:
    """The addressed stack of an order to a fleet (absolute path of the fleet file): the running stack of this ROS
    domain, else the last started running stack on any domain. Without a running one it is `latest_stack`, of whatever
    fleet."""
    ours = [record for record in all_stacks(environ) if record.is_running and record.fleet.resolve() == fleet]
    domain = ros_domain(environ)
    return max(ours, key=lambda record: (record.domain == domain, record.started), default=latest_stack(environ))


def all_stacks(environ: Mapping[str, str]) -> list[StackRecord]:
    """The latest stack of each ROS domain of this computer."""
    records = (_read(path) for path in _path(environ).parent.glob("domain-*.json"))
    return [record for record in records if record is not None]


def stacks_here(environ: Mapping[str, str]) -> list[StackRecord]:
    """The latest stack of each ROS domain, by `up` and by launch files."""
    launched = map(_read, _path(environ).parent.glob(f"{LAUNCHED}domain-*.json"))
    return [*all_stacks(environ), *(record for record in launched if record is not None)]


def console_file(environ: Mapping[str, str]) -> Path:
    """The file with the address of the console in this ROS domain. Raises InputError for a ROS_DOMAIN_ID that is no
    number."""
    return state_folder(environ) / "stacks" / f"console-{ros_domain(environ)}.json"


def _write(environ: Mapping[str, str], record: StackRecord, path: Path | None = None) -> str:
    path = path or _path(environ)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(asdict(record), indent=1, default=str) + "\n")
    except OSError as error:
        return f"{path} can't be written ({error.strerror}): other commands do not find this stack by themselves"
    return ""


def _read(path: Path) -> StackRecord | None:
    try:
        record = _READER.validate_json(read_file(path))
    except (OSError, ValidationError):
        return None
    return record if record.is_ready or record.is_running else record.before


def _path(environ: Mapping[str, str], begins: str = "") -> Path:
    return state_folder(environ) / "stacks" / f"{begins}domain-{ros_domain(environ)}.json"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
