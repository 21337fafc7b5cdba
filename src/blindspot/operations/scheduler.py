"""The decisions of the scheduler: a pure function of the ledger, the time and the stack's state.

Each call names one act. Nothing here reads a clock, a disk or a network: `drive.py` carries the acts out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from blindspot.operations.states import ENDED, FLIES, LATE, OccurrenceRow, OccurrenceState, Order, PassRow, PassState

LEAD = timedelta(minutes=15)
"""An evening is drawn this long before its slot begins."""
READY = timedelta(minutes=5)
"""A pass is due this long before the start: a person confirms the pass, and the plan is checked anew."""
COUNTS = timedelta(minutes=10)
"""A confirmation starts no pass later than this: the mean wind is a mean of ten minutes."""
NEWS_S = 5.0
"""Time for which a stack must have been heard before silence about a run means an unknown run."""

SKIPPABLE: frozenset[PassState] = frozenset({"drawn", "due", "awaiting_person", "cleared"})
CONFIRMABLE: frozenset[PassState] = frozenset({"awaiting_person", "interrupted"})
FLOWN_WHOLE = frozenset({"completed", "degraded"})
"""Outcomes of a run that was flown whole."""


@dataclass(frozen=True, slots=True)
class RunNow:
    """A run as reported by the stack; `outcome` is empty while the run goes on."""

    phase: str
    outcome: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """The stack now.

    Parameters
    ----------
    heard_s
        Time for which the stack has been heard without a gap, s; 0 while it is silent.
    runs
        The known runs, by name: in progress, or ended lately.
    why_not_ready
        The reason why the fleet can't take off now; empty if it can.
    unattended
        Name of the person who started the operation in a simulation, where passes need no other confirmation. Empty on
        hardware, and in an attended simulation: a person confirms each pass.
    wind_mps
        Wind of a simulation, m/s; None on hardware, where the person who confirms has measured it.
    max_wind_mps
        Strongest wind in which a pass starts, m/s.
    ready_runs, refused_runs
        Runs with a plan checked by the planner, and refused runs with the reason.
    pilots
        The people whose orders count.
    why_not_drawn
        The reason why no evening may be drawn now; empty if one may.
    taken
        The present run of the operation's drones, as a sentence; empty without a run.
    stopped, stop
        Moment at which the latest stop by a person was noticed, in the time of `Now`, and the stop as a sentence; None
        without one.
    """

    heard_s: float
    runs: Mapping[str, RunNow]
    why_not_ready: str
    unattended: str
    wind_mps: float | None
    max_wind_mps: float
    ready_runs: frozenset[str] = frozenset()
    refused_runs: Mapping[str, str] | None = None
    pilots: frozenset[str] = frozenset()
    why_not_drawn: str = ""
    taken: str = ""
    stopped: datetime | None = None
    stop: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """The next thing to do; `until` is the moment until which a `wait` lasts, if it is known.

    `draw`, `commit` and `reveal` concern an occurrence; `end_occurrence` and `move` write a state; `prepare` asks the
    planner for the checked plan of a pass; `refuse` drops the order of a person; `wait` is nothing to do.
    """

    do: Literal["wait", "draw", "commit", "reveal", "end_occurrence", "move", "prepare", "refuse"]
    occurrence: OccurrenceRow | None = None
    row: PassRow | None = None
    state: PassState | OccurrenceState | None = None
    reason: str = ""
    person: str = ""
    order: Order | None = None
    is_last_of_order: bool = True
    is_settled: bool = True
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """Everything that a decision rests on; `token` is the fencing token of this scheduler."""

    rows: Sequence[OccurrenceRow]
    orders: Sequence[Order]
    token: int
    time: datetime
    world: World

    def passes(self) -> Iterator[PassRow]:
        for occurrence in self.rows:
            yield from occurrence.passes


def next_act(now: Now) -> Act:
    """The next act. The flights in progress come first, then the orders of people, the draws, and the next pass.

    >>> calm = World(9.0, {}, "", "A. Martin", 3.0, 10.0)
    >>> next_act(Now((), (), 1, datetime(2026, 11, 2), calm)).do
    'wait'
    """
    deciders: tuple[Callable[[Now], Act | None], ...] = (_flight, _order, _draw, _pass)
    for decide in deciders:
        if (act := decide(now)) is not None:
            return act
    return _wait(now)


def why_not_ordered(
    rows: Sequence[OccurrenceRow], what: Literal["confirm", "skip"], occurrence: str, number: int
) -> str:
    """The reason why a person can't confirm or skip this now; empty if the scheduler will look at it. `number` 0 is
    the occurrence."""
    found = next((row for row in rows if row.id == occurrence), None)
    if found is None:
        return "is no occurrence of the operation, or is over"
    if number == 0:
        return "" if what == "skip" and found.state in ("planned", "drawn") else f"is {found.state}: name a pass"
    row = next((one for one in found.passes if one.number == number), None)
    if row is None:
        return "is not drawn yet"
    allowed = CONFIRMABLE if what == "confirm" else SKIPPABLE
    if row.state not in allowed or found.state != "drawn":
        return f"is {row.state}"
    # Beside another pass it would take off as that one lands, while the crew walks to the drones.
    other = _next_to_fly(rows) if what == "confirm" else None
    return "" if other is None else f"has to wait: pass {other.id} is {other.state}"


def _flight(now: Now) -> Act | None:
    """The reports of the stack about the flights of passes."""
    for row in now.passes():
        run = now.world.runs.get(row.run) if row.run else None
        if row.state in FLIES and row.token != now.token:
            return _move(row, "interrupted", "the scheduler was restarted while it flew", is_settled=False)
        if row.state in FLIES:
            act = _followed(row, run, now.world)
        elif row.state == "interrupted":
            act = _interrupted(row, run, now.world)
        else:
            act = None
        if act is not None:
            return act
    return None


def _followed(row: PassRow, run: RunNow | None, world: World) -> Act | None:
    """A pass that this scheduler ordered."""
    if run is None:
        return _move(row, "interrupted", "the stack does not know its run any more") if world.heard_s else None
    if run.outcome:
        return _ended(row, run)
    state = _phase(run)
    return _move(row, state) if row.state != state else None


def _interrupted(row: PassRow, run: RunNow | None, world: World) -> Act | None:
    """An interrupted pass: the stack may still fly the run, know the outcome, or know nothing of the run."""
    if run is not None and not run.outcome:
        return _move(row, _phase(run), "followed again after an interruption")
    if run is not None:
        act = _ended(row, run)
        return None if act.state == "interrupted" and row.is_settled else act
    if row.is_settled or world.heard_s < NEWS_S:
        return None
    return _move(row, "interrupted", f"{row.reason}, and the stack does not know its run")


def _phase(run: RunNow) -> PassState:
    return "swapping" if run.phase == "swapping" else "flying"


def _ended(row: PassRow, run: RunNow) -> Act:
    """The state after a run with an outcome. Only a whole flight is `done`."""
    if run.outcome in FLOWN_WHOLE:
        return _move(row, "done", run.reason)
    if run.outcome == "refused":
        return _move(row, "refused", run.reason or "the gate refused it")
    return _move(row, "interrupted", f"{run.outcome}: {run.reason}" if run.reason else run.outcome)


def _order(now: Now) -> Act | None:
    for order in now.orders:
        if order.person not in now.world.pilots:
            return Act(
                "refuse", order=order, reason=f"{order.person or 'an unnamed person'} is no pilot of the operation"
            )
        if problem := why_not_ordered(now.rows, order.what, order.occurrence, order.number):
            if (warned := _warning(order, now)) is not None:
                return warned
            addressee = f"pass {order.occurrence}/{order.number}" if order.number else order.occurrence
            return Act("refuse", order=order, reason=f"{addressee} {problem}")
        occurrence = next(one for one in now.rows if one.id == order.occurrence)
        act = _order_of_pass(occurrence, order, now) if order.number else _skip_all(occurrence, order)
        if act is not None:
            return act
    return None


def _warning(order: Order, now: Now) -> Act | None:
    """The end of a confirmed pass for which a person has measured too strong a wind since, or at the same time."""
    row = next((one for one in now.passes() if (one.occurrence, one.number) == (order.occurrence, order.number)), None)
    problem = _why_not_in_this_wind(order.wind_mps, now.world.max_wind_mps)
    if row is None or row.state != "cleared" or order.what != "confirm" or not problem:
        return None
    return Act("move", row=row, state="missed", reason=problem, person=order.person, order=order)


def _skip_all(occurrence: OccurrenceRow, order: Order) -> Act:
    """Skip an occurrence, or the remaining passes."""
    if occurrence.state == "planned":
        return Act("end_occurrence", occurrence, state="skipped", reason=order.reason, person=order.person, order=order)
    left = [row for row in occurrence.passes if row.state in SKIPPABLE]
    if not left:
        return Act("refuse", order=order, reason=f"no pass of {occurrence.id} is left to skip")
    return Act(
        "move", row=left[0], state="skipped", reason=order.reason, person=order.person, order=order,
        is_last_of_order=len(left) == 1,
    )  # fmt: skip


def _order_of_pass(occurrence: OccurrenceRow, order: Order, now: Now) -> Act | None:
    row = next(one for one in occurrence.passes if one.number == order.number)
    if order.what == "skip":
        return Act("move", row=row, state="skipped", reason=order.reason, person=order.person, order=order)
    if row.state == "interrupted" and not row.is_settled:
        return None
    if _is_late(row, now) or (now.world.wind_mps is None and abs(now.time - order.at) > COUNTS):
        return Act("refuse", order=order, reason=f"it came too late for pass {row.id}")
    if problem := _why_not_in_this_wind(order.wind_mps, now.world.max_wind_mps):
        if row.state == "interrupted":
            return Act("refuse", order=order, reason=problem)
        return Act("move", row=row, state="missed", reason=problem, person=order.person, order=order)
    if problem := _why_not_now(now) if row.state == "interrupted" else now.world.taken:
        return Act("refuse", order=order, reason=problem)
    return Act("move", row=row, state="cleared", reason=order.reason, person=order.person, order=order)


def _is_late(row: PassRow, now: Now) -> bool:
    """Whether the time in which a pass may start is over."""
    return now.time > row.latest


def _draw(now: Now) -> Act | None:
    """Draws, their commitment in the journal, and occurrences that came and went without a scheduler."""
    for occurrence in now.rows:
        if occurrence.state == "planned" and now.time > occurrence.slot_until:
            reason = now.world.why_not_drawn or "no scheduler ran in its slot"
            return Act("end_occurrence", occurrence, state="missed", reason=reason)
        is_next = occurrence.state == "planned" and now.time >= occurrence.slot_from - LEAD
        if is_next and not now.world.why_not_drawn:
            return Act("draw", occurrence)
        if occurrence.state == "drawn" and not occurrence.is_committed:
            return Act("commit", occurrence)
    return None


def _pass(now: Now) -> Act | None:
    """The next pass of the earliest occurrence that is not over, or that occurrence's end."""
    for occurrence in now.rows:
        if occurrence.state != "drawn":
            continue
        left = [row for row in occurrence.passes if not row.is_over]
        if left:
            return _of_pass(left[0], now)
        if all(row.state != "interrupted" or _is_late(row, now) for row in occurrence.passes):
            return Act("reveal", occurrence)
    return None


