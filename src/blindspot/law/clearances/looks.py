"""The right to look: a drone of a watch may fly before the drone may look. Pure; default deny.

An authorisation limits the cameras that look at the same time. The drones of an ordinary mission have the right to look
with their clearance. A turn of a watch begins without the right, and gets the right from the gate (`pass_look`).

A drone counts as looking while the drone has the right, and afterwards until the drone is known to be dark: the drone
has made no exposure for a second, and has reported an inhibited sensor since the loss, or the drone's last lease with
the right has expired. So a lost, late or repeated message leads to nobody who looks, never to one camera too many.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from math import inf

from blindspot.law.leases.lease import LEASE_S
from blindspot.law.leases.signed_lease import CLOCKS_S

ON_WITHIN_S = 1.0
"""A camera is on for this long after an exposure."""
EXPIRED_AFTER_S = LEASE_S + CLOCKS_S
"""Time after which no drone holds a lease of before: the drone's clock may be behind by `CLOCKS_S`."""

_ENDED = "its clearance has ended"


@dataclass(frozen=True, slots=True)
class Looker:
    """A drone of a clearance in force."""

    requester: str
    authorisation: str
    is_test_range: bool
    """On a test range one person watches all drones, however many files authorise them."""
    most: int
    """Cameras that the authorisation permits at the same time."""
    in_turn: bool
    """The drone flies a turn of a watch: the clearance alone gives no right to look."""

    def counts_with(self, other: Looker) -> bool:
        """Whether the cameras of both drones are counted together."""
        return self.authorisation == other.authorisation or (self.is_test_range and other.is_test_range)


@dataclass(frozen=True, slots=True)
class LookChange:
    """A change of one drone's right, for the journal."""

    drone: str
    may_look: bool
    reason: str
    looking: tuple[str, ...]
    """The drones that may look after the change, and with a new right also each drone that may still look."""
    most: int

    @property
    def facts(self) -> dict[str, str | bool | int | list[str]]:
        """The facts of the journal's entry."""
        return asdict(self) | {"looking": list(self.looking)}


@dataclass(slots=True)
class _Eye:
    """Facts about one drone's camera; times on the gate's clock, s."""

    looker: Looker | None = None
    """The latest clearance of the drone; unknown: the drone counts in each authorisation."""
    given_s: float = inf
    lost_s: float = inf
    """Time of the loss of the right; infinite for a drone with the right."""
    dark_s: float = inf
    """Time at which the drone was known to be dark after the loss; infinite before."""
    until_s: float = -inf
    """End of the latest lease with the right."""
    exposed_s: float = -inf
    """Time at which the latest exposure arrived."""
    taken_s: float = -inf
    """Time of the latest exposure itself."""
    inhibited_s: float = -inf
    """Time of the latest report, if the report says that the sensor is inhibited."""

    def is_dark(self, now_s: float) -> bool:
        if not now_s - self.exposed_s > ON_WITHIN_S:
            return False
        return self.inhibited_s > self.lost_s or now_s >= self.until_s + CLOCKS_S


