"""Clock, disk, fetched files, GPU, EGL, camera and serial port: each working, missing and broken."""

from __future__ import annotations

import hashlib

import pytest
import yaml

from blindspot.coverage.maps.map_library import allowed_package
from blindspot.doctor import computer
from blindspot.doctor.machine import Clock, Ran
from blindspot.flight.preflight import computer_checks as on_board, vehicle_checks
from blindspot.vision.models.models import allowed_models


@pytest.mark.parametrize(("now_s", "state"), [(1.8e9, "ok"), (0.0, "broken"), (1.7e9, "broken"), (5e9, "broken")])
def test_the_clock_can_be_true(machine, now_s, state):
    machine.now_s = now_s
    found = computer.clock(machine)
    assert (found.state, found.fix) == (state, "" if state == "ok" else "sudo timedatectl set-ntp true")


@pytest.mark.parametrize(
    ("kernel", "state"),
    [(Clock(True, 0.02), "ok"), (Clock(True, 1.5), "broken"), (Clock(False, 16.0), "broken"), (None, "missing")],
)
def test_the_clock_is_synchronised(machine, kernel, state):
    machine.kernel = kernel
    found = computer.clock_synchronised(machine)
    assert found.state == state
    assert bool(found.fix) is (state != "ok")


def test_systemd_knows_better_than_the_kernel(machine):
    machine.programs |= {"timedatectl"}
    machine.answers["timedatectl"] = Ran(0, "no\n")
    assert computer.clock_synchronised(machine).state == "broken"
    machine.answers["timedatectl"] = Ran(1, error="not booted with systemd")
    assert computer.clock_synchronised(machine).state == "ok"


def test_the_disk(machine):
    assert computer.disk(machine).message == "100 GB free for /home/ada/runs"
    machine.free = 1_900_000_000
    assert computer.disk(machine).message == "1.9 GB free for /home/ada/runs, pre-flight asks for 2"
    machine.closed = {"/home/ada"}
    assert computer.disk(machine).fix == "sudo chown -R ada /home/ada"
    machine.folders.add("/home/ada/runs")  # the folders above may then belong to another user
    assert "can't be written" not in computer.disk(machine).message


def test_the_limits_are_those_of_pre_flight():
    assert computer.LEAST_STORAGE_GB == on_board.LEAST_STORAGE_GB
    assert computer.MOST_CLOCK_ERROR_S == vehicle_checks.MOST_CLOCK_ERROR_S


def allowed(machine, tmp_path, content: bytes) -> None:
    """Lists that allow just this content."""
    sha = hashlib.sha256(content).hexdigest()
    machine.config, machine.law = tmp_path / "config", tmp_path / "law"
    part = {"path": "dist/part.js", "sha256": sha}
    machine.files[str(machine.law / "models.yaml")] = yaml.dump({"models": {"net": {"sha256": sha}}}).encode()
    machine.files[str(machine.config / "web.yaml")] = yaml.dump(
        {"maplibre": {"script": part, "style": part | {"path": "part.css"}, "version": "1"},
         "preact": {"script": part, "hooks": part | {"path": "hooks.js"}}, "htm": {"notice": part | {"path": "NOTICE"}}}
    ).encode()  # fmt: skip


@pytest.mark.parametrize(
    ("look", "folder", "names"),
    [(computer.detectors_model, "/cache/models", ["net.onnx"]),
     (computer.web_libraries, "/cache/web",
      ["part.js", "part.css", "preact-part.js", "preact-hooks.js", "htm-NOTICE"])],
)  # fmt: skip
def test_the_downloads_of_the_set_up_are_there_with_the_allowed_hashes(machine, tmp_path, look, folder, names):
    allowed(machine, tmp_path, b"content")
    afresh = f"rm -rf /clone/.{folder[1:]} && ./blindspot setup"
    assert (look(machine).state, look(machine).fix) == ("missing", afresh)
    machine.files |= {f"{folder}/{name}": b"content" for name in names}
    assert look(machine).state == "ok"
    machine.files[f"{folder}/{names[-1]}"] = b"other"
    assert (look(machine).state, look(machine).fix) == ("broken", afresh)
    machine.environ = {"BLINDSPOT_MODELS": folder, "BLINDSPOT_WEB": folder}
    assert look(machine).fix == f"unset BLINDSPOT_{folder.rpartition('/')[2].upper()} && ./blindspot setup"
    machine.environ, machine.root = {}, None
    assert look(machine).fix.endswith(f"--into {folder}")


def test_the_real_lists_are_read_as_set_up_reads_them(machine):
    assert list(computer.listed_files(machine, machine.law, "models")) == list(allowed_models())
    library = computer.listed_files(machine, machine.config, "web", "maplibre")
    assert library["script"]["sha256"] == allowed_package().script.sha256


def test_a_gpu_is_optional_and_may_be_closed(machine):
    asked = "python -P -c from blindspot.core.silent_onnxruntime import onnxruntime"
    machine.answers[asked] = Ran(0, "CUDAExecutionProvider CPUExecutionProvider\n")
    assert computer.gpu(machine).state == "missing"
    machine.files["/dev/dri/renderD128"], machine.group = 1, "render"
    assert computer.gpu(machine).message == "/dev/dri/renderD128; onnxruntime: CUDA, CPU"
    machine.closed = {"/dev/dri/renderD128"}
    assert computer.gpu(machine).fix == "sudo usermod -aG render ada   # then log in again"


def test_egl(machine):
    assert computer.egl(machine).state == "ok"
    machine.answers["python -P -c import ctypes"] = Ran(1, error="OSError: libEGL.so.1: cannot open")
    assert computer.egl(machine).fix == "sudo apt-get install libegl1 libgl1-mesa-dri"


def test_a_camera(machine):
    assert computer.camera(machine).state == "missing"
    machine.files["/dev/video0"], machine.group = 1, "video"
    assert computer.camera(machine).state == "ok"
    machine.closed = {"/dev/video0"}
    assert computer.camera(machine).fix == "sudo usermod -aG video ada   # then log in again"


def test_a_serial_port(machine):
    assert computer.serial(machine).state == "missing"
    machine.files["/dev/ttyACM0"] = 1
    assert computer.serial(machine).message == "/dev/ttyACM0, open to ada"
    machine.closed = {"/dev/ttyACM0"}
    found = computer.serial(machine)
    assert (found.state, found.fix) == ("broken", "sudo usermod -aG dialout ada   # then log in again")


def test_the_port_of_a_given_link(machine):
    machine.fcu_url, machine.files = "/dev/serial/by-id/usb-3D_Robotics_PX4:57600", machine.files | {"/dev/ttyUSB1": 1}
    found = computer.serial(machine)
    assert found.state == "missing"
    assert "but /dev/ttyUSB1" in found.message
    machine.files["/dev/serial/by-id/usb-3D_Robotics_PX4"] = 1
    assert computer.serial(machine).state == "ok"
    machine.fcu_url = "udp://:14540@10.0.0.7:14580"
    assert computer.serial(machine).message == "udp://:14540@10.0.0.7:14580 needs no port"
    machine.fcu_url = "usb"
    assert computer.serial(machine).state == "broken"
