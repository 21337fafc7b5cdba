"""A named person asks for a look at a place: offers of the drones on their pads and in the air."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.acts.dispatches.in_the_air import look_seconds
    from blindspot.acts.dispatches.instead import drones_in_the_way
    from blindspot.acts.dispatches.named_place import NamedPlace, at_degrees, at_street, atlas_folder
    from blindspot.acts.dispatches.notes import note_dispatch
    from blindspot.acts.dispatches.offers import Answer, Offer, offers_at
    from blindspot.acts.dispatches.plan_of_run import flown_plan
else:
    __getattr__, __all__ = open_door(__name__)
