"""PX4's arm authorisation (COM_ARM_AUTH_REQ): the autopilot requests each arming on the link and waits for an answer.

The timing is fitted to one recording. In it, an attempt to arm had two rounds of up to COM_ARM_AUTH_TO each. It
repeated its request until an answer came. PX4 read the first answer too late, so that an accepted arming took a whole
wait. It also read the second answer of a denial too late. The next attempt then read its answers at once, and sent a
third request after that.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from blindspot_sim.autopilot.px4_parameters import Parameters

_ASK_AGAIN_S = (1.02, 1.53, 2.05)
_READ_S = 0.01
_BETWEEN_S = 0.01
_ROUNDS = 2


class ArmAuthorisation:
    """One attempt to arm at a time. `ask` sends a request; the attempt's `done` gets True only if it was accepted."""

    def __init__(self, parameters: Parameters, ask: Callable[[], None]) -> None:
        self._parameters = parameters
        self._ask = ask
        self._done: Callable[[bool], None] | None = None
        self._round = 0
        self._until_s = inf
        self._again: list[float] = []
        self._answer: bool | None = None
        self._reads_at_once = False
        self._denied_late = False

    @property
    def is_required(self) -> bool:
        return self._parameters["COM_ARM_AUTH_REQ"] != 0

    @property
    def is_asking(self) -> bool:
        """True while an attempt waits or a request is due to be repeated."""
        return self._done is not None or bool(self._again)

    def begin(self, now_s: float, done: Callable[[bool], None]) -> None:
        """Start an attempt to arm. A second attempt is denied while the first one waits."""
        if self._done is not None:
            done(False)
            return
        self._done = done
        self._reads_at_once, self._denied_late = self._denied_late, False
        self._round = 0
        self._begin_round(now_s)

    def answer(self, accepted: bool, now_s: float) -> None:
        """Take an authoriser's COMMAND_ACK. Between attempts it only ends the repeated requests."""
        keeps_asking = self._reads_at_once and self._round == _ROUNDS and self._done is not None
        self._again = self._again[:1] if keeps_asking else []
        if self._done is None:
            return
        self._answer = accepted
        if self._reads_at_once or (accepted and self._round == _ROUNDS):
            self._until_s = min(self._until_s, now_s + _READ_S)
        elif not accepted:
            self._denied_late = True

    def step(self, now_s: float) -> None:
        """Repeat a request that is due, and end a round whose time is over."""
        if self._again and now_s >= self._again[0]:
            self._again.pop(0)
            self._ask()
        if now_s < self._until_s:
            return
        self._until_s = inf
        if self._round < _ROUNDS:
            self._begin_round(now_s)
            return
        done, self._done = self._done, None
        if done is not None:
            done(self._answer is True)

    def _begin_round(self, now_s: float) -> None:
        self._round += 1
        self._answer = None
        self._again = [now_s + delay_s for delay_s in _ASK_AGAIN_S]
        self._until_s = now_s + float(self._parameters["COM_ARM_AUTH_TO"]) + _BETWEEN_S
        self._ask()
