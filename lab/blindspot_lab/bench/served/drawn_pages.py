"""Pages of a console without a browser: usual ones, and ones that read slowly or never."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from websockets.asyncio.client import connect

SMALL_BUFFER = 4096
READ_EACH_S, READ_BYTES = 1.0, 1000


@dataclass
class Heard:
    """What a page heard: messages, and the latest number of a change."""

    messages: int = 0
    number: int = 0
    lines: list[str] = field(default_factory=list)


async def usual(port: int, key: str, heard: Heard, on: Callable[[str], object] = lambda text: None) -> None:
    """A page that takes each message; ends when it is cancelled."""
    async with connect(f"ws://127.0.0.1:{port}/view", max_size=None) as page:
        await page.send(json.dumps({"key": key}))
        async for text in page:
            heard.messages += 1
            if isinstance(text, str):
                heard.number = json.loads(text)["number"]
                on(text)


async def slow(port: int, key: str, *, reads: bool) -> None:
    """A page that reads 1 kB a second, or never, with a small buffer."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, ("127.0.0.1", port))
    try:
        await loop.sock_sendall(raw, _asked(port) + _framed(json.dumps({"key": key}).encode()))
        while True:
            await asyncio.sleep(READ_EACH_S)
            if reads and not await loop.sock_recv(raw, READ_BYTES):
                return
    finally:
        raw.close()


def _asked(port: int) -> bytes:
    lines = (
        "GET /view HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13", "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode()


def _framed(text: bytes) -> bytes:
    """A masked frame with a short text; the mask is zero."""
    return struct.pack(">BB4x", 0x81, 0x80 | len(text)) + text
