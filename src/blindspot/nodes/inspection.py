"""Inspections between nodes: how `flight_control` asks the gate to clear a way, and how `authority` judges it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from blindspot_msgs.srv import ClearInspection
from pydantic import ValidationError
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.task import Future

from blindspot.core import die_with_parent, plainly
from blindspot.flight.control import AIMED_WITHIN_S, SPEED_MPS, Inspection, RouteFlight
from blindspot.flight.vehicle import Reply
from blindspot.mission import Aim, Detour, Mission, Plan, Point, with_detour
from blindspot.nodes.graph.deferred_service import create_deferred_service

SERVICE = "/blindspot/clear_inspection"


def order_inspection(flight: RouteFlight, request: Any) -> str:
    """Order the inspection of an `Inspect` request. Returns "" or the reason of a refusal."""
    try:
        to, aim = _point(request.position), Aim(heading_deg=request.heading_deg, pitch_deg=request.pitch_deg)
    except ValidationError as error:
        return f"{error.errors()[0]['loc'][0]}: {plainly(error)}"
    return flight.inspect(Inspection(request.person, to, aim, request.seconds))


class ClearanceOfWays:
    """Asks the gate to clear ways of one drone; an absent gate counts as a refusal."""

    def __init__(self, node: Node, drone: str) -> None:
        self._drone = drone
        self._client = node.create_client(ClearInspection, SERVICE)

    def ask(self, order: Inspection, start: Point) -> Reply:
        """See `flight.inspect.ClearWay`; the flight sets the time-out."""
        reply = Reply()
        if not self._client.service_is_ready():
            reply.settle("refused", "the authority does not answer: no clearance")
            return reply
        request = ClearInspection.Request(
            drone=self._drone, heading_deg=order.aim.heading_deg, pitch_deg=order.aim.pitch_deg,
            seconds=order.seconds + AIMED_WITHIN_S, speed_mps=SPEED_MPS,
        )  # fmt: skip
        for message, place in ((request.start, start), (request.position, order.to)):
            message.x, message.y, message.z = place.east_m, place.north_m, place.up_m

        def answered(future: Future) -> None:
            answer = future.result()
            granted = answer is not None and answer.granted
            reply.settle("ok" if granted else "refused", answer.reason if answer is not None else "no clearance")

        self._client.call_async(request).add_done_callback(answered)
        return reply


class InspectionJudge:
    """Service `clear_inspection` of a node, one request at a time.

    `verdicts` applies a change to the cleared plan. It returns the cleared plan, if any, and the first rule of the law
    that refuses the changed plan.
    """

    def __init__(
        self, node: Node, mission: Mission, verdicts: Callable[[Callable[[Plan], Plan]], tuple[Plan | None, str]]
    ) -> None:
        self._mission = mission
        self._verdicts = verdicts
        self._job: tuple[subprocess.Popen[str], Path, Plan, Callable[[Any], None]] | None = None
        create_deferred_service(node, ClearInspection, SERVICE, self._on_request)
        node.create_timer(0.1, self._watch, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_request(self, request: Any, answer: Callable[[Any], None]) -> None:
        try:
            detour = Detour(
                request.drone, _point(request.start), _point(request.position),
                Aim(heading_deg=request.heading_deg, pitch_deg=request.pitch_deg), request.seconds, request.speed_mps,
            )  # fmt: skip
            plan, refusal = self._verdicts(lambda plan: with_detour(plan, detour))
        except ValidationError as error:
            plan, refusal = None, plainly(error)
        if self._job is not None:
            refusal = refusal or "another inspection is being judged: ask again"
        if plan is None or refusal:
            answer(ClearInspection.Response(granted=False, reason=refusal))
            return
        handle, name = tempfile.mkstemp(suffix=".json", prefix="blindspot-plan-")
        os.close(handle)
        file = Path(name)
        file.write_text(plan.to_json(), encoding="utf-8")
        job = subprocess.Popen(
            command_of(self._mission.path, file, detour), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, preexec_fn=die_with_parent,
        )  # fmt: skip
        self._job = job, file, plan, answer

    def _watch(self) -> None:
        if self._job is None or self._job[0].poll() is None:
            return
        (job, file, judged, answer), self._job = self._job, None
        assert job.stderr is not None
        file.unlink(missing_ok=True)
        with job.stderr:
            complaint = job.stderr.read().strip().removeprefix("blindspot: ")
        if job.returncode == 0 and self._verdicts(lambda plan: plan)[0] is not judged:
            complaint = "the plan is no longer the one that was cleared"
        elif job.returncode != 0:
            complaint = complaint or f"exit code {job.returncode}"
        else:
            complaint = ""
        answer(ClearInspection.Response(granted=not complaint, reason=complaint))


def command_of(mission: Path, plan: Path, detour: Detour) -> list[str]:
    """The command line that judges a detour of a plan by the rules of the checker."""

    def numbers(*values: float) -> list[str]:
        return [repr(float(value)) for value in values]

    start, to, aim = detour.start, detour.to, detour.aim
    return [
        sys.executable, "-P", "-m", "blindspot.cli", "check-inspection", str(mission), str(plan),
        "--drone", detour.drone, "--from", *numbers(start.east_m, start.north_m, start.up_m),
        "--to", *numbers(to.east_m, to.north_m, to.up_m), "--aim", *numbers(aim.heading_deg, aim.pitch_deg),
        "--seconds", *numbers(detour.seconds), "--speed", *numbers(detour.speed_mps),
    ]  # fmt: skip


def _point(message: Any) -> Point:
    return Point(east_m=message.x, north_m=message.y, up_m=message.z)