def _of_pass(row: PassRow, now: Now) -> Act | None:
    """The next step of a pass before its flight."""
    world = now.world
    if row.state in FLIES or row.state == "interrupted":
        return None
    if row.state == "drawn":
        return _move(row, "due") if now.time >= row.start - READY else None
    if _is_late(row, now):
        return _move(row, "missed", _why_late(row, world))
    if row.state == "cleared":
        return _start(row, now)
    if row.state == "awaiting_person" or _why_not_now(now):
        return None
    if not world.unattended:
        return _move(row, "awaiting_person")
    if problem := _why_not_in_this_wind(world.wind_mps, world.max_wind_mps):
        return _move(row, "missed", problem)
    return Act("move", row=row, state="cleared", person=world.unattended, reason="unattended simulation")


def _start(row: PassRow, now: Now) -> Act | None:
    """The flight of a cleared pass: at the start, as soon as the plan is checked."""
    world = now.world
    if problem := (world.refused_runs or {}).get(row.run):
        return _move(row, "refused", problem)
    if problem := _stopped_since(row, world):
        return _move(row, "awaiting_person", problem)
    restarted = "the scheduler was started again since it was confirmed" if row.token != now.token else ""
    if not world.unattended and (problem := world.taken or _landed_since(row, now) or restarted or _why_old(row, now)):
        return _move(row, "awaiting_person", problem)
    if row.run not in world.ready_runs:
        return Act("prepare", row=row) if world.heard_s else None
    is_early = now.time < row.start or world.why_not_ready or not world.heard_s
    return None if is_early else _move(row, "flying")


