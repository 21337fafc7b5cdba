"""The life of a standing stack in the foreground: start, live state, end."""

from __future__ import annotations

import math
import signal
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.text import Text

from blindspot.cli.operate.down import out_now
from blindspot.cli.operate.status import drones_table, missions_table
from blindspot.cli.parts.console_page import ConsoleNews
from blindspot.cli.parts.exit_codes import EXIT_CODES, STOPPED
from blindspot.cli.parts.holds import counted
from blindspot.cli.parts.interrupt import handled_by
from blindspot.cli.parts.screen import LiveScreen
from blindspot.cli.sessions.reports import REPORTED_WITHIN_S, Reports
from blindspot.cli.sessions.sim_session import START_LIMIT_S, StartError, Starting
from blindspot.core import BlindspotError, one_line
from blindspot.flight import UNFLYABLE
from blindspot.flight.missions import why_unaccounted
from blindspot.nodes.clients import AwaitedOrder, Operator, drone_state, mission_state
from blindspot.stack import Stack, Supervisor

SHUT_DOWN_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""A closed terminal shuts down as Ctrl-C does: the drones come home first."""
SHUT_DOWN = "the stack is shut down"
READY_LIMIT_S = 5.0
"""Wall time in which the service of a drone's flight_control is found."""
CALL_AGAIN_S = 5.0
"""Wall time after which an order that was not taken is given again, while a mission is in progress."""
MANAGER, LOGBOOK = "/blindspot/mission_manager", "/blindspot/logbook"
KEPT = 6
"""Events that a live picture shows."""


class StackDisplay(LiveScreen):
    """Missions, drones, lost and restarted nodes: live on a terminal, otherwise one line for each change."""

    def __init__(self, console: Console, operator: Operator, watched: Sequence[str]) -> None:
        super().__init__(console)
        self._operator, self._watched = operator, watched
        self._events: deque[str] = deque(maxlen=KEPT)
        self._missions: dict[str, str] = {}
        self._silent: tuple[str, ...] = ()

    def note(self, event: str) -> None:
        """Show an event; on a terminal it stays in the picture until others follow."""
        if self._live is None:
            self.say(event)
        else:
            self._events.append(one_line(event))

    def refresh(self) -> None:
        """Show the state, and the scheduler's lines; in a pipe, the changes of the state."""
        while self._operator.scheduled:
            self.note(self._operator.scheduled.popleft())
        changes = [*self._changed_missions(), *self._changed_drones(), *self._changed_nodes()]
        if not self._picture_is(self.picture):
            for line in changes:
                self.say(line)

    def _changed_missions(self) -> Iterator[str]:
        fleet = self._operator.fleet
        before, self._missions = self._missions, {}
        for mission in () if fleet is None else fleet.missions:
            state = one_line(mission.outcome or mission.phase, 20)
            self._missions[mission.run] = state
            if before.get(mission.run) != state:
                why = f" ({one_line(mission.reason, 600, keeps_end=True)})" if mission.reason else ""
                yield f"mission {one_line(mission.mission, 60)}, run {one_line(mission.run, 120)}: {state}{why}"

    def _changed_drones(self) -> Iterator[str]:
        changes, self._operator.changes[:] = list(self._operator.changes), []
        for status in changes:
            why = f" ({one_line(status.reason)})" if status.reason else ""
            yield f"{status.drone}: {counted(status.phase, status.hold_ends_s)}{why}"

    def _changed_nodes(self) -> Iterator[str]:
        before, self._silent = self._silent, self._operator.silent()
        yield from (f"{node} is lost" for node in self._silent if node not in before)
        yield from (f"{node} is back" for node in before if node not in self._silent)

    def picture(self) -> RenderableType:
        operator = self._operator
        fleet = operator.fleet
        missions = [] if fleet is None else [mission_state(mission) for mission in fleet.missions]
        tables = [drones_table([drone_state(status) for status in operator.statuses.values()])]
        tables += [missions_table(missions)] if missions else []
        lost = [Text(f"{node} is lost", style="red") for node in self._silent]
        return Group(*tables, *lost, *(Text(event, style="yellow") for event in self._events))


