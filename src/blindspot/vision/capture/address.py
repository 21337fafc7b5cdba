"""How a camera is named: one word, path, URL or pipeline, as a user gives it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

Kind = Literal["renderer", "video", "device", "url", "pipeline", "topic"]
URL_SCHEMES = ("rtsp", "rtsps", "rtp", "udp", "tcp", "http", "https", "srt")
LIVE: tuple[Kind, ...] = ("device", "url", "pipeline", "topic")
FORMS = (
    "renderer, a video file, /dev/videoN, rtsp://HOST/..., topic:NAME, "
    "or a GStreamer pipeline (nvarguscamerasrc ! ... ! appsink)"
)

SECRET = re.compile(r"""(?<=://)[^\s/]*@|[ &]?\b(user-pw|password|passphrase)=("[^"]*"|[^\s&]*)""")
"""In a URL whoever stands before the host; in its query, and among GStreamer's properties, what is called so."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where pictures come from: what kind of source, and which one."""

    kind: Kind
    where: str = ""


def read_address(text: str) -> Address | None:
    """The source that a text names; None if it names none."""
    if text == "renderer":
        return Address("renderer")
    if text.startswith("topic:") and len(text) > len("topic:"):
        return Address("topic", text.removeprefix("topic:"))
    if " ! " in text:
        return Address("pipeline", text)
    if text.split("://")[0] in URL_SCHEMES and urlsplit(text).netloc:
        return Address("url", text)
    if text.startswith("/dev/"):
        return Address("device", text)
    return Address("video", str(Path(text).resolve())) if Path(text).is_file() else None


def without_password(where: str) -> str:
    """A URL or a pipeline as it may be told: user and password left out."""
    return SECRET.sub("", where)
