"""Masked pictures as MJPEG for a video program of this computer, behind a token of its own. Off by default."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import time
from collections.abc import AsyncIterator, Collection
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from blindspot.console.outputs.secret_file import read_secret
from blindspot.console.pictures import LiveLooks, PictureBox
from blindspot.core import BlindspotError, one_line

MOST_STREAMS = 4
LOOKED_EACH_S = 0.1
RIGHTS_EACH_S = 1.0
BOUNDARY = "picture"


class MaskedStreams:
    """Answers `GET /drones/NAME/masked.mjpeg`.

    Parameters
    ----------
    token_file
        File with the token, read for each request.
    drones
        The drones of the stack: the flight of one under a law refuses the pictures of all.
    rights, box
        Who may look, and the pictures.
    """

    def __init__(self, token_file: Path, drones: Collection[str], rights: LiveLooks, box: PictureBox) -> None:
        self._token_file, self._drones, self._rights, self._box = token_file, tuple(drones), rights, box
        self._open = 0

    async def answer(self, request: Request) -> Response:
        """The stream, or one sentence."""
        drone = request.path_params["name"]
        if not self._shows_token(request.headers.get("authorization", "")):
            return PlainTextResponse("The token is wrong.\n", 401, headers={"WWW-Authenticate": "Basic"})
        if drone not in self._drones:
            return PlainTextResponse("No such drone.\n", 404)
        if problem := await asyncio.to_thread(self._rights.why_no_stream, self._drones):
            return PlainTextResponse(f"No picture: {problem}.\n", 403)
        if self._open >= MOST_STREAMS:
            return PlainTextResponse(f"{MOST_STREAMS} programs have pictures already.\n", 503)
        try:
            run = (await asyncio.to_thread(self._rights.stream, drone)).run
        except BlindspotError as error:
            return PlainTextResponse(f"{one_line(error, 300)}\n", 403)
        kind = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        return StreamingResponse(self._pictures(drone, run), media_type=kind, headers={"Cache-Control": "no-store"})

    def _shows_token(self, said: str) -> bool:
        """By `Bearer TOKEN`, or as the password of `Basic`, which video programs write into an address."""
        kind, _, value = said.partition(" ")
        if kind == "Basic":
            try:
                value = base64.b64decode(value, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return False
        try:
            token = read_secret(self._token_file)
        except BlindspotError:
            return False
        return kind in ("Basic", "Bearer") and hmac.compare_digest(value.encode(), token.encode())

    async def _pictures(self, drone: str, run: str) -> AsyncIterator[bytes]:
        """The newest picture again and again, as long as the run lasts and allows it."""
        number, looked_s = 0, time.monotonic()
        self._open += 1
        self._box.look(drone)
        try:
            while self._rights.run_of(drone) == run:
                if time.monotonic() - looked_s >= RIGHTS_EACH_S:
                    if await asyncio.to_thread(self._rights.why_no_stream, self._drones):
                        return
                    looked_s = time.monotonic()
                picture = None if self._box.why_withheld(drone) else self._box.newest(drone)
                if picture is not None and picture.number != number:
                    number = picture.number
                    head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture.jpeg)}\r\n\r\n"
                    yield head.encode() + picture.jpeg + b"\r\n"
                await asyncio.sleep(LOOKED_EACH_S)
        finally:
            self._open -= 1
            self._box.leave(drone)