class StackSession:
    """Runs a stack until it is shut down. The first signal brings the drones home, the second ends at once."""

    def __init__(
        self, stack: Stack, supervisor: Supervisor, operator: Operator, display: StackDisplay, stack_dir: Path,
        person: str, run_ended: Callable[[str, Sequence[str]], object] = lambda run, drones: None,
        reports: Reports | None = None, waits_for: Callable[[str], object] = lambda what: None,
    ) -> None:  # fmt: skip
        """`run_ended` gets the name of each ended run, and the names of the run's drones. `reports` are awaited at
        the end. `waits_for` gets what the shut-down waits for."""
        self._stack, self._supervisor, self._operator, self._display = stack, supervisor, operator, display
        self._stack_dir, self._person = stack_dir, person
        self._run_ended, self._waits_for = run_ended, waits_for
        self._console = ConsoleNews(lambda: supervisor.pids, display.say)
        self._reports = reports or Reports(stack_dir)
        self._in_progress: set[str] = set()
        """Runs in progress."""
        self._interrupts = 0
        self._unaccounted = ""
        """The missions that a restarted manager could not read, as a sentence."""
        self._gone: set[str] = set()
        """Processes that ended for good."""

    def run(self, once_up: Callable[[], object]) -> int:
        """Start, stay up, shut down; the exit code. Raises StartError if the stack does not come up."""
        with handled_by(self._on_interrupt, *SHUT_DOWN_BY):
            self._wait_until_ready()
            once_up()
            drones = len(self._operator.drones)
            how = "fly with: blindspot fly MISSION --person NAME --reason TEXT"
            self._display.say(f"ready: {drones} drone{'s' * (drones > 1)}, {how}")
            with self._display.live(self._display.picture):
                while not self._interrupts:
                    self._turn()
                return self._shut_down()

    def _on_interrupt(self, *_: Any) -> None:
        self._interrupts += 1

    def _wait_until_ready(self) -> None:
        operator, watched = self._operator, len(self._stack.watched)
        starting = Starting(self._stack, self._supervisor, operator, self._stack_dir / "log")
        with self._display.starting(watched) as show:
            while starting.absent():
                show(watched - len(operator.absent()))
                self._stop_if_interrupted()
            deadline_s = time.monotonic() + START_LIMIT_S
            while operator.fleet is None or operator.fleet.lost_nodes:
                operator.spin()
                starting.fail_if_ended()
                self._stop_if_interrupted()
                if time.monotonic() > deadline_s:
                    lost = ["its own status"] if operator.fleet is None else operator.fleet.lost_nodes
                    raise StartError(f"the mission manager still misses {', '.join(lost)}")

    def _stop_if_interrupted(self) -> None:
        if self._interrupts:
            raise KeyboardInterrupt

    def _turn(self) -> None:
        self._operator.spin(0.2)
        for hung in self._supervisor.kill_hung(self._operator.silent(), time.monotonic()):
            self._display.note(f"{hung} hangs: killed")
        for ended in self._supervisor.ended():
            self._display.note(str(ended))
            if not ended.started_again:
                self._gone.add(ended.name)
        self._console.look()
        self._look_for_lost_missions()
        self._look_for_ended_runs()
        self._look_for_reports()
        self._display.refresh()

    def _look_for_lost_missions(self) -> None:
        before, self._unaccounted = self._unaccounted, why_unaccounted(self._stack_dir)
        if self._unaccounted not in (before, ""):
            self._display.note(self._unaccounted)

    def _look_for_ended_runs(self) -> None:
        fleet = self._operator.fleet
        for mission in [] if fleet is None else fleet.missions:
            if mission.phase != "done":
                self._in_progress.add(mission.run)
            elif mission.run in self._in_progress:
                self._in_progress.discard(mission.run)
                try:
                    self._run_ended(mission.run, mission.drones)
                except BlindspotError as error:  # no name of a run
                    self._display.note(str(error))

    def _look_for_reports(self) -> None:
        try:
            self._reports.runs_are(self._in_progress)
        except BlindspotError as error:  # no name of a run
            self._display.note(str(error))
        self._reports.say_concluded(self._display.note)

    def _shut_down(self) -> int:
        """Bring the drones home, in the name of the system's user, and call every mission off. The drones are watched
        until each mission is done and the mission's report is written: some drone may still take off."""
        self._supervisor.shut_down()
        calls, reported_by_s = HomeCalls(self._operator, self._person, self._display.note), math.inf
        while True:
            out, missions = out_now(self._operator), self._open_missions()
            busy = () if LOGBOOK in self._gone else self._reports.busy()
            if not out and not missions:
                if busy and reported_by_s == math.inf:
                    self._display.note(f"waiting for the report of {', '.join(busy)}; a second Ctrl-C ends at once")
                    reported_by_s = time.monotonic() + REPORTED_WITHIN_S
                if not busy or self._interrupts > 1 or time.monotonic() > reported_by_s:
                    self._waits_for("its processes to end")
                    return 0
            self._waits_for(_awaited(out, missions, busy))
            calls.step(out, missions)
            self._turn()
            out = out_now(self._operator)
            if self._interrupts > 1 and (out or self._open_missions()):
                self._display.note(f"ended at once, with {', '.join(out) or 'a mission'} out")
                return STOPPED
            if out and self._is_unflyable({*self._gone, *self._operator.silent()}):
                self._display.note(f"the simulator is gone: {', '.join(out)} not accounted for")
                return EXIT_CODES["unaccounted"]

    def _open_missions(self) -> list[Any]:
        """Missions that are not done. One whose manager has ended for good sends no drone out any more."""
        fleet = self._operator.fleet
        if fleet is None or MANAGER in self._gone:
            return []
        return [mission for mission in fleet.missions if mission.phase != "done"]

    def _is_unflyable(self, lost: Collection[str]) -> bool:
        return any(node.rpartition("/")[2] in UNFLYABLE for node in lost)