@dataclass(slots=True)
class Looks:
    """The rights to look of all cleared drones. Call `step` at least twice a second; all times are on one clock that
    only goes forward.

    `lookers` returns the drones of the clearances in force. `enter` writes a change to the journal before the change
    takes effect. Its exception prevents a new right; a right is taken anyway.
    """

    lookers: Callable[[], Mapping[str, Looker]]
    enter: Callable[[LookChange], None] = lambda _: None
    problem: str = ""
    """The reason why the journal has no entry of the latest change; empty if it has one."""
    _given: set[str] = field(default_factory=set)
    """Drones in turn that have the right."""
    _waiting: dict[str, str] = field(default_factory=dict)
    """By drone that is to get the right: the drone that loses the right, or ""."""
    _relieved: dict[str, str] = field(default_factory=dict)
    """By drone that got the right from a spare camera: the drone that looks until the first exposure."""
    _eyes: dict[str, _Eye] = field(default_factory=dict)
    _began_s: float = 0.0
    """The first time above zero: a simulated clock that nobody has heard yet is at zero."""
    _now_s: float = -inf

    # Facts

    def exposed(self, drone: str, now_s: float, age_s: float = 0.0) -> None:
        """An exposure of a drone's camera arrives, `age_s` after it was made."""
        eye = self._eye(drone)
        eye.exposed_s = max(eye.exposed_s, now_s)
        eye.taken_s = max(eye.taken_s, now_s - min(max(0.0, age_s), LEASE_S))

    def reported(self, drone: str, now_s: float, *, inhibited: bool) -> None:
        """A drone reports whether its sensor is inhibited."""
        self._eye(drone).inhibited_s = now_s if inhibited else -inf

    def leased(self, drone: str, until_s: float) -> None:
        """A lease with the right to look is sent to a drone; call it before the sending."""
        eye = self._eye(drone)
        eye.until_s = max(eye.until_s, until_s)

    # Rights

    def may(self, drone: str) -> bool:
        """Whether a drone has the right to look now."""
        looker = self.lookers().get(drone)
        return looker is not None and (not looker.in_turn or drone in self._given)

    @property
    def given(self) -> frozenset[str]:
        """The drones in turn that have the right."""
        return frozenset(self._given)

    def is_lawful(self, drone: str) -> bool:
        """Whether the latest exposure of a drone was lawful: with the right to look, or before the drone went dark
        after the loss. Just after the gate's start, a lease of before may hold."""
        eye = self._eye(drone)
        return self.may(drone) or not eye.taken_s > eye.dark_s or not self._knows_leases

    @property
    def _knows_leases(self) -> bool:
        """Whether each lease of an earlier gate has expired."""
        return self._began_s > 0.0 and self._now_s >= self._began_s + EXPIRED_AFTER_S

    def rights(self, beside: Looker, but: Collection[str] = ()) -> frozenset[str]:
        """The drones with the right to look that are counted with a drone of this clearance, without those in `but`."""
        found = (drone for drone in self.lookers() if self.may(drone) and self._is_beside(drone, beside))
        return frozenset(found) - frozenset(but)

    def looking(self, beside: Looker, but: Collection[str] = ()) -> frozenset[str]:
        """The drones that have the right, may still look at the time of the latest `step`, or are to get the right;
        otherwise as `rights`."""
        found = self._looking(beside) | {to for to in self._waiting if self._is_beside(to, beside)}
        return found - frozenset(but)

    def pass_look(self, to: str, from_: str, requester: str, now_s: float) -> str:
        """Pass the right to look from one drone in turn to another one; "" means nobody. Returns the reason of a
        refusal, or "" after the change has begun. A repeated request changes nothing.

        With a camera to spare, the right is given first, and taken after the first exposure. Otherwise the right is
        taken at once, and given when the first drone is dark.
        """
        self.step(now_s)
        if problem := self._why_not(to, from_, requester):
            return problem
        self._relieved = {new: old for new, old in self._relieved.items() if old != to}
        old = self._waiting.pop(from_, from_)  # a drone that waits for the right passes on its place
        if not to:
            self._take(from_, "nobody follows")
        elif to not in self._given:
            self._waiting[to] = old if old != to else from_
        elif from_:
            self._relieved[to] = from_
        self.step(now_s)
        return ""

    def _why_not(self, to: str, from_: str, requester: str) -> str:
        lookers = self.lookers()
        if to == from_:
            return "the right to look passes between two drones: name another drone" if to else "no drone is named"
        for drone in filter(None, (to, from_)):
            looker = lookers.get(drone)
            if looker is None and drone == to:
                return f"{drone} has no clearance: ask for a clearance first"
            if looker is not None and looker.requester != requester:
                return f"another process asked for the clearance of {drone}"
            if looker is not None and not looker.in_turn:
                return f"{drone} flies no turn of a watch: its right to look comes with its clearance"
        if not to or to in self._given:
            return ""
        after = self._after(to, from_)
        if len(after) > self._most(after):
            others = ", ".join(sorted(after - {to}))
            return f"{others} would look beside {to}: the authorisation permits {self._most(after)} at the same time"
        return ""

    def _after(self, to: str, from_: str) -> frozenset[str]:
        """The drones beside `to` that will look when all begun changes are done."""
        looker, lookers = self.lookers()[to], self.lookers()
        leaving = {from_, *self._relieved.values(), *self._waiting.values()}
        coming = {drone for drone in (*lookers, *self._waiting) if self.may(drone) or drone in self._waiting}
        return frozenset(each for each in coming - leaving if self._is_beside(each, looker)) | {to}

    def ended(self, drone: str) -> None:
        """The clearance of a drone ends now: a later clearance of the same drone begins anew."""
        self._waiting.pop(drone, None)
        self._take(drone, _ENDED)

    def step(self, now_s: float) -> None:
        """Make the changes that are due now."""
        self._now_s = max(self._now_s, now_s)
        self._began_s = self._began_s or max(0.0, self._now_s)
        lookers = self.lookers()
        for drone, looker in lookers.items():
            self._eye(drone).looker = looker
        for drone in sorted(self._given - lookers.keys()):
            self._take(drone, _ENDED)
        self._note_losses()
        self._waiting = {to: old for to, old in self._waiting.items() if to in lookers}
        for to, old in tuple(self._waiting.items()):
            if self._is_free_for(to):
                self._give(to, old)
            elif old in self._given:
                self._take(old, f"{to} follows")
        for to, old in tuple(self._relieved.items()):
            if to not in self._given or old not in self._given:
                del self._relieved[to]
            elif self._eye(to).exposed_s >= self._eye(to).given_s:
                del self._relieved[to]
                self._take(old, f"{to} looks now")

    def _note_losses(self) -> None:
        for drone, eye in self._eyes.items():
            if self.may(drone):
                eye.lost_s = eye.dark_s = inf
                continue
            eye.lost_s = min(eye.lost_s, self._now_s)
            if eye.is_dark(self._now_s):
                eye.dark_s = min(eye.dark_s, self._now_s)

    def _is_free_for(self, to: str) -> bool:
        """Whether a right for this drone keeps the limit."""
        found = self._looking(self.lookers()[to]) | {to}
        return self._knows_leases and len(found) <= self._most(found)

    def _give(self, to: str, old: str) -> None:
        looking = self._looking(self.lookers()[to]) | {to}
        reason = f"{old} is relieved" if old else "its mission asked"
        if not self._is_entered(LookChange(to, True, reason, tuple(sorted(looking)), self._most(looking))):
            return  # it goes on waiting: the next step tries again
        del self._waiting[to]
        self._given.add(to)
        self._eye(to).given_s = self._now_s
        if old in self._given:
            self._relieved[to] = old
        self._note_losses()

    def _take(self, drone: str, reason: str) -> None:
        if drone not in self._given:
            return
        looker = self._eye(drone).looker
        beside = frozenset() if looker is None else self.rights(looker) - {drone}
        self._is_entered(LookChange(drone, False, reason, tuple(sorted(beside)), self._most(beside | {drone})))
        self._given.discard(drone)
        self._note_losses()

    def _is_entered(self, change: LookChange) -> bool:
        try:
            self.enter(change)
        except Exception as error:  # any exception: without an entry nobody gets a right
            self.problem = f"the journal has no entry of the right to look of {change.drone}: {error}"
            return False
        self.problem = ""
        return True

    def _looking(self, beside: Looker) -> frozenset[str]:
        lit = {drone for drone, eye in self._eyes.items() if not self.may(drone) and not eye.is_dark(self._now_s)}
        return self.rights(beside) | {drone for drone in lit if self._is_beside(drone, beside)}

    def _is_beside(self, drone: str, looker: Looker) -> bool:
        known = self.lookers().get(drone) or self._eye(drone).looker
        return known is None or known.counts_with(looker)

    def _most(self, drones: Collection[str]) -> int:
        """The smallest limit of the drones' authorisations."""
        lookers = self.lookers()
        known = (lookers.get(drone) or self._eye(drone).looker for drone in drones)
        return min((looker.most for looker in known if looker is not None), default=0)

    def _eye(self, drone: str) -> _Eye:
        return self._eyes.setdefault(drone, _Eye())
