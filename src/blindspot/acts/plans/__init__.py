"""Use cases on a plan: make or take it, check it, and write its papers."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.acts.plans.atlas_plan import plan_atlas
    from blindspot.acts.plans.further_pads import FurtherPads
    from blindspot.acts.plans.mission_plan import NotFlownError, PlannedMission, plan_mission
    from blindspot.acts.plans.patrol_library import library_of, new_library, write_ages
    from blindspot.acts.plans.plan_folders import LIBRARY_DIR, library_folder, plan_folder
    from blindspot.acts.plans.refusals import refuse_foreign, refuse_others, refuse_start
    from blindspot.acts.plans.sortie_files import after, file_name, others_beside
    from blindspot.acts.plans.watch_plan import PlannedWatch, judge_posts, plan_watch
else:
    __getattr__, __all__ = open_door(__name__)
