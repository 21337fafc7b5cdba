"""The inspection check of `authority`: a way off a cleared route, judged by the law and by the plan checker's rules."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blindspot_msgs.srv import ClearInspection
from pydantic import ValidationError
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from blindspot.core import BlindspotError, one_line, plainly
from blindspot.law.clearances import Clearance
from blindspot.mission import Aim, Plan
from blindspot.mission.in_flight import Detour, with_detour
from blindspot.nodes.graph.deferred_service import create_deferred_service
from blindspot.nodes.judging.inspection import SERVICE, point_of
from blindspot.nodes.judging.warm_checks import COMMANDS, BegunCheck, WarmChecks

NOT_CLEARED = "AUT-01: no plan is cleared"
CHECK_LIMIT_S = 40.0
"""Time-out of the checker, wall time: the drone hovers until it answers."""


@dataclass(frozen=True, slots=True)
class _Job:
    check: BegunCheck
    folder: tempfile.TemporaryDirectory[str]
    detour: Detour
    judged: Plan
    answer: Callable[[Any], None]


class InspectionJudge:
    """Service `clear_inspection` of a node, one request at a time.

    `cleared_for(drone)` finds the clearance of a drone. `law(clearance, plan)` gives the first rule of the law that
    refuses a plan under this clearance, or "". `enter(clearance, plan, detour)` writes a granted detour down, before
    the answer, and gives the reason of a failure. `may_be_flown` is the function of `GrantedDetours`.
    """

    def __init__(
        self, node: Node, cleared_for: Callable[[str], Clearance | None], law: Callable[[Clearance, Plan], str],
        enter: Callable[[Clearance, Plan, Detour], str],
        may_be_flown: Callable[[Clearance, Collection[str]], Plan], checks: WarmChecks,
    ) -> None:  # fmt: skip
        self._cleared_for, self._may_be_flown = cleared_for, may_be_flown
        self._law, self._enter, self._checks = law, enter, checks
        self._job: _Job | None = None
        create_deferred_service(node, ClearInspection, SERVICE, self._on_request)
        node.create_timer(0.1, self._watch, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_request(self, request: Any, answer: Callable[[Any], None]) -> None:
        try:
            detour = Detour(
                request.drone, point_of(request.start), point_of(request.position),
                Aim(heading_deg=request.heading_deg, pitch_deg=request.pitch_deg), request.seconds, request.speed_mps,
            )  # fmt: skip
            refusal = self._begin(detour, answer)
        except ValidationError as error:
            refusal = plainly(error)
        except BlindspotError as error:
            refusal = one_line(error)
        except OSError as error:
            refusal = f"the way can't be checked ({error.strerror}): no clearance"
        if refusal:
            answer(ClearInspection.Response(granted=False, reason=refusal))

    def _begin(self, detour: Detour, answer: Callable[[Any], None]) -> str:
        """Start the check of a detour; returns the reason of an immediate refusal, or ""."""
        clearance = self._cleared_for(detour.drone)
        plan = clearance.gate.in_force if clearance is not None else None
        if clearance is None or plan is None:
            return NOT_CLEARED
        if refusal := self._law(clearance, with_detour(plan, detour)):
            return refusal
        if self._job is not None:
            return "another inspection is being judged: ask again"
        folder = tempfile.TemporaryDirectory(prefix="blindspot-inspect-")
        file = Path(folder.name, "plan.json")
        file.write_text(self._with_others(clearance, detour.drone).to_json(), encoding="utf-8")
        mission = clearance.asked.mission.path
        check = self._checks.begin(command_of(mission, file, detour), mission, CHECK_LIMIT_S)
        self._job = _Job(check, folder, detour, plan, answer)
        return ""

    def _watch(self) -> None:
        job = self._job
        if job is None or not job.check.has_ended():
            return
        self._job = None
        _, errors = job.check.close()
        job.folder.cleanup()
        clearance, code = self._cleared_for(job.detour.drone), job.check.code
        if job.check.is_late:
            complaint = "the checker did not answer in time: no clearance"
        elif code != 0:
            complaint = errors.strip().removeprefix("blindspot: ") or f"exit code {code}"
        elif clearance is None or clearance.gate.in_force is not job.judged:
            complaint = "the plan is no longer the cleared plan"
        else:
            changed = with_detour(job.judged, job.detour)
            complaint = self._law(clearance, changed) or self._enter(clearance, changed, job.detour)
        job.answer(ClearInspection.Response(granted=not complaint, reason=complaint))

    def _with_others(self, clearance: Clearance, drone: str) -> Plan:
        """The drone's route, and what each other drone that has not landed may fly. The rest of a plan leaves out the
        lost drones, and lost drones may still be in the air."""
        flown = self._may_be_flown(clearance, (drone,))
        landed = clearance.lapse.landed - {drone}
        return flown.model_copy(update={"routes": tuple(each for each in flown.routes if each.drone not in landed)})


def command_of(mission: Path, plan: Path, detour: Detour) -> list[str]:
    """The command line that judges a detour of a plan by the rules of the checker."""

    def numbers(*values: float) -> list[str]:
        return [repr(float(value)) for value in values]

    start, to, aim = detour.start, detour.to, detour.aim
    return [
        *COMMANDS, "check-inspection", str(mission), str(plan),
        "--drone", detour.drone, "--from", *numbers(start.east_m, start.north_m, start.up_m),
        "--to", *numbers(to.east_m, to.north_m, to.up_m), "--aim", *numbers(aim.heading_deg, aim.pitch_deg),
        "--seconds", *numbers(detour.seconds), "--speed", *numbers(detour.speed_mps),
    ]  # fmt: skip
