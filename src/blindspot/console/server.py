"""The console's web server: a page, its scripts, the town's layers, and one socket that sends the view.

The page and its scripts hold no secret. The socket and the town need the key of the address. Pages of other computers
need TLS and the session of a login in its place. Requests with a foreign `Host` or `Origin` are refused, so that a
hostile page in the same browser sees nothing.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from blindspot.console.address import HOST
from blindspot.console.beyond.logins import Beyond, Session
from blindspot.console.pictures import PageLooks
from blindspot.console.view import View
from blindspot.core import BlindspotError, RefusedError, one_line

SENT_EACH_S = 0.2
"""At most 5 messages a second to a page."""
AGES_EACH_S = 1.0
"""A page without changes gets the ages, which prove that the connection lives."""
KEY_WITHIN_S = 5.0
"""Time in which a page must send the key, or sign."""
MOST_HEARD = 4096
"""Longest message of a page, in bytes."""
MOST_ASKED = 16_384
"""Longest question of a page, in bytes."""
WRONG_KEY = 4401
"""Code with which the socket closes if the key is wrong, or a login is refused."""
LATE = 1013
"""Code with which the socket closes if no key came in time: the page connects again."""
ENDS_WITHIN_S = 3.0
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "img-src 'self' data: blob:; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
Act = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""The answer to the question of one page, both as JSON objects; raises BlindspotError for a refusal."""
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".json": "application/json"}