def _why_not_now(now: Now) -> str:
    """The reason why no pass can be cleared now; empty if one can."""
    if not now.world.heard_s:
        return "the stack is not heard"
    if (taken := _next_to_fly(now.rows)) is not None:
        return f"pass {taken.id} is {taken.state}"
    return now.world.why_not_ready


def _next_to_fly(rows: Sequence[OccurrenceRow]) -> PassRow | None:
    """The pass that flies, or is confirmed to."""
    passes = (row for occurrence in rows for row in occurrence.passes)
    return next((row for row in passes if row.state in FLIES or row.state == "cleared"), None)


def _landed_since(row: PassRow, now: Now) -> str:
    """The pass that has landed since this pass was confirmed, as a sentence; empty without such a pass. Its packs are
    empty, and the crew is at the drones."""
    others = (one for one in now.passes() if one.took_off is not None and one.state in ENDED and one.id != row.id)
    found = next((one for one in others if one.changed and row.changed and one.changed > row.changed), None)
    return "" if found is None else f"pass {found.id} has landed since it was confirmed"


def _stopped_since(row: PassRow, world: World) -> str:
    """The stop after the confirmation of a pass, as a sentence; empty without a stop. If a person has just stopped a
    drone, no drone takes off by an earlier order."""
    since = row.confirmed if world.wind_mps is None else row.changed
    is_after = world.stopped is not None and (since is None or world.stopped >= since)
    return f"{world.stop} since it was confirmed" if is_after else ""


