"""The exceptions of this package, as one tree.

BlindspotError
├── InputError            a user's file or option is wrong: one sentence
├── PlanningError         no plan can satisfy the mission: names the constraint to relax
├── RefusedError          the law refuses: carries the rules that refused
├── MaskingError          a picture can't be masked with certainty and is discarded
└── DependencyError       the machine lacks a component: carries the command for the installation
"""

from __future__ import annotations


class BlindspotError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(BlindspotError):
    """A user's mistake, as one sentence: file, field, value, correction.

    Parameters
    ----------
    file
        The file, or the name of the option.
    field
        The place in the file; empty for the file as a whole.
    problem
        The fault, as a predicate: "is missing".
    fix
        The correction, as an imperative: "add it".

    >>> str(InputError("fleet.yaml", "drones", "is missing", "add it"))
    'fleet.yaml: drones: is missing; add it'
    """

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
    """The law refuses; `verdicts` holds one line for each rule that refused, and `heading` is in their language."""

    def __init__(self, verdicts: tuple[str, ...], heading: str = "refused: ") -> None:
        self.verdicts = verdicts
        super().__init__(heading + "; ".join(verdicts))


class MaskingError(BlindspotError):
    """A picture can't be masked with certainty, so it is discarded; the message states the reason."""


class DependencyError(BlindspotError):
    """The machine lacks a component; the message carries the command for the installation."""
