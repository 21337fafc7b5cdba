"""Sends pictures from one process to another and prints, as JSON, the number of arrived pictures, their delay, and
the CPU time of both processes for each picture. The environment sets the middleware.

python -m blindspot.nodes.clients.picture_probe 1280 720 5
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

from blindspot.core import die_with_parent
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.pictures import image_message

GIVES_UP_AFTER_S = 25.0
_PERIOD_S = 0.05


def main(arguments: list[str]) -> int:
    width_px, height_px, wanted = map(int, arguments[:3])
    topic = arguments[3] if len(arguments) > 3 else f"blindspot_doctor_{os.getpid()}"
    if len(arguments) > 3:
        _send(topic, width_px, height_px)
        return 0
    with _sender([*arguments, topic]):
        print(json.dumps(_receive(topic, width_px, height_px, wanted)), flush=True)
    return 0


@contextmanager
def _sender(arguments: list[str]) -> Iterator[None]:
    command = [sys.executable, "-P", "-m", "blindspot.nodes.clients.picture_probe", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=die_with_parent()) as process:
        try:
            yield
        finally:
            process.kill()


def _content(width_px: int, height_px: int) -> Any:
    pixels = np.arange(width_px * height_px * 3, dtype=np.uint32).astype(np.uint8)
    return pixels.reshape(height_px, width_px, 3)


def _node(name: str) -> tuple[Any, Any]:
    rclpy.init()
    node = rclpy.create_node(name)
    executor = EventsExecutor()
    executor.add_node(node)
    return node, executor


def _send(topic: str, width_px: int, height_px: int) -> None:
    node, executor = _node("doctor_sender")
    publisher = node.create_publisher(Image, topic, qos.PICTURE)
    bgr, cpu_s = _content(width_px, height_px), 0.0
    ends_s = time.monotonic() + GIVES_UP_AFTER_S
    while time.monotonic() < ends_s:
        began_s = time.process_time()
        publisher.publish(image_message(bgr, time.time(), str(cpu_s)))  # CPU time of the last one
        cpu_s = time.process_time() - began_s
        executor.spin_once(timeout_sec=_PERIOD_S)


def _receive(topic: str, width_px: int, height_px: int, wanted: int) -> dict[str, Any]:
    node, executor = _node("doctor_receiver")
    arrived: list[tuple[float, bool, float]] = []
    expected = _content(width_px, height_px).ravel()

    def on_picture(picture: Any) -> None:
        late_s = time.time() - picture.header.stamp.sec - picture.header.stamp.nanosec * 1e-9
        began_s = time.process_time()
        is_whole = bool(np.array_equal(np.frombuffer(picture.data, np.uint8), expected))
        checked_s[0] += time.process_time() - began_s
        arrived.append((late_s, is_whole, float(picture.header.frame_id)))

    checked_s = [time.process_time()]
    node.create_subscription(Image, topic, on_picture, qos.PICTURE)
    ends_s = time.monotonic() + GIVES_UP_AFTER_S
    while len(arrived) < wanted and time.monotonic() < ends_s:
        executor.spin_once(timeout_sec=_PERIOD_S)
    received_s = time.process_time() - checked_s[0]
    late_ms, sent_ms = (np.array([1e3 * each[part] for each in arrived]) for part in (0, 2))
    return {
        "arrived": len(arrived),
        "whole": bool(arrived) and all(whole for _, whole, _ in arrived),
        "late_ms": float(np.median(late_ms)) if arrived else 0.0,
        "cpu_ms": float(np.median(sent_ms)) + 1e3 * received_s / len(arrived) if arrived else 0.0,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
