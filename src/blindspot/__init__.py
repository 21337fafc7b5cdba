"""Lawful surveillance flights over the ground that a town's fixed cameras leave blind."""

import os
import sys

__version__ = "0.1.0"

# Numba reads this when it is imported: see core/kernel_cache.py.
_LOCATORS = ("GivenFolder", "BesideTheSource", "UsersFolder")
os.environ["NUMBA_CACHE_LOCATOR_CLASSES"] = ",".join(f"blindspot.core.kernel_cache.{name}" for name in _LOCATORS)
if (_numba := sys.modules.get("numba")) is not None:  # imported before
    _numba.config.CACHE_LOCATOR_CLASSES = os.environ["NUMBA_CACHE_LOCATOR_CLASSES"]
