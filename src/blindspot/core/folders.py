"""Where the package's own files lie: in a checkout, or where colcon or a distribution has installed them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_SHARE = Path("share") / "blindspot" / "config"
_OURS = Path("src") / "blindspot" / "core" / "folders.py"


def find_config(module: Path, environ: Mapping[str, str]) -> Path:
    """`config` for a module of this package: the one named by BLINDSPOT_CONFIG, the checkout's, or the installed one.

    A checkout has it beside `src`; an installed package has it in the share folder of the prefix that it lies under,
    however deep the system puts its Python packages.
    """
    if environ.get("BLINDSPOT_CONFIG"):
        return Path(environ["BLINDSPOT_CONFIG"]).resolve()
    above = module.resolve().parents
    beside = above[3] / "config"
    installed = (prefix / _SHARE for prefix in above[3:])
    return next((folder for folder in (beside, *installed) if folder.is_dir()), beside)


def find_cache(kind: str, config: Path, environ: Mapping[str, str]) -> Path:
    """Folder of what set-up fetched, `models` or `web`: BLINDSPOT_MODELS or BLINDSPOT_WEB, the checkout's cache, or
    the user's where installed. What colcon installs inside a checkout belongs to it: set-up fetches for both."""
    named = environ.get(f"BLINDSPOT_{kind.upper()}")
    if named:
        return Path(named).resolve()
    checkout = next((folder for folder in config.parents if (folder / _OURS).is_file()), None)
    if checkout is not None:
        return checkout / ".cache" / kind
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "blindspot" / kind


CONFIG_DIR = find_config(Path(__file__), os.environ)
MODELS_DIR = find_cache("models", CONFIG_DIR, os.environ)
WEB_DIR = find_cache("web", CONFIG_DIR, os.environ)
