"""Weeks of an operation in simulation: the independent check of the promise, and a lookout's chances.

Nothing in flight imports this package.
"""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.operations.simulation.weeks import FlownPass, PassToFly, Result, simulate
else:
    __getattr__, __all__ = open_door(__name__)
