"""The folder of our Gazebo models: `sim/gazebo` in a checkout, the share folder of `blindspot_sim` once installed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

DRONE = "blindspot_x500"
AIRFRAME = "4019"
"""PX4's airframe number of an x500 with a gimbal."""
_SHARE = Path("share") / "blindspot_sim" / "gazebo"


def find_models(module: Path) -> Path:
    """`sim/gazebo`, for a module of this package."""
    above = module.resolve().parents
    beside = above[4] / "sim" / "gazebo"
    installed = (prefix / _SHARE for prefix in above[4:])
    return next((folder for folder in (beside, *installed) if folder.is_dir()), beside)


def gazebo_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Environment in which Gazebo and PX4 find the drone's model.

    The user's own GZ_SIM_RESOURCE_PATH comes first. The folder holds PX4's x500. On a computer with a GPU the user
    adds `sim/gazebo/gpu` for the faster camera.
    """
    folder = find_models(Path(__file__))
    own = [path for path in environ.get("GZ_SIM_RESOURCE_PATH", "").split(":") if path]
    found = [*own, str(folder / "models"), str(folder / "cpu")]
    return {"GZ_SIM_RESOURCE_PATH": ":".join(found), "PX4_GZ_MODELS": str(folder / "models")}
