"""Folders of the package's own files, in a checkout or where colcon or a distribution installed them, and of geoids."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_SHARE = Path("share") / "blindspot" / "config"
_OURS = Path("src") / "blindspot" / "core" / "folders.py"


def find_config(module: Path, environ: Mapping[str, str]) -> Path:
    """The `config` folder for a module of this package: BLINDSPOT_CONFIG, the checkout's, or the installed one.

    A checkout has it beside `src`. An installed package has it in the share folder of the install prefix, at any depth
    above the Python packages.
    """
    if environ.get("BLINDSPOT_CONFIG"):
        return Path(environ["BLINDSPOT_CONFIG"]).resolve()
    above = module.resolve().parents
    beside = above[3] / "config"
    installed = (prefix / _SHARE for prefix in above[3:])
    return next((folder for folder in (beside, *installed) if folder.is_dir()), beside)


def find_cache(kind: str, config: Path, environ: Mapping[str, str]) -> Path:
    """The folder of the files that set-up fetched; `kind` is `models` or `web`.

    It is BLINDSPOT_MODELS or BLINDSPOT_WEB, the checkout's cache, or the user's cache for an installed package. A
    colcon installation inside a checkout uses the checkout's cache: set-up fetches once for both.
    """
    named = environ.get(f"BLINDSPOT_{kind.upper()}")
    if named:
        return Path(named).resolve()
    checkout = next((folder for folder in config.parents if (folder / _OURS).is_file()), None)
    if checkout is not None:
        return checkout / ".cache" / kind
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "blindspot" / kind


CONFIG_DIR = find_config(Path(__file__), os.environ)
LAW_DIR = find_config(Path(__file__), {})
"""The installation's own `config` folder, whatever the environment names: of the profiles of the law, the list of
allowed models and the miss rates that reports state. A changed one is a changed installation."""
MODELS_DIR = find_cache("models", CONFIG_DIR, os.environ)
WEB_DIR = find_cache("web", CONFIG_DIR, os.environ)

GEOID = "egm96-5.pgm"
"""The grid of the EGM96 geoid that MAVROS reads."""
GEOID_BYTES = 4320 * 2161 * 2
"""Size of its heights, two bytes each. The file adds a header."""
GEOID_SHA256 = "c4b25a03ec5845cec4778a54b580aeda676363f2205a89137e8677b2337af3ec"
"""Of the whole file. The file is fetched over the network, and heights of flights depend on the file."""


def of_geoids(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The folders in which GeographicLib searches geoids."""
    if named := environ.get("GEOGRAPHICLIB_GEOID_PATH"):
        return (Path(named),)
    if data := environ.get("GEOGRAPHICLIB_DATA"):
        return (Path(data) / "geoids",)
    return (Path("/usr/share/GeographicLib/geoids"), Path("/usr/local/share/GeographicLib/geoids"))
