"""The pictures of one page: its questions, and the messages with the newest picture of each drone.

A message is a line of JSON, and the JPEG behind the line if the message has a picture.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from blindspot.console.pictures.live_looks import Granted, LiveLooks, ToSign
from blindspot.console.pictures.picture_box import PictureBox
from blindspot.core import LONGEST_NAME, BlindspotError, one_line

LONGEST_SIGNATURE = 100
MOST_ANSWERS = 50
"""A page may ask again and again without reading the answers: more of them are dropped."""
ENDED = "the run ended: look again in the next one"


@dataclass(slots=True)
class _Look:
    state: Granted | ToSign
    number: int = 0
    """Number of the picture that was sent last."""
    withheld: str = ""
    """The reason that was sent last."""


class PageLooks:
    """Looks of one page. `hear` may work in another thread than `messages`."""

    def __init__(self, looks: LiveLooks, box: PictureBox) -> None:
        self._rights, self._box, self._lock = looks, box, Lock()
        self._looks: dict[str, _Look] = {}
        self._answers: dict[str, bytes] = {}
        self._is_open = True

    def hear(self, said: Any) -> bool:
        """Begin or end a look, as a page says; False for a message that is nothing. Reads and writes the journal."""
        if not isinstance(said, Mapping):
            return False
        texts = {name: said.get(name, "") for name in ("drone", "person", "reason", "signature")}
        if not all(isinstance(text, str) and len(text) <= LONGEST_NAME for text in texts.values()):
            return False
        drone = texts["drone"]
        if said.get("end") is True:
            self._end(drone)
            return True
        try:
            state = self._state(drone, texts["person"], texts["reason"], texts["signature"])
        except (BlindspotError, OSError) as error:
            self._end(drone)
            self._answer(drone, {"state": "refused", "problem": one_line(error, 600)})
            return True
        self._begin(drone, state)
        return True

    def _state(self, drone: str, person: str, reason: str, signature: str) -> Granted | ToSign:
        with self._lock:
            before = self._looks.get(drone)
        if signature and before is not None and isinstance(before.state, ToSign):
            return self._rights.signed(before.state, signature[:LONGEST_SIGNATURE])
        return self._rights.ask(drone, person, reason)

    def _begin(self, drone: str, state: Granted | ToSign) -> None:
        self._end(drone)
        with self._lock:
            if not self._is_open:
                return
            self._looks[drone] = _Look(state)
            if isinstance(state, Granted):
                self._box.look(drone)
        text = {"state": "sign", "text": state.text} if isinstance(state, ToSign) else {"state": "waits"}
        self._answer(drone, text)

    def _end(self, drone: str) -> None:
        with self._lock:
            look = self._looks.pop(drone, None)
            self._answers.pop(drone, None)
        if look is not None and isinstance(look.state, Granted):
            self._box.leave(drone)

    def _answer(self, drone: str, content: Mapping[str, Any]) -> None:
        with self._lock:
            if len(self._answers) < MOST_ANSWERS:
                self._answers[drone] = _message({"drone": drone, **content})

    def messages(self, now_s: float) -> list[bytes]:
        """The messages that the page does not know yet: at most one of each drone and picture."""
        with self._lock:
            answers, looks = list(self._answers.values()), dict(self._looks)
            self._answers.clear()
        return answers + [message for drone, look in looks.items() if (message := self._next(drone, look, now_s))]

    def _next(self, drone: str, look: _Look, now_s: float) -> bytes:
        if not isinstance(look.state, Granted):
            return b""
        if self._rights.run_of(drone) != look.state.run:
            self._end(drone)
            return _message({"drone": drone, "state": "refused", "problem": ENDED})
        withheld, picture = self._box.why_withheld(drone), self._box.newest(drone)
        if withheld or picture is None:
            if withheld == look.withheld:
                return b""
            look.withheld = withheld
            return _message({"drone": drone, "state": "withheld" if withheld else "waits", "problem": withheld})
        if picture.number == look.number:
            return b""
        look.number, look.withheld = picture.number, ""
        age_s = round(picture.age_s + max(0.0, now_s - picture.heard_s), 2)
        return _message({"drone": drone, "state": "shown", "age_s": age_s}) + picture.jpeg

    def close(self) -> None:
        """The page is gone."""
        with self._lock:
            self._is_open, drones = False, list(self._looks)
        for drone in drones:
            self._end(drone)


def _message(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode() + b"\n"
