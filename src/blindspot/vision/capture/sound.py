"""The sound tracks of a camera's stream: none, some, or unknown. A stream that can't be asked is unknown."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from blindspot.vision.capture.address import Address
from blindspot.vision.capture.rtsp import describe

Sound = tuple[str, ...] | None
"""The sound tracks; empty: the stream is known to be silent; `None`: unknown."""
_SILENT_KINDS = ("renderer", "video", "device")
"""Sources without sound: a microphone of a local camera is a sound device of its computer."""
_SILENT_MEDIA = frozenset({"video", "application", "text"})
_MULTIPLEXED = ("MP2T", "MP2P", "MP1S")
"""Payloads that carry several tracks in one, which a description does not name."""
_CAMERA_ELEMENTS = frozenset({"nvarguscamerasrc", "nvv4l2camerasrc", "libcamerasrc", "v4l2src"})
_SOUND_WORDS = ("audio", "alsa", "pulse", "jack", "openal", "opus", "aac", "vorbis", "mp3", "speex", "flac")


def sound_of(address: Address, ask: Callable[[str], str | None] = describe) -> Sound:
    """The sound tracks of a source. `ask` gives the description (SDP) of an RTSP stream, `None` for a silent server."""
    if address.kind in _SILENT_KINDS:
        return ()
    if address.kind == "url" and address.where.startswith(("rtsp://", "rtsps://")):
        return _described(ask(address.where))
    return _of_pipeline(address.where, ask) if address.kind == "pipeline" else None


def _described(sdp: str | None) -> Sound:
    media = [line[2:].split() for line in (sdp or "").splitlines() if line.startswith("m=")]
    kinds = [fields[0].lower() if fields else "" for fields in media]
    if "audio" in kinds:
        return ("audio track",) * kinds.count("audio")
    upper = (sdp or "").upper()
    mixed = any("33" in fields[3:] for fields in media) or any(name in upper for name in _MULTIPLEXED)
    is_known = "video" in kinds and set(kinds) <= _SILENT_MEDIA and not mixed
    return () if is_known else None


def _of_pipeline(text: str, ask: Callable[[str], str | None]) -> Sound:
    """A GStreamer pipeline: one chain from a camera's element or an RTSP stream. Other sources are unknown."""
    try:
        parts = [shlex.split(part) for part in text.split(" ! ")]
    except ValueError:
        return None
    elements = [word for part in parts for word in part if "=" not in word]
    heard = tuple(name for name in elements if any(word in name.lower() for word in _SOUND_WORDS))
    if heard:
        return heard
    is_chain = all(part and all("=" in word for word in part[1:]) for part in parts)
    if not is_chain:
        return None
    if parts[0][0] == "rtspsrc":
        settings = dict(word.partition("=")[::2] for word in parts[0][1:])
        return _described(ask(settings.get("location", "")))
    return () if parts[0][0] in _CAMERA_ELEMENTS else None
