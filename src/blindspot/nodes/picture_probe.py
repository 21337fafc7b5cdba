"""Sends pictures from one process to another and prints what arrived, as JSON; the middleware is the environment's.

python -m blindspot.nodes.picture_probe 1280 720 5
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import rclpy
from rclpy.experimental import EventsExecutor
from sensor_msgs.msg import Image

from blindspot.nodes import qos
from blindspot.supervisor import die_with_parent

GIVES_UP_AFTER_S = 25.0
_PERIOD_S = 0.05


def main(arguments: list[str]) -> int:
    width_px, height_px, wanted = map(int, arguments[:3])
    topic = arguments[3] if len(arguments) > 3 else f"blindspot_doctor_{os.getpid()}"
    if len(arguments) > 3:
        _send(topic, width_px, height_px)
        return 0
    with _sender([*arguments, topic]):
        print(json.dumps(_receive(topic, width_px, height_px, wanted)))
    return 0


@contextmanager
def _sender(arguments: list[str]) -> Iterator[None]:
    command = [sys.executable, "-P", "-m", "blindspot.nodes.picture_probe", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=die_with_parent) as process:
        try:
            yield
        finally:
            process.kill()


def _content(width_px: int, height_px: int) -> Any:
    return np.arange(width_px * height_px * 3, dtype=np.uint32).astype(np.uint8)


def _node(name: str) -> tuple[Any, Any]:
    rclpy.init()
    node = rclpy.create_node(name)
    executor = EventsExecutor()
    executor.add_node(node)
    return node, executor


def _send(topic: str, width_px: int, height_px: int) -> None:
    node, executor = _node("doctor_sender")
    publisher = node.create_publisher(Image, topic, qos.PICTURE)
    picture = Image(width=width_px, height=height_px, step=3 * width_px, encoding="bgr8")
    picture.data.frombytes(_content(width_px, height_px).tobytes())
    ends_s = time.monotonic() + GIVES_UP_AFTER_S
    while time.monotonic() < ends_s:
        sent = time.time_ns()
        picture.header.stamp.sec, picture.header.stamp.nanosec = sent // 10**9, sent % 10**9
        publisher.publish(picture)
        executor.spin_once(timeout_sec=_PERIOD_S)


def _receive(topic: str, width_px: int, height_px: int, wanted: int) -> dict[str, Any]:
    node, executor = _node("doctor_receiver")
    arrived: list[tuple[float, bool]] = []
    expected = _content(width_px, height_px)

    def on_picture(picture: Any) -> None:
        late_s = time.time() - picture.header.stamp.sec - picture.header.stamp.nanosec * 1e-9
        arrived.append((late_s, bool(np.array_equal(np.frombuffer(picture.data, np.uint8), expected))))

    node.create_subscription(Image, topic, on_picture, qos.PICTURE)
    ends_s = time.monotonic() + GIVES_UP_AFTER_S
    while len(arrived) < wanted and time.monotonic() < ends_s:
        executor.spin_once(timeout_sec=_PERIOD_S)
    late_ms = sorted(1e3 * late_s for late_s, _ in arrived)
    return {
        "arrived": len(arrived),
        "whole": bool(arrived) and all(whole for _, whole in arrived),
        "late_ms": late_ms[len(late_ms) // 2] if late_ms else 0.0,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
