"""Node `scheduler`: flies the passes of an operation at their drawn times, one evening after the other.

The scheduler decides by the ledger alone (`operations/scheduler.py`), requests plans and flights as a person's
command does, and writes each state to the disk before the act. In a simulation passes fly unattended, in the name of
the person who started the operation. On hardware, and in an attended simulation, each pass waits for a named person.
One scheduler runs an operation; its loss harms no flight.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from rclpy.clock import Clock, ClockType

from blindspot.core import BlindspotError, InputError, one_line
from blindspot.evidence import Journal
from blindspot.mission import MissionRef
from blindspot.nodes.clients.patrol_stack import PatrolStack
from blindspot.nodes.clients.stops import Stops
from blindspot.nodes.graph.forward_time import ForwardTime
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.messages import now_s
from blindspot.nodes.graph.node_runner import run
from blindspot.nodes.graph.parameters import declare_bool, declare_fleet, declare_journal, declare_str, given_file
from blindspot.operations import (
    Ledger,
    Scheduler,
    Secret,
    breaches,
    load_operation,
    occurrences,
    only_scheduler,
    packs_of_pass,
    scheduler_lock,
)
from blindspot.operations.mandates import operation_sha256, pass_signer
from blindspot.operations.patrols import flown_library, load_library

PERIOD_S = 0.5
"""Wall time between two checks of what is due."""
FIRST_LEAD = timedelta(minutes=1)
"""A simulated clock begins this long before the slot of the first evening that is left."""
ANNOUNCED_EVERY = timedelta(minutes=4)
"""Time after which it is said again until when the next pass is due."""
NIGHT = timedelta(hours=1)
"""A simulation leaves out longer waits between two evenings."""
PROLONGED = timedelta(days=180)
"""An operation without a last day gets further evenings this long before the present evenings end."""
BEGIN = "simulated_begin"


class SchedulerNode(GuardedNode):
    def __init__(self, **options: Any) -> None:
        super().__init__("scheduler", **options)
        name = self.get_fully_qualified_name()
        operation_file = declare_str(self, "operation", "", describe="Operation file.")
        library_dir = declare_str(self, "library", "", describe="Folder of the checked variants of its mission.")
        stack_dir = Path(declare_str(self, "run_dir", ".", describe="Folder of the stack."))
        journal_file = declare_journal(self, stack_dir)
        journal = Journal(journal_file, "scheduler")
        state_dir = declare_str(self, "state_dir", "", describe="Folder of the operation's ledger and key.")
        person = declare_str(
            self,
            "person",
            "",
            describe="Name of the person who started the operation; flights of a simulation have it.",
        )
        self._simulated = declare_bool(
            self, "simulated", False, describe="True if every autopilot is a simulation: passes fly unattended."
        )
        attended = declare_bool(
            self, "attended", False, describe="True if passes of a simulation wait for a person, too."
        )
        operation = self._operation = load_operation(given_file(name, "operation", operation_file))
        self._read_sha256 = operation_sha256(operation)
        fleet = declare_fleet(self)
        if fleet.path != operation.fleet.path:
            raise InputError(name, "operation", f"is for {operation.fleet.path}, the stack is of {fleet.path}")
        if self._simulated and not person:
            raise InputError(name, "person", "is missing", "name the person who starts the operation")
        folder = given_file(name, "library", library_dir).resolve()  # a link may lead elsewhere tomorrow
        self._held = ExitStack()
        self._held.enter_context(flown_library(folder))
        library = load_library(folder, operation.mission)
        state = Path(given_file(name, "state_dir", state_dir))
        wind_mps = fleet.file.simulation.wind.speed_mps if self._simulated else None
        self._mission = MissionRef.of(fleet, operation.mission)
        stack = PatrolStack(
            self, self._mission, operation.drones,
            lambda variant: folder / f"{variant}.json", person if self._simulated and not attended else "", wind_mps,
            operation.file.weather.max_wind_mps, frozenset(operation.file.crew.pilots),
            pass_signer(state, operation, simulated=self._simulated), self._why_changed,
            Stops(journal_file, simulated=self._simulated),
        )  # fmt: skip
        self._held.enter_context(only_scheduler(state))
        self._state, self._library, self._news = state, str(folder), scheduler_lock.SchedulerNews()
        self._calendar = occurrences(operation if self._simulated else operation.seen_from(datetime.now(UTC)))
        self._time: ForwardTime | None = None
        self._begin: datetime | None = None
        self._said = ""
        self._make: Callable[[datetime], Scheduler] = lambda now: Scheduler(
            self._ledger, f"process {os.getpid()}", stack_dir.absolute(), self._calendar,
            Secret.of(library, state), stack, journal,
            lambda row: packs_of_pass(
                operation, library, self._ledger.occurrence(row.occurrence), row.number,
                self._ledger.packs_used(row.start),
            ),
            lambda evening: [str(breach) for breach in breaches(evening, library)], self._say, now,
        )  # fmt: skip
        self._scheduler: Scheduler | None = None
        self._longest_s = max(choice.until_s for choices in library.choices for choice in choices)
        self._announced, self._announce_at = "", datetime.min.replace(tzinfo=UTC)
        self.create_timer(PERIOD_S, self._step, clock=Clock(clock_type=ClockType.STEADY_TIME))

    @cached_property
    def _ledger(self) -> Ledger:
        """Opened at the first step that can: a full disk at the start must not end the node for good."""
        ledger = Ledger(self._state)
        self._held.callback(ledger.close)
        return ledger

    def _step(self) -> None:
        """Do what is due, and keep the reason if nothing is done."""
        self._do_what_is_due()
        news = scheduler_lock.SchedulerNews(self._library, self._said, self._read_sha256, self._begin)
        if news != self._news and news.keep(self._state):
            self._news = news

    def _do_what_is_due(self) -> None:
        """While the ledger or the journal refuses, nothing is done. A scheduler ends once another scheduler has
        replaced the first."""
        try:
            now = self._now()
            if now is None:
                return
            self._act(now)
            if problem := self._why_changed():
                self._say_once(f"no evening is drawn: {problem}")
                return
        except BlindspotError as error:
            if "_ledger" in vars(self) and self._ledger.is_replaced:
                raise
            self._say_once(f"nothing is done: {error}")
            return
        self._said = ""

    def _why_changed(self) -> str:
        """The reason why the operation is no longer the operation of its files; empty if nothing changed."""
        operation = self._operation
        try:
            is_same = operation_sha256(operation) == self._read_sha256
            is_same_mission = MissionRef.of(operation.fleet, operation.mission) == self._mission
        except InputError as error:
            return one_line(error)
        if is_same and not is_same_mission:
            name = operation.mission.path.name
            return f"{name} or its site was changed: end the stack, make the library again, and start the stack"
        return "" if is_same else f"{operation.path.name} was changed: start the stack again"

    def _act(self, now: datetime) -> None:
        if self._scheduler is None:
            made = self._make(now)
            if self._begin is not None:
                self._set_begin(self._begin)
            self._scheduler = made
        elif self._operation.file.recurrence.until is None and not self._simulated:
            self._prolong(now)
        act = self._scheduler.step(now)
        self._announce(self._scheduler.announcement(now, self._longest_s, self._operation.local), now)
        if self._begin is not None and act.until is not None and act.until - now > NIGHT and self._is_between():
            self._set_begin(self._begin + (act.until - now))

    def _prolong(self, now: datetime) -> None:
        """Enter the evenings of another year of an operation without a last day, once few are left."""
        if self._calendar[-1].slot_from - now < PROLONGED:
            self._calendar = occurrences(self._operation.seen_from(now))
            self._ledger.plan(now, self._calendar)

    def _announce(self, said: str, now: datetime) -> None:
        """Log until when the next pass is due, again after a while: between passes hours may go by without an event."""
        if not said:
            self._announce_at = now
        elif now >= self._announce_at and said != self._announced:
            self._say(said)
            self._announced, self._announce_at = said, now + ANNOUNCED_EVERY

    def _is_between(self) -> bool:
        """Whether no evening is in progress."""
        return all(row.state == "planned" for row in self._ledger.open_occurrences())

    def _now(self) -> datetime | None:
        """The operation's time; None while the computer's clock is in doubt, or before a simulated clock runs."""
        if not self._simulated:
            clock, steady_s = datetime.now(UTC), time.clock_gettime(time.CLOCK_BOOTTIME)
            if self._time is None:
                self._time = ForwardTime(clock, steady_s, self._ledger.latest())
            now = self._time.at(clock, steady_s)
            if self._time.problem:
                self._say_once(self._time.problem)
            return now
        clock_s = now_s(self)
        if clock_s <= 0.0:
            return None
        if self._begin is None:
            kept = self._ledger.note(BEGIN)
            first = self._first_slot() - FIRST_LEAD - timedelta(seconds=clock_s)
            self._begin = datetime.fromisoformat(kept) if kept else first
        return self._begin + timedelta(seconds=clock_s)

    def _first_slot(self) -> datetime:
        """Begin of the slot of the first evening that is left: a simulation starts there, whatever the date is."""
        over = {row.id for row in self._ledger.occurrences() if row.state not in ("planned", "drawn")}
        left = [one.slot_from for one in self._calendar if one.id not in over]
        return left[0] if left else self._calendar[-1].slot_until + NIGHT

    def _set_begin(self, begin: datetime) -> None:
        self._ledger.keep_note(BEGIN, begin.isoformat())
        self._begin = begin

    def _say(self, sentence: str) -> None:
        self.get_logger().info(one_line(sentence))

    def _say_once(self, sentence: str) -> None:
        if sentence != self._said:
            self._said = sentence
            self.get_logger().warning(one_line(sentence))

    def destroy_node(self) -> None:
        """Close the ledger and leave it to another scheduler."""
        super().destroy_node()
        self._held.close()


def main() -> None:
    run(SchedulerNode)
