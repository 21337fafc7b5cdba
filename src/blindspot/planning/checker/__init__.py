"""The independent checker of plans, rule by rule."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.planning.checker.check import (
        Violation as Violation,
        check_plan as check_plan,
        of_another_mission as of_another_mission,
    )
    from blindspot.planning.checker.check_detour import detour_problem as detour_problem
    from blindspot.planning.checker.check_replan import check_rest as check_rest, claimed as claimed
    from blindspot.planning.checker.check_seen import (
        StepView as StepView,
        ground_of as ground_of,
        seen_by_step as seen_by_step,
    )
else:
    __getattr__, __all__ = open_door(__name__)
