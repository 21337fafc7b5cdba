"""Plans of the least intrusive flights over blind ground. Ground station only."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.planning.fleet.finishing import Patience
    from blindspot.planning.pareto_front import MOST_PLANS, Front, Offer, front, shown
    from blindspot.planning.planner import make_plan, make_sorties, make_variants
    from blindspot.planning.replan import make_rest
else:
    __getattr__, __all__ = open_door(__name__)
