"""Runs every node of the stack: EventsExecutor, heartbeat, a clean end."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from math import inf

import rclpy
from blindspot_msgs.msg import Heartbeat
from rclpy.clock import Clock, ClockType
from rclpy.exceptions import InvalidParameterValueException
from rclpy.executors import ExternalShutdownException
from rclpy.experimental import EventsExecutor
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import Empty

from blindspot.core import BlindspotError, InputError, private
from blindspot.nodes.graph import qos
from blindspot.stack import refuse_other_transports
from blindspot.stack.enclaves import ForeignNameError, OnlyOne

HEARTBEAT_TOPIC = "/blindspot/heartbeat"
HEARTBEAT_PERIOD_S = 0.2
"""A heartbeat also has to pass a radio, and each watcher reads those of all nodes."""
NODE_TIME_TOPIC, NODE_TIME_PERIOD_S = "/blindspot/node_time", 0.05
"""Topic of the nodes' times in simulated time, which waits for the slowest node: only the simulator reads it."""
BROKEN, WRONG = 1, 2
"""Exit codes of a node that met an error at work, and of a node that was started with a wrong file or parameter."""
HANGS_S, WATCHED_EVERY_S = 60.0, 1.0
"""Longest time of a callback, s, and the time between two starts of the watchdog: a busy computer must not lose a
node that is only slow."""
ROLL_CALL_TOPIC = "/blindspot/roll_call"
"""Topic on which simulated time, while the clock waits, asks every node for the present time."""


def start_heartbeat(node: Node) -> None:
    """Publish the node's heartbeat with its current time on HEARTBEAT_TOPIC.

    The period is one of the steady clock, so that the heartbeat goes on while simulated time waits for the node. In
    simulated time, the node also publishes its time on NODE_TIME_TOPIC, more often, and at once after a message on
    ROLL_CALL_TOPIC.
    """
    publisher = node.create_publisher(Heartbeat, HEARTBEAT_TOPIC, qos.HEARTBEAT)
    message, steady = Heartbeat(node=node.get_fully_qualified_name()), Clock(clock_type=ClockType.STEADY_TIME)

    def publish_by(publisher: Publisher) -> None:
        message.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(message)

    if not node.get_parameter("use_sim_time").value:
        node.create_timer(HEARTBEAT_PERIOD_S, lambda: publish_by(publisher), clock=steady)
        return
    times, beaten_s = node.create_publisher(Heartbeat, NODE_TIME_TOPIC, qos.HEARTBEAT), -inf

    def beat() -> None:
        """Both by one timer: a node without processor time misses calls of the timer, and then beats at each call."""
        nonlocal beaten_s
        publish_by(times)
        if (now_s := time.monotonic()) - beaten_s > HEARTBEAT_PERIOD_S - NODE_TIME_PERIOD_S / 2:
            beaten_s = now_s
            publish_by(publisher)

    node.create_timer(NODE_TIME_PERIOD_S, beat, clock=steady)
    node.create_subscription(Empty, ROLL_CALL_TOPIC, lambda _: publish_by(times), qos.HEARTBEAT)


def refuse_unknown(node: Node) -> None:
    """Raises InputError for a given parameter that the node has not declared.

    ROS silently ignores such a parameter: a threshold with a misspelt name would keep its default in flight.
    """
    given = getattr(node, "_parameter_overrides", {})
    unknown = [name for name in given if not node.has_parameter(name) and not name.startswith("qos_overrides.")]
    if unknown:
        fix = "correct the name, or name the parameter's node"
        raise InputError(node.get_fully_qualified_name(), unknown[0], "is an unknown parameter of the node", fix)


def run(make_node: Callable[[], Node], *, holds_pictures: bool = False) -> None:
    """Spin one node until SIGINT, SIGTERM or shutdown. An error in its configuration is one line and exit code 2. A
    later error of ours is one line and exit code 1: a stack then starts the node again. A second process of the same
    node does not start on a computer (`OnlyOne`).

    A callback that does not return within `HANGS_S` ends the process, too, with all stacks in the log: by a watchdog of
    the interpreter, which needs no lock of the interpreter. A node whose destruction hangs ends in the same way.

    Files of a node are private to its user. `holds_pictures` does the same for core dumps and shared memory, and
    removes the shared memory of killed predecessors.

    This calls `spin_once` in a loop, since the EventsExecutor's own `spin` never returns in rclpy 7.1. Signals only set
    a flag, so that callbacks run to their end. A crash of a library leaves its traceback in the log.

    Example:
        def main() -> None:
            run(Authority)
    """
    faulthandler.enable()
    asked_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_end.set())
    private.keep_files_private()
    if holds_pictures:
        private.keep_private()
        private.remove_left_memory()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    executor, code = EventsExecutor(), WRONG
    try:
        node = make_node()
        domain = node.context.get_domain_id()
        right = OnlyOne(node.get_fully_qualified_name(), domain)
        refuse_other_transports(domain, os.environ)
        if holds_pictures:
            private.close_shared_memory()
        refuse_unknown(node)
        start_heartbeat(node)
        executor.add_node(node)
        code = BROKEN
        watched_s = -inf
        while rclpy.ok() and not asked_to_end.is_set():
            if (now_s := time.monotonic()) - watched_s >= WATCHED_EVERY_S:
                watched_s = now_s
                faulthandler.dump_traceback_later(HANGS_S, exit=True)
            executor.spin_once(timeout_sec=0.2)
        node.destroy_node()
        faulthandler.cancel_dump_traceback_later()
        right.close()
    except ExternalShutdownException:
        pass
    except ForeignNameError as error:  # it may be free at the next start
        print(f"blindspot: {error}", file=sys.stderr)
        sys.exit(BROKEN)
    except (BlindspotError, InvalidParameterValueException) as error:
        print(f"blindspot: {error}", file=sys.stderr)
        sys.exit(code)
    finally:
        rclpy.try_shutdown()
