"""What can go wrong, as one tree.

BlindspotError
├── InputError            a user's file or option: told in one sentence
├── PlanningError         no plan can satisfy the mission: carries what to relax
├── RefusedError          the law says no: carries the rules that refused
├── MaskingError          a picture can't be masked with certainty: it goes nowhere
├── DependencyError       something the machine lacks: carries the line that mends it
└── VehicleError          the autopilot did not do what was asked
    └── VehicleTimeoutError
"""

from __future__ import annotations


class BlindspotError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(BlindspotError):
    """A user's mistake, told in one sentence: file, field, value, what would be right."""

    def __init__(self, file: object, field: str, problem: str, fix: str = "") -> None:
        self.file = str(file)
        self.field = field
        self.problem = problem
        self.fix = fix
        where = f"{self.file}: {field}" if field else self.file
        super().__init__(f"{where}: {problem}" + (f"; {fix}" if fix else ""))


class PlanningError(BlindspotError):
    """No plan satisfies the mission; the message says which constraint to relax."""


class RefusedError(BlindspotError):
    """The law says no; `verdicts` holds one line a refused rule."""

    def __init__(self, verdicts: tuple[str, ...]) -> None:
        self.verdicts = verdicts
        super().__init__("refused: " + "; ".join(verdicts))


class MaskingError(BlindspotError):
    """A picture can't be masked with certainty, so it goes nowhere; the message says why."""


class DependencyError(BlindspotError):
    """Something the machine lacks; the message carries the command that brings it."""


class VehicleError(BlindspotError):
    """The autopilot did not do what was asked."""


class VehicleTimeoutError(VehicleError):
    """The autopilot did not answer in time: treated as a refusal, never as a success."""