def _awaited(out: Sequence[str], missions: Sequence[Any], busy: Sequence[str]) -> str:
    """What a shut-down waits for, in words."""
    if out:
        return f"{', '.join(out)} to be down"
    if missions:
        return f"the end of {', '.join(one_line(mission.run, 60) for mission in missions)}"
    return f"the report of {', '.join(busy)}"


class HomeCalls:
    """Calls drones home and missions off until the mission manager has taken it; otherwise each drone gets the order
    itself, as from a node: a shut-down may come after the loss of the mission manager."""

    def __init__(self, operator: Operator, person: str, note: Callable[[str], object]) -> None:
        self._operator, self._person, self._note = operator, person, note
        self._called: set[tuple[str, str]] = set()
        """Run and drone of each order; the run is empty for a drone without a mission."""
        self._sent: AwaitedOrder | None = None
        self._again_s = math.inf

    def step(self, out: Sequence[str], missions: Sequence[Any]) -> None:
        """Call home and off all that is not called yet; `out` may be in the air, `missions` are in progress."""
        if self._sent is not None and self._sent.state != "sent":
            is_taken, self._sent = self._sent.state == "taken", None
            if not is_taken:
                self._order_each(out)
                if missions:  # a clearance may still come, and a drone take off
                    self._again_s = time.monotonic() + CALL_AGAIN_S
        if time.monotonic() >= self._again_s:
            self._called.clear()
            self._again_s = math.inf
        if self._sent is None and (new := self._uncalled(out, missions)):
            self._call(sorted({drone for _, drone in new}), out)
            self._called |= new

    def _uncalled(self, out: Sequence[str], missions: Sequence[Any]) -> set[tuple[str, str]]:
        wanted: set[tuple[str, str]] = set()
        for mission in missions:
            flying = [drone for drone in mission.drones if drone in out]
            if flying or not any(run == mission.run for run, _ in self._called):
                wanted |= {(mission.run, drone) for drone in flying or mission.drones}
        known = {drone for _, drone in (*self._called, *wanted)}
        return (wanted | {("", drone) for drone in out if drone not in known}) - self._called

    def _call(self, drones: Sequence[str], out: Sequence[str]) -> None:
        if home := [drone for drone in drones if drone in out]:
            self._note(f"{SHUT_DOWN}: {', '.join(home)} called home; a second Ctrl-C ends at once")
        if grounded := [drone for drone in drones if drone not in out]:
            self._note(f"{SHUT_DOWN}: the missions of {', '.join(grounded)} are called off")
        self._sent = AwaitedOrder(self._operator.orders, "return_home", drones, self._person, SHUT_DOWN)

    def _order_each(self, drones: Sequence[str]) -> None:
        if drones:
            self._note("the mission manager did not take the order: each drone gets it directly")
        for drone in drones:
            orders, until_s = self._operator.orders_of(drone), time.monotonic() + READY_LIMIT_S
            while not orders.is_ready and time.monotonic() < until_s:
                self._operator.spin(0.05)
            orders.send("return_home", (drone,), "", SHUT_DOWN)