class ConsoleServer:
    """Serves one view in a thread of its own.

    Parameters
    ----------
    view
        The state that the pages show.
    lock
        Protects the view: the writer of records holds the same lock.
    key
        The key of the address.
    libraries
        Scripts and styles by file name, such as `maplibre-gl.js`.
    documents
        JSON documents behind the key by name, such as `town.json`, compressed with gzip; None while one is being made.
    take
        Takes a message of a page, which is a JSON object, in the server's thread; False for a message that is nothing.
    acts
        By name: what answers the question of one page, such as `why`, in a thread of its own, one question at a time.
    looks
        Makes the looks of a page at masked pictures; None without pictures.
    stream
        Answers a video program of this computer; None without such an output.
    beyond
        Host, certificate and logins for pages of other computers, and the key of the address counts for nobody; None
        for pages of this computer alone.
    """

    def __init__(
        self, view: View, lock: threading.Lock, key: str, libraries: Mapping[str, bytes],
        documents: Mapping[str, Callable[[], bytes | None]], take: Callable[[Mapping[str, Any]], bool],
        acts: Mapping[str, Act] | None = None, *, looks: Callable[[], PageLooks] | None = None,
        stream: Callable[[Request], Awaitable[Response]] | None = None, beyond: Beyond | None = None,
    ) -> None:  # fmt: skip
        self._looks, self._stream, self._beyond = looks, stream, beyond
        self._shared: tuple[tuple[int, int, int], str] = ((-1, -1, -1), "")
        self._view, self._lock, self._key, self._documents, self._take = view, lock, key.encode(), documents, take
        self._acts, self._one_act = acts or {}, threading.Lock()
        web = Path(str(files("blindspot.console"))) / "web"
        own = {each.relative_to(web).as_posix(): each.read_bytes() for each in web.rglob("*") if each.is_file()}
        self._page = own.pop("index.html").decode()
        self._files = {**own, **libraries}
        self._origins: Mapping[str, str] = {}
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, opened: socket.socket) -> None:
        """Serve on a bound socket until `stop`."""
        opened.listen()  # a page may connect as soon as the address is known
        port = opened.getsockname()[1]
        names, scheme = ((HOST, "localhost"), "http") if self._beyond is None else ((self._beyond.host,), "https")
        self._origins = {f"{name}:{port}": f"{scheme}://{name}:{port}" for name in names}
        certificate = None if self._beyond is None else self._beyond.certificate
        config = uvicorn.Config(
            self._app(), log_config=None, access_log=False, lifespan="off", ws="websockets-sansio",
            ws_per_message_deflate=False,  # each page would pack each message anew, for a browser of this computer
            ws_max_size=MOST_HEARD, ws_ping_interval=5.0, ws_ping_timeout=20.0, server_header=False,
            timeout_graceful_shutdown=1, proxy_headers=False,
            ssl_certfile=None if certificate is None else certificate.file,
            ssl_keyfile=None if certificate is None else certificate.key,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [opened]}, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the server's thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """End the server and close the pages' sockets."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(ENDS_WITHIN_S)

    def _app(self) -> ASGIApp:
        routes = [
            Route("/", self._index),
            *(Route(f"/{name}", partial(self._document, make)) for name, make in self._documents.items()),
            *(Route(f"/act/{name}", partial(self._answer, act), methods=["POST"]) for name, act in self._acts.items()),
            *([Route("/drones/{name}/masked.mjpeg", self._stream)] if self._stream is not None else []),
            Route("/{name:path}", self._file),
            WebSocketRoute("/view", self._send_view),
        ]
        app = Starlette(routes=routes)

        async def own_origin_only(scope: Scope, receive: Receive, send: Send) -> None:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope.get("headers", ())}
            host, origin = headers.get("host", ""), headers.get("origin")
            if host in self._origins and origin in (None, self._origins[host]):
                await app(scope, receive, send)
            elif scope["type"] == "http":
                await PlainTextResponse("This address serves its own page alone.\n", 403)(scope, receive, send)
            elif scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1008})

        return own_origin_only

    async def _index(self, _: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        headers = {**HEADERS, "Content-Security-Policy": POLICY.format(nonce=nonce)}
        return HTMLResponse(self._page.replace("{nonce}", nonce), headers=headers)

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        content = self._files.get(name)
        if content is None:
            return PlainTextResponse("No such file.\n", 404, headers=HEADERS)
        return Response(content, media_type=TYPES.get(Path(name).suffix, "text/plain"), headers=HEADERS)

    async def _document(self, make: Callable[[], bytes | None], request: Request) -> Response:
        if not self._may_ask(request):
            return PlainTextResponse("The key is wrong.\n", 403, headers=HEADERS)
        try:
            content = await asyncio.to_thread(make)
        except OSError:
            content = None
        if content is None:
            return PlainTextResponse("The document is being made.\n", 202, headers=HEADERS)
        return Response(content, media_type="application/json", headers={**HEADERS, "Content-Encoding": "gzip"})

    async def _answer(self, act: Act, request: Request) -> Response:
        """Answer the question of a page: 409 with the reason if it is refused."""
        if not self._may_ask(request):
            return PlainTextResponse("The key is wrong.\n", 403, headers=HEADERS)
        text = bytearray()
        async for part in request.stream():
            text += part
            if len(text) > MOST_ASKED:
                return PlainTextResponse("The question is too long.\n", 413, headers=HEADERS)
        said = _parsed(text)
        if not isinstance(said, dict):
            return PlainTextResponse("The question is no JSON object.\n", 400, headers=HEADERS)
        try:
            return JSONResponse(await asyncio.to_thread(self._act, act, said), headers=HEADERS)
        except (BlindspotError, OSError) as error:
            return JSONResponse({"problem": one_line(error, 1000)}, 409, headers=HEADERS)

    def _act(self, act: Act, said: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._one_act:
            return act(said)

    def _is_key(self, said: object) -> bool:
        return isinstance(said, str) and hmac.compare_digest(said.encode(), self._key)

    def _may_ask(self, request: Request) -> bool:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self._is_key(shown) if self._beyond is None else self._beyond.logins.may_ask(shown, _computer(request))

    async def _send_view(self, page: WebSocket) -> None:
        """Send the whole view, then its changes; a page that takes nothing holds no other page up."""
        await page.accept()
        with suppress(WebSocketDisconnect, RuntimeError):  # a page may go at any moment
            if self._beyond is not None:
                await self._send_beyond(page, self._beyond)
            elif (shows := await self._shows_key(page)) is not True:
                await page.close(LATE if shows is None else WRONG_KEY)
            else:
                await self._send_to(page, None)

    async def _send_beyond(self, page: WebSocket, beyond: Beyond) -> None:
        """Let a person log in before anything else is sent. The challenge holds for this connection alone."""
        attempt = beyond.logins.attempt(page.headers["host"], _computer(page))
        await page.send_json({"login": attempt.text})
        try:
            said = _parsed(await asyncio.wait_for(page.receive_text(), KEY_WITHIN_S))
            session = await asyncio.to_thread(attempt.answer, said)
        except (TimeoutError, KeyError):
            await page.close(LATE)
            return
        except RefusedError as error:
            await page.send_json({"problem": one_line(error, 300)})
            await page.close(WRONG_KEY)
            return
        try:
            await page.send_json({"session": session.token, "person": session.person, "role": session.role})
            await self._send_to(page, session)
        finally:
            beyond.logins.leave(session)

    async def _send_to(self, page: WebSocket, session: Session | None) -> None:
        looks = None if self._looks is None else self._looks()
        hears = asyncio.create_task(self._hear(page, looks, session))
        try:
            await self._send_changes(page, hears, looks)
        finally:
            hears.cancel()
            if looks is not None:
                looks.close()

    async def _shows_key(self, page: WebSocket) -> bool | None:
        """Whether a page has the key; None for a page that says nothing in time, and that asks again."""
        try:
            said = _parsed(await asyncio.wait_for(page.receive_text(), KEY_WITHIN_S))
        except TimeoutError:
            return None
        except KeyError:
            return False
        return isinstance(said, dict) and self._is_key(said.get("key"))

    async def _hear(self, page: WebSocket, looks: PageLooks | None, session: Session | None) -> None:
        """Hand on the messages of a page until the page is gone; another message is only counted. After a login each
        stop and each look is by the person of the session."""
        with suppress(WebSocketDisconnect, RuntimeError, KeyError):
            while True:
                said = _parsed(await page.receive_text())
                if session is not None and isinstance(said, dict):
                    said = {name: _by(session.person, content) for name, content in said.items()}
                if isinstance(said, dict) and "look" in said and looks is not None:
                    is_something = await asyncio.to_thread(looks.hear, said["look"])
                else:
                    is_something = isinstance(said, dict) and self._take(said)
                if not is_something:
                    with self._lock:
                        self._view.refused += 1

    async def _send_changes(self, page: WebSocket, hears: asyncio.Task[None], looks: PageLooks | None) -> None:
        number, sent_s = -1, 0.0
        while not hears.done():
            now_s = time.monotonic()
            if self._view.number != number or now_s - sent_s >= AGES_EACH_S:
                message, number = self._message(max(number, 0), now_s)
                await page.send_text(message)
                sent_s = now_s
            for picture in looks.messages(now_s) if looks is not None else ():
                await page.send_bytes(picture)
            await asyncio.sleep(SENT_EACH_S - now_s % SENT_EACH_S)  # all pages at the same moments

    def _message(self, number: int, now_s: float) -> tuple[str, int]:
        """The message for a page that knows the state up to `number`, and the new number. Pages that know the same
        share one message."""
        with self._lock:
            key = (number, self._view.number, int(now_s / SENT_EACH_S))
            if self._shared[0] != key:
                self._shared = key, self._view.since(number, now_s)
            return self._shared[1], self._view.number


def _parsed(text: str | bytes | bytearray) -> Any:
    """A text of a page as JSON; None for another text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _by(person: str, content: Any) -> Any:
    """A stop or a look, by this person."""
    return {**content, "person": person} if isinstance(content, dict) else content


def _computer(connection: HTTPConnection) -> str:
    """The address of the other end."""
    return "" if connection.client is None else connection.client.host
