"""The independent checker of plans, rule by rule."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.planning.checker.check import check_plan, of_another_mission
    from blindspot.planning.checker.check_detour import detour_problem
    from blindspot.planning.checker.check_flight import Violation
    from blindspot.planning.checker.check_replan import check_rest, claimed
    from blindspot.planning.checker.check_seen import StepView, ground_of, ground_of_mission, seen_by_step
else:
    __getattr__, __all__ = open_door(__name__)
