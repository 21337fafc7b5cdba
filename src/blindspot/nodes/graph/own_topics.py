"""Topics that a node subscribes by their own names only."""

from __future__ import annotations

from collections.abc import Iterable

from rclpy.node import Node

from blindspot.core import InputError


def refuse_remapped(node: Node, topics: Iterable[str], why: str) -> None:
    """Raise InputError if one of a node's topics is remapped."""
    for topic in topics:
        own, found = f"{node.get_namespace().rstrip('/')}/{topic}", node.resolve_topic_name(topic)
        if found != own:
            raise InputError(node.get_name(), topic, f"{own} is remapped to {found}", f"{why}: take the remapping out")
