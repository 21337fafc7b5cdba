"""The nodes of one drone. They are the same in each mode."""

from __future__ import annotations

from pathlib import Path

from blindspot.mission import Point
from blindspot.stack.dds import PICTURES, RADIO_PICTURES
from blindspot.stack.parts.basis import RECORDER, Basis
from blindspot.stack.parts.cameras import camera_parameters
from blindspot.stack.processes import NodeProcess, Parameter

REPORTED = ("person", "bicycle", "car", "motorcycle", "bus", "truck")
"""Kinds of object requested from the detector, which reports only those that the authorisation allows."""
GAZEBO_LOOKS = (("mavros/gimbal_control/device/attitude_status", "gazebo/gimbal_attitude"),)
"""In Gazebo the gimbal itself publishes the camera's attitude; PX4 publishes the requested attitude."""


def on_board(basis: Basis, drone: str, home: Point) -> tuple[NodeProcess, ...]:
    """The nodes of a drone whose pad is at `home` (ENU, m). Raises InputError for a camera that can't be used."""
    namespace = f"/{drone}"
    leased = {**basis.shared, **basis.leased}
    control: dict[str, Parameter] = {**leased, "journal": str(basis.journal)}
    camera: dict[str, Parameter] = {
        **leased,
        "home_up_m": home.up_m,
        "seed": basis.seed,
        **camera_parameters(basis, drone),
    }
    pictures = PICTURES if basis.part == "all" else RADIO_PICTURES
    by_topic = pictures if camera["source"] == "topic" else {}
    camera_package = "blindspot_sim" if camera["source"] == "renderer" else "blindspot"
    looks = GAZEBO_LOOKS if basis.mode == "gazebo" else ()
    nodes = (
        NodeProcess("blindspot", "flight_control", namespace, control, remappings=looks, starts_again=True),
        NodeProcess(camera_package, "camera", namespace, camera, remappings=looks, environment=by_topic),
        NodeProcess("blindspot", "detector", namespace, {**leased, "labels": REPORTED}, environment=pictures),
    )
    records = basis.fleet.file.record
    if not records and not _has_recordings(basis.options.run_dir.resolve().parent, drone):
        return nodes
    recorder: dict[str, Parameter] = {**leased, "journal": str(basis.journal), "erase_only": not records}
    return (*nodes, NodeProcess("blindspot", RECORDER, namespace, recorder, environment=pictures))


def _has_recordings(runs: Path, drone: str) -> bool:
    """Whether recordings of a drone are left where its recorder looks for those to erase."""
    return any(any(runs.glob(f"{depth}/recording/{drone}-*.mcap")) for depth in ("*", "*/*"))
