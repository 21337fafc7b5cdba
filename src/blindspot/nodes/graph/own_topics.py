"""Topics that a node subscribes by their own names only."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node

from blindspot.core import InputError


def refuse_remapped(node: Node, topic: str, subscription: Any, why: str) -> str:
    """The full name of a topic that a node has subscribed; raises InputError if the topic is remapped."""
    full_name = f"{node.get_namespace().rstrip('/')}/{topic}"
    if subscription.topic_name != full_name:
        problem = f"{full_name} is remapped to {subscription.topic_name}"
        raise InputError(node.get_name(), topic, problem, f"{why}: take the remapping out")
    return full_name
