"""The nodes of one drone, the same in each mode, and the source of its pictures."""

from __future__ import annotations

from pathlib import Path

from blindspot.core import InputError
from blindspot.mission import Point
from blindspot.stack.parts.basis import RECORDER, Basis
from blindspot.stack.programs.dds import PICTURES, RADIO_PICTURES
from blindspot.stack.programs.launch_table import Mode
from blindspot.stack.programs.processes import NodeProcess, Options, Parameter
from blindspot.vision.capture import FORMS, LIVE, Address, read_address, without_secrets

REPORTED = ("person", "bicycle", "car", "motorcycle", "bus", "truck")
"""Kinds of object requested from the detector, which reports only the permitted kinds of the authorisation."""
GAZEBO_GIMBAL = (("mavros/gimbal_control/device/attitude_status", "gazebo/gimbal_attitude"),)
"""In Gazebo the gimbal itself publishes the camera's attitude; PX4 publishes the requested attitude."""
_USUAL_CAMERA: dict[Mode, str] = {
    "embedded": "renderer", "sitl": "renderer", "gazebo": "topic:gazebo/image_raw", "hardware": "",
}  # fmt: skip


def on_board(basis: Basis, drone: str, home: Point) -> tuple[NodeProcess, ...]:
    """The nodes of a drone whose pad is at `home` (ENU, m). Raises InputError for a camera that can't be used."""
    namespace = f"/{drone}"
    leased = {**basis.shared, **basis.leased}
    control: dict[str, Parameter] = {**leased, "journal": str(basis.journal)}
    camera: dict[str, Parameter] = {
        **leased,
        "home_up_m": home.up_m,
        "seed": basis.seed,
        **_camera_parameters(basis, drone),
    }
    pictures = PICTURES if basis.part == "all" else RADIO_PICTURES
    by_topic = pictures if camera["source"] == "topic" else {}
    camera_package = "blindspot_sim" if camera["source"] == "renderer" else "blindspot"
    gimbal = GAZEBO_GIMBAL if basis.mode == "gazebo" else ()
    nodes = (
        NodeProcess("blindspot", "flight_control", namespace, control, remappings=gimbal, starts_again=True),
        NodeProcess(camera_package, "camera", namespace, camera, remappings=gimbal, environment=by_topic),
        NodeProcess("blindspot", "detector", namespace, {**leased, "labels": REPORTED}, environment=pictures),
    )
    records = basis.fleet.file.record
    if not records and not _has_recordings(basis.options.run_dir.resolve().parent, drone):
        return nodes
    recorder: dict[str, Parameter] = {
        **leased, "journal": str(basis.journal), "erase_only": not records, "rehearse": basis.options.rehearse,
        "computer_key": basis.computer_key,
    }  # fmt: skip
    return (*nodes, NodeProcess("blindspot", RECORDER, namespace, recorder, environment=pictures))


def _has_recordings(runs: Path, drone: str) -> bool:
    """Whether recordings of a drone are left in the recorder's folders for erasure."""
    return any(any(runs.glob(f"{depth}/recording/{drone}-*.mcap*")) for depth in ("*", "*/*"))


def _camera_parameters(basis: Basis, drone: str) -> dict[str, Parameter]:
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
    fleet = [member.name for member in basis.fleet.file.drones]
    if len(fleet) > 1 and address.kind == "topic" and not _is_topic_of(drone, address.where):
        problem = f"{address.where} is one camera, and {', '.join(fleet)} need their own"
        raise InputError("camera", "", problem, 'name a topic without the first "/", which is in each namespace')
    named_so: dict[str, Parameter] = {"source": address.kind}
    if address.where:
        named_so["address"] = address.where
    if address.kind == "video":
        named_so["hfov_deg"] = basis.fleet.model_of(drone).camera.hfov_deg
    return {**named_so, **_calibration(address, options)}


def _is_topic_of(drone: str, topic: str) -> bool:
    """Whether a topic's name leads into the namespace of a drone; the drones of a fleet share a ROS domain."""
    return not topic.startswith("/") or topic.startswith(f"/{drone}/")


def _calibration(address: Address, options: Options) -> dict[str, Parameter]:
    if options.calibration is None:
        if address.kind in ("device", "url", "pipeline"):
            problem = f"is missing, and a {address.kind} gives no lens"
            raise InputError("calibration", "", problem, "make one with ROS's camera_calibration and name the file")
        return {}
    if address.kind not in LIVE:
        raise InputError("calibration", "", f"is for live cameras, and {address.kind} is none", "leave it out")
    return {"calibration": str(options.calibration.resolve())}
