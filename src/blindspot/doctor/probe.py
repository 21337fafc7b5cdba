"""Tries to import possibly broken modules, in a separate process that may crash. Prints one JSON object.

python -m blindspot.doctor.probe modules numpy cv2      {"numpy": "", "cv2": "libGL.so.1: cannot open ..."}
python -m blindspot.doctor.probe interfaces std_msgs    the same, with each message's compiled half
python -m blindspot.doctor.probe middleware             {"rmw_fastrtps_cpp": ""}
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from typing import Any

from blindspot.core import SILENT


def main(arguments: list[str]) -> int:
    what, *names = arguments
    os.environ.update(SILENT)  # for onnxruntime, which may be among the modules
    if what == "middleware":
        print(json.dumps(_middleware()))
    else:
        load = _load_interfaces if what == "interfaces" else importlib.import_module
        print(json.dumps({name: _problem(load, name) for name in names}))
    return 0


def _problem(load: Any, name: str) -> str:
    """The reason why a module fails to load. Empty if it loads."""
    try:
        load(name)
    except Exception as error:
        return " ".join(str(error).split()) or type(error).__name__
    return ""


def _load_interfaces(package: str) -> None:
    """Load one type of each kind with its compiled library, which all types of a package share."""
    importlib.import_module(package)
    kinds = [kind for kind in ("msg", "srv", "action") if importlib.util.find_spec(f"{package}.{kind}") is not None]
    if not kinds:
        raise ImportError(f"{package} has no interfaces")
    for kind in kinds:
        module = importlib.import_module(f"{package}.{kind}")
        types = (value for name, value in vars(module).items() if isinstance(value, type) and name[:1].isupper())
        first = next(types, None)
        if first is None:  # a folder of unbuilt definitions in the checkout
            raise ImportError(f"No module named '{package}'")
        generated = type(first)
        generated.__import_type_support__()  # type: ignore[attr-defined]
        if generated._TYPE_SUPPORT is None:  # type: ignore[attr-defined]
            raise ImportError(f"the compiled half of {package}.{kind} can't be loaded")


def _middleware() -> dict[str, str]:
    rclpy = importlib.import_module("rclpy")
    try:
        return {rclpy.get_rmw_implementation_identifier(): ""}
    except Exception as error:
        return {"": " ".join(str(error).split())}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
