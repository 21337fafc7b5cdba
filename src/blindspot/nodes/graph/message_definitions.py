"""The definition of a message type with the types that the message contains, in MCAP's `ros2msg` format, from the
installed `.msg` files."""

from __future__ import annotations

import re
from pathlib import Path

from ament_index_python.packages import get_package_share_directory

_MESSAGE_FIELD = re.compile(r"^\s*((?:[a-z]\w*/)?[A-Z]\w*)(?:\[[^\]]*\])?\s+[a-z]\w*")
"""A field whose type is a message: such a type's name begins with a capital letter, a built-in type's name with a small
letter."""


def type_name(message_type: type) -> str:
    """The ROS name of a message class, such as `sensor_msgs/msg/Image`."""
    package, kind = message_type.__module__.split(".")[:2]
    return f"{package}/{kind}/{message_type.__name__}"


def definition(message_type: type) -> str:
    """The text of the type's own file, followed by the text of each type that the type uses, each once."""
    package, _, name = type_name(message_type).split("/")
    texts = {(package, name): _text(package, name)}
    open_ones = [(package, name)]
    while open_ones:
        one = open_ones.pop()
        for used in _used(one[0], texts[one]):
            if used not in texts:
                texts[used] = _text(*used)
                open_ones.append(used)
    (_, own), *others = texts.items()
    return "".join([own, *(f"\n{'=' * 80}\nMSG: {pkg}/{name}\n{text}" for (pkg, name), text in others)])


def _text(package: str, name: str) -> str:
    return (Path(get_package_share_directory(package)) / "msg" / f"{name}.msg").read_text(encoding="utf-8")


def _used(package: str, text: str) -> list[tuple[str, str]]:
    """(package, name) of each field's type that is a message; the default package is the message's own."""
    found = [match[1] for line in text.splitlines() if (match := _MESSAGE_FIELD.match(line))]
    parts = [f"{package}/{kind}".split("/")[-2:] for kind in found]
    return [(package, name) for package, name in parts]
