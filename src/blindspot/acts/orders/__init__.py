"""Use cases on the orders of people: checks that commands and the console share."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.acts.orders.named_pack import pack_of
else:
    __getattr__, __all__ = open_door(__name__)
