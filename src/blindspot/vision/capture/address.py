"""Camera addresses from the user: a word, a path, a URL or a pipeline."""

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

_HOST = re.compile(r"([^:]*|\[[^\]]*\])(:\d*)?")


@dataclass(frozen=True, slots=True)
class Address:
    """A source of pictures: its kind and its location."""

    kind: Kind
    where: str = ""


def read_address(text: str) -> Address | None:
    """The source that a text names; None for an unknown form."""
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


def without_secrets(where: str) -> str:
    """A source for logs: of a URL the scheme and the host, of a pipeline the names of its elements.

    Every other part may hold a password: the user, the path, the query, a property of an element. Where an "@" after
    the first "/" leaves open which part is the host, none is given.
    """
    if " ! " in where:
        return " ! ".join(part.split(maxsplit=1)[0] for part in where.split(" ! ") if part.strip())
    scheme, is_url, rest = where.partition("://")
    if not is_url:
        return where
    first = re.split(r"[/?#]", rest)[0]
    if "@" in rest[len(first) :] and ("@" in first or _HOST.fullmatch(first)):
        return f"{scheme}://"
    return f"{scheme}://{re.split(r'[/?#]', rest.rpartition('@')[2])[0]}"
