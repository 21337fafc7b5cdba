"""The rules of the law, one pure function each: a context in, a ruling out. `law/judgement.py` applies them."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.law.rules.facts import Book, Flying, Kept, KeptRecording, Masked, Ready, RemoteIdState
    from blindspot.law.rules.log import KEPT_DAYS
else:
    __getattr__, __all__ = open_door(__name__)
