"""A watch played by times alone: drones with battery and ways, a gate that passes rights, no flight dynamics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from blindspot.operations.watches import Act, DroneNow, Leave, PassLook, PostPlan, Relay, Start

OWN_RULE = 0.12
"""Share of the battery after the way home at which a drone returns by itself."""
AIM_S = 3.0
"""From the arrival to the first possible exposure, s."""
PAUSE_S = 3.0
"""Pause of a hand-over without a spare camera, s: the leases with the right to look run out."""
LONGEST_PAUSE_S = 5.0
"""A longer time without a picture is a gap, s."""
FORESEEN_S = 30.0
"""A gap is foreseen if the relay announced it at least so long before, s."""
STEP_S, CALM_STEP_S = 0.5, 10.0
"""Time between two steps, s: while a drone moves or a right is passed, and otherwise."""
AT_POST = ("on_post", "holding")
NEXT = {"starting": "under_way", "under_way": "on_post", "on_post": "homeward", "homeward": "swapping",
        "swapping": "ready"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gap:
    """A target without a picture: begin and length, s, and whether the relay announced it."""

    target: str
    begins_s: float
    length_s: float
    foreseen: bool


@dataclass(slots=True)
class PlayedDrone:
    """A drone: its state, and the end of the state. A test changes its times between two steps."""

    post: PostPlan
    preflight_s: float = 40.0
    swap_s: float = 180.0
    ways: float = 1.0
    power: float = 1.0
    """Factors of the planned ways and of the planned power."""
    fails_preflight: bool = False
    is_dark: bool = False
    now: DroneNow = field(default_factory=lambda: DroneNow("ready", 0.0, 1.0))
    until_s: float = inf
    at_s: float = 0.0

    def advance(self, now_s: float) -> None:
        """Use the battery until now, and take the next state at its time."""
        flies = self.now.state in (*AT_POST, "under_way", "homeward")
        used_wh = self.post.hover_w * self.power * (now_s - self.at_s) / 3600.0 if flies else 0.0
        left = max(0.0, self.now.battery_fraction - used_wh / self.post.full_wh)
        self.now, self.at_s = replace(self.now, battery_fraction=left), now_s
        if self.now.state in AT_POST and left <= OWN_RULE + self.home_share:
            self.take("homeward", now_s)
        elif now_s >= self.until_s and self.now.state in NEXT:
            fails = self.now.state == "starting" and self.fails_preflight
            self.take("ready" if fails else NEXT[self.now.state], now_s)

    @property
    def home_share(self) -> float:
        return self.ways * self.power * self.post.home_wh / self.post.full_wh

    @property
    def is_nearly_empty(self) -> bool:
        return self.now.battery_fraction <= OWN_RULE + self.home_share + 0.03

    def take(self, state: str, now_s: float, reason: str = "") -> None:
        """Change the state, and set its end."""
        post = self.post
        lasts_s = {
            "starting": self.preflight_s, "under_way": self.ways * post.way_s, "on_post": post.dwell_s,
            "homeward": self.ways * post.home_s, "swapping": self.swap_s,
        }  # fmt: skip
        charge = 1.0 if state == "ready" else self.now.battery_fraction
        self.now = replace(self.now, state=state, since_s=now_s, battery_fraction=charge, reason=reason)  # type: ignore[arg-type]
        self.until_s = now_s + lasts_s.get(state, inf)


class PlayedWatch:
    """Plays a watch; `on_turn(drone)` may draw the figures of a turn that begins.

    `most_rights` is the highest number of rights at once, `twice` counts orders to start for a drone with an open turn.
    """

    def __init__(
        self, posts: Sequence[PostPlan], relay: Relay, cap: int, on_turn: Callable[[PlayedDrone], None] | None = None
    ) -> None:
        self.drones = {post.drone: PlayedDrone(post) for post in posts}
        self._relay, self._cap, self._on_turn = relay, cap, on_turn
        self._targets = tuple(dict.fromkeys(post.target for post in posts))
        self._rights: dict[str, float] = {}
        """Drone -> since when its right counts; in the future while the leases of another drone run out."""
        self._blind: dict[str, Gap] = {}
        """The present time without a picture of a target."""
        self._short_s: dict[str, float] = {}
        """Since when the relay announces a gap without a break."""
        self.gaps: list[Gap] = []
        self.starts = self.most_rights = 0
        self.acts: list[tuple[float, Act]] = []
        self.is_deaf = False
        """Requests for the right to look are lost."""

    @property
    def reliefs(self) -> int:
        return sum(target.reliefs for target in self._relay.targets())

    def play(
        self,
        starts_s: float,
        ends_s: float,
        each_step: Callable[[float, Mapping[str, PlayedDrone]], None] | None = None,
    ) -> None:
        """Play from 600 s before the start until the latest landing."""
        now_s = starts_s - 600.0
        while now_s < ends_s:
            for drone in self.drones.values():
                drone.advance(now_s)
            if each_step is not None:
                each_step(now_s, self.drones)
            acts = self._relay.step(now_s, {name: self._facts(drone, now_s) for name, drone in self.drones.items()})
            for act in acts:
                self._obey(act, now_s)
            self._notice(now_s, starts_s)
            now_s = self._next_s(now_s, bool(acts))

    def _facts(self, drone: PlayedDrone, now_s: float) -> DroneNow:
        has_right = self._has_right(drone, now_s)
        aimed = drone.now.state == "on_post" and now_s - drone.now.since_s >= AIM_S
        return replace(drone.now, has_right=has_right, looks=has_right and aimed and not drone.is_dark)

    def _has_right(self, drone: PlayedDrone, now_s: float) -> bool:
        return self._rights.get(drone.post.drone, inf) <= now_s

    def _obey(self, act: Act, now_s: float) -> None:
        self.acts.append((now_s, act))
        if isinstance(act, PassLook):
            self._pass(act, now_s)
            return
        drone = self.drones[act.drone]
        if isinstance(act, Start) and drone.now.state == "ready":
            self.starts += 1
            if self._on_turn is not None:
                self._on_turn(drone)
            drone.take("starting", now_s)
        elif isinstance(act, Leave) and drone.now.state in ("under_way", *AT_POST):
            drone.take("homeward", now_s)

    def _pass(self, act: PassLook, now_s: float) -> None:
        if self.is_deaf:
            return
        others = {name for name in self._rights if name not in (act.to, act.from_)}
        if act.to and act.to not in self._rights:
            has_spare = len(others) + (act.from_ in self._rights) < self._cap
            if has_spare or act.from_ in self._rights:
                self._rights[act.to] = now_s if has_spare else now_s + PAUSE_S
        self.most_rights = max(self.most_rights, sum(since_s <= now_s for since_s in self._rights.values()))
        self._rights.pop(act.from_, None)

    def _notice(self, now_s: float, starts_s: float) -> None:
        """Note the exposures, and what the relay announces."""
        for status in self._relay.targets():
            target = status.target
            looks = any(
                self._facts(drone, now_s).looks for drone in self.drones.values() if drone.post.target == target
            )
            if not looks and starts_s <= now_s and status.state != "ended":
                foreseen = now_s - self._short_s.get(target, inf) >= FORESEEN_S
                self._blind.setdefault(target, Gap(target, now_s, 0.0, foreseen))
            elif gap := self._blind.pop(target, None):
                self.gaps += [replace(gap, length_s=lasts)] if (lasts := now_s - gap.begins_s) > LONGEST_PAUSE_S else []
            if status.state != "gap" and status.reason:
                self._short_s.setdefault(target, now_s)
            elif status.state != "gap":
                self._short_s.pop(target, None)

    def _next_s(self, now_s: float, has_acted: bool) -> float:
        """The next step: soon while something happens, else at the next event of a drone or of the relay."""
        moves = any(drone.now.state in ("starting", "under_way") for drone in self.drones.values())
        low = any(drone.now.state in AT_POST and drone.is_nearly_empty for drone in self.drones.values())
        calm = ("before", "watched", "short", "ended")
        settled = not self._blind and all(status.state in calm for status in self._relay.targets())
        if has_acted or moves or low or not settled:
            return now_s + STEP_S
        ends_s = [drone.until_s for drone in self.drones.values()]
        due_s = [now_s + status.due_s for status in self._relay.targets()]
        return max(now_s + STEP_S, min([now_s + CALM_STEP_S, *ends_s, *(at_s for at_s in due_s if at_s > now_s)]))