def _why_late(row: PassRow, world: World) -> str:
    minutes = f"within {LATE.total_seconds() / 60:.0f} min"
    if row.state == "awaiting_person":
        return f"no person confirmed it {minutes}" + (f" after: {row.reason}" if row.reason else "")
    if not world.heard_s:
        return f"the stack was not heard {minutes}"
    if row.state == "cleared":
        return f"its plan was not checked, or the fleet not ready, {minutes}"
    return f"the fleet was not ready {minutes}: {world.why_not_ready or 'it flew another pass, or no scheduler ran'}"


def _why_not_in_this_wind(wind_mps: float | None, most_mps: float) -> str:
    if wind_mps is None:
        return "the wind is unknown"
    return f"the wind of {wind_mps:g} m/s is above {most_mps:g} m/s" if not wind_mps <= most_mps else ""


def _why_old(row: PassRow, now: Now) -> str:
    """The reason why the confirmation of a pass does not count any more; empty if it does. Orders to a
    simulation have the computer's date: there a pass was confirmed when it was cleared."""
    confirmed = row.confirmed if now.world.wind_mps is None else row.changed
    if confirmed is not None and abs(now.time - confirmed) <= COUNTS:
        return ""
    return f"its wind was measured more than {COUNTS / timedelta(minutes=1):.0f} min ago"


def _move(row: PassRow, state: PassState, reason: str = "", *, is_settled: bool = True) -> Act:
    return Act("move", row=row, state=state, reason=reason, is_settled=is_settled)


def _wait(now: Now) -> Act:
    """Nothing to do until the next draw or start."""
    moments = [one.slot_from - LEAD for one in now.rows if one.state == "planned"]
    moments += [row.start - READY for row in now.passes() if row.state == "drawn"]
    moments += [row.start for row in now.passes() if row.state == "cleared"]
    return Act("wait", until=min(moments, default=None))
