"""The set-up before each command of `./blindspot`: make the environment, then start the command there.

Standard library only, because nothing is installed yet. Read in this order: `__main__` (the script's work), `steps`
(the parts of a set-up, and when each is done again), then the steps: `machine`, `environment`, `interfaces`,
`downloads`, `kernels`.
"""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.setup.environment import HELD_BY_DISTRIBUTION, LOCK, locked_of
    from blindspot.setup.groups import USUAL, group_file
    from blindspot.setup.interfaces import STAND_IN_NAMES
    from blindspot.setup.layout import SUPPORTED
    from blindspot.setup.lock import read_lock
else:
    __getattr__, __all__ = open_door(__name__)
