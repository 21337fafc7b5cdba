"""The source of a drone's pictures, as parameters of its camera node."""

from __future__ import annotations

from blindspot.core import InputError
from blindspot.stack.parts.basis import Basis
from blindspot.stack.processes import Mode, Options, Parameter
from blindspot.vision.capture import FORMS, LIVE, Address, read_address, without_secrets

_USUAL_CAMERA: dict[Mode, str] = {
    "embedded": "renderer", "sitl": "renderer", "gazebo": "topic:gazebo/image_raw", "hardware": "", "replay": "",
}  # fmt: skip


def camera_parameters(basis: Basis, drone: str) -> dict[str, Parameter]:
    """Parameters of the picture source; raises InputError for an unknown source, or one whose pictures would deceive.

    A rendered town over a real flight deceives, and so does a real camera on a simulated drone, or the camera of one
    drone for another: its masks would lie in the wrong places.
    """
    mode, options = basis.mode, basis.options
    named = options.camera or _USUAL_CAMERA[mode]
    address = read_address(named)
    if address is None:
        problem = f"{named} is an unknown camera" if named else "is missing"
        raise InputError("camera", "", problem, f"name {FORMS}")
    if address.kind == "renderer" and mode == "hardware":
        raise InputError("camera", "", "renderer shows a simulated town", "mode hardware flies over the real one")
    if address.kind in ("device", "url", "pipeline") and mode != "hardware":
        problem = f"{without_secrets(address.where)} shows a real place, where no drone flies"
        raise InputError("camera", "", problem, "it is for mode hardware")
    if address.kind in ("device", "url", "pipeline") and len(basis.drones) > 1:
        problem = f"{without_secrets(address.where)} is one camera, and {', '.join(basis.drones)} need their own"
        raise InputError("camera", "", problem, "name a topic, or run each drone with part:=drone")
    named_so: dict[str, Parameter] = {"source": address.kind}
    if address.where:
        named_so["address"] = address.where
    if address.kind == "video":
        named_so["hfov_deg"] = basis.fleet.model_of(drone).camera.hfov_deg
    return {**named_so, **_calibration(address, options)}


def _calibration(address: Address, options: Options) -> dict[str, Parameter]:
    if options.calibration is None:
        if address.kind in ("device", "url", "pipeline"):
            problem = f"is missing, and a {address.kind} gives no lens"
            raise InputError("calibration", "", problem, "make one with ROS's camera_calibration and name the file")
        return {}
    if address.kind not in LIVE:
        raise InputError("calibration", "", f"is for live cameras, and {address.kind} is none", "leave it out")
    return {"calibration": str(options.calibration.resolve())}
