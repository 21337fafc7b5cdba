"""The files of `blindspot install-service`: the launch that a person would start, as a user other than root."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blindspot.cli.__main__ import app
from blindspot.core.errors import InputError
from blindspot.stack.launch_arguments import read_arguments, written_for
from blindspot.stack.programs.launch_table import arguments_of
from blindspot.stack.programs.processes import Operating, Options
from blindspot.stack.service import UDEV_RULES, how_to_install, service_files, unit_name, usual_setups

OPERATION = Path(__file__).parents[3] / "config" / "operations" / "crossroads_evenings.yaml"
MISSION = Path(__file__).parents[3] / "config" / "missions" / "crossroads.yaml"


@pytest.fixture
def mission(mission_of) -> Path:
    """The crossroads with one drone, as hardware has to have."""
    return mission_of(drones=1)


@pytest.fixture
def setup_file(tmp_path) -> Path:
    path = tmp_path / "a folder" / "setup.bash"
    path.parent.mkdir()
    path.write_text("")
    return path


@pytest.fixture
def video(tmp_path) -> Path:
    (tmp_path / "video.avi").touch()
    return tmp_path / "video.avi"


@pytest.fixture
def files(mission, setup_file, video, tmp_path):
    """The files of a part, by name."""

    def make(part: str, user: str = "pilot", **changes: object) -> dict[str, str]:
        options = Options(run_dir=tmp_path / "run", camera="" if part == "ground" else str(video), part=part, **changes)
        environ = {"BLINDSPOT_TRUSTED_KEYS": "/etc/keys", "ROS_DOMAIN_ID": "7", "ROS_DISCOVERY_SERVER": "10.9.9.9:1"}
        made = service_files(mission, options, user, (setup_file,), environ)
        return {file.target.name: file.text for file in made}

    return make


def directives(text: str) -> dict[str, list[str]]:
    """Every value of each directive of a unit: some are given several times."""
    found: dict[str, list[str]] = {}
    for name, sign, value in (line.partition("=") for line in text.splitlines()):
        if sign and name.isidentifier():
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("part", ["drone", "ground"])
def test_it_knows_where_the_key_of_the_leases_lies(files, part, tmp_path):
    """Without one it looks in the usual place, of the user that it runs as."""
    assert "lease_key" not in files(part)[f"blindspot-{part}.service"]
    unit = files(part, lease_key=tmp_path / "lease.key")[f"blindspot-{part}.service"]
    assert f"lease_key:={tmp_path / 'lease.key'}" in unit


@pytest.mark.parametrize("part", ["drone", "ground"])
def test_the_launch_file_reads_the_arguments_as_the_options_of_the_service(files, mission, setup_file, part, tmp_path):
    service = directives(files(part)[f"blindspot-{part}.service"])
    bash, flag, line = shlex.split(service["ExecStart"][0])
    assert (bash, flag) == ("/bin/bash", "-c")
    sourced, _, launch = line.split(" && ")
    assert shlex.split(sourced) == ["source", str(setup_file)]
    _, ros2, verb, package, file, *arguments = shlex.split(launch)
    assert (ros2, verb, package, file) == ("ros2", "launch", "blindspot", "hardware.launch.py")
    given = dict(argument.split(":=", 1) for argument in arguments)
    declared = {name: argument.default for name, argument in arguments_of("hardware").items()}
    assert given.keys() <= declared.keys()
    fleet, read = read_arguments("hardware", declared | given | {"run_dir": str(tmp_path)})
    assert (fleet, read.part) == (mission, part) and written_for("hardware", fleet, read).items() <= given.items()


def test_the_ground_station_flies_an_operation(files, tmp_path):
    (tmp_path / "a library").mkdir()
    operating = Operating(OPERATION, tmp_path / "a library")
    assert "operation" not in files("ground")["blindspot-ground.service"].partition("ExecStart")[2].partition("\n")[0]
    unit = directives(files("ground", operation=operating)["blindspot-ground.service"])
    _, _, line = shlex.split(unit["ExecStart"][0])
    words = shlex.split(line.split(" && ")[-1])
    assert f"operation:={OPERATION}" in words and f"library:={tmp_path / 'a library'}" in words


@pytest.mark.parametrize("part", ["drone", "ground"])
def test_a_stack_that_is_started_again_in_flight_finds_the_folder_of_the_one_before(files, part, tmp_path, monkeypatch):
    """With its missions in progress, and the home of each take-off; after a stop it begins anew."""
    unit = directives(files(part)[f"blindspot-{part}.service"])
    assert unit["RuntimeDirectoryPreserve"] == ["restart"]
    _, _, line = shlex.split(unit["ExecStart"][0])
    line = line.replace("/run/blindspot", str(tmp_path)).replace("%%", "%").replace("$$", "$")
    _, named, launch = line.split(" && ")
    folder = launch.partition(" run_dir:=")[2]

    def start() -> str:
        words = ("/bin/bash", "-c", f"{named} && echo {folder}")
        return subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.strip()

    first = start()
    assert re.fullmatch(r"runs/\d{8}T\d{6}Z-own", first)
    (kept,) = (file for file in tmp_path.iterdir() if file.name.startswith("started"))
    kept.write_text("before\n")
    assert start() == "runs/before"
    kept.unlink()
    assert start() != "runs/before"
    (tmp_path / "date").write_text("#!/bin/sh\necho 20260101T000014Z\n")  # no battery: each boot has the same time
    (tmp_path / "date").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    for again in ("", "-again", "-again-again"):
        kept.unlink()
        assert start() == f"runs/20260101T000014Z-own{again}"
        (tmp_path / f"runs/20260101T000014Z-own{again}").mkdir(parents=True)


def test_the_stop_of_a_ground_station_finds_its_drones_without_multicast(files):
    """The command that calls them home needs the same discovery servers as the nodes."""
    found = "ROS_DISCOVERY_SERVER=10.0.0.1:11811;127.0.0.1:11811"
    unit = directives(files("ground", peer="10.0.0.1")["blindspot-ground.service"])
    assert f'"{found}"' in unit["Environment"]
    assert "ROS_DISCOVERY_SERVER" not in files("ground")["blindspot-ground.service"], "nor that of the shell"


@pytest.mark.parametrize("part", ["drone", "ground"])
def test_it_runs_as_a_person_and_writes_only_where_it_is_let(files, part):
    service = directives(files(part)[f"blindspot-{part}.service"])
    assert service["User"] == ["pilot"] and service["NoNewPrivileges"] == ["yes"]
    assert service["ProtectSystem"] == ["strict"]
    reported = " ".join(service["Environment"])
    caches = ("NUMBA_CACHE_DIR=/var/cache/blindspot", "XDG_CACHE_HOME=/var/cache/blindspot")
    for folder in (*caches, "ROS_LOG_DIR=/run/blindspot/log", "ROS_DOMAIN_ID=7"):
        assert folder in reported
    assert "BLINDSPOT_TRUSTED_KEYS=/etc/keys" in reported


@pytest.mark.parametrize("part", ["ground", "all"])
def test_its_stop_brings_drones_home_in_the_name_of_its_user_before_it_ends_the_launch(files, part):
    service = directives(files(part)[f"blindspot-{part}.service"])
    bash, flag, line = shlex.split(service["ExecStop"][0])
    exec_, *command = shlex.split(line.split(" && ")[-1])
    assert (bash, flag, exec_) == ("/bin/bash", "-c", "exec")
    reason = ["--person", "the user pilot", "--reason", "the service is stopped"]
    assert command == ["ros2", "run", "blindspot", "blindspot", "down", *reason]
    assert service["TimeoutStopSec"] == ["900"], "a return may take minutes"


def test_the_stop_of_a_drones_own_computer_waits_for_nothing(files):
    service = directives(files("drone")["blindspot-drone.service"])
    assert "ExecStop" not in service and service["TimeoutStopSec"] == ["20"]


def test_only_a_drone_may_open_ports_and_cameras(files):
    assert "SupplementaryGroups=dialout video\n" in files("drone")["blindspot-drone.service"]
    assert "SupplementaryGroups" not in files("ground")["blindspot-ground.service"]


def test_only_a_drone_gets_the_rules_of_its_autopilots_port(files):
    assert UDEV_RULES.name in files("drone") and UDEV_RULES.name not in files("ground")


def test_the_journal_of_its_own_is_bounded(files):
    journal = configparser.ConfigParser()
    journal.read_string(files("ground")["journald@blindspot.conf"])
    assert journal["Journal"]["SystemMaxUse"] == "200M" and journal["Journal"]["MaxRetentionSec"] == "14day"


def test_options_that_a_launch_refuses_are_refused(files, mission, setup_file):
    for user, changes, reported in (
        ("root", {}, "root has too many rights"),
        ("0", {}, "'0' is no user's name"),
        ("", {}, "is no user's name"),
        ("pilot\nUser=root", {}, "is no user's name"),
        ("pilot", {"fcu_url": "nonsense"}, "fcu_url"),
        ("pilot", {"params_file": Path("absent.yaml")}, "absent.yaml"),
    ):
        with pytest.raises(InputError, match=reported):
            files("drone", user, **changes)
    with pytest.raises(InputError, match=r"absent\.bash is no file"):
        service_files(mission, Options(Path("run"), part="ground"), "pilot", (setup_file, Path("absent.bash")), {})


def test_the_computer_of_one_drone_of_several_starts_that_drone_alone(video, setup_file):
    fleet = Path(__file__).parents[3] / "config" / "fleets" / "crossroads.yaml"
    options = Options(run_dir=Path("run"), camera=str(video), part="drone", drone="drone2", peer="10.0.0.9")
    unit = service_files(fleet, options, "pilot", (setup_file,), {})[0].text
    assert f" fleet:={fleet} " in unit and " part:=drone drone:=drone2 peer:=10.0.0.9 " in unit
    with pytest.raises(InputError, match="drone: is missing, and the fleet has drone1, drone2"):
        service_files(fleet, replace(options, drone=""), "pilot", (setup_file,), {})


def test_a_percent_and_a_dollar_mean_themselves(mission, setup_file, tmp_path):
    odd = tmp_path / "100% $field.yaml"
    odd.write_text("/*/flight_control:\n  ros__parameters: {computer_hot_c: 70.0}\n")
    (tmp_path / "video.avi").touch()
    options = Options(Path("run"), camera=str(tmp_path / "video.avi"), part="drone", params_file=odd)
    environ = {"BLINDSPOT_TRUSTED_KEYS": "/etc/100% $keys"}
    unit = service_files(mission, options, "pilot", (setup_file,), environ)[0].text
    assert "100%% $$field.yaml" in unit, "in a command"
    assert 'Environment="BLINDSPOT_TRUSTED_KEYS=/etc/100%% $keys"\n' in unit


def test_the_shell_that_sourced_ros_is_found_again():
    environ = {"ROS_DISTRO": "jazzy", "COLCON_PREFIX_PATH": "/ws/install:/base/install"}
    assert [str(path) for path in usual_setups(environ)] == [
        "/opt/ros/jazzy/setup.bash", "/ws/install/local_setup.bash", "/base/install/local_setup.bash",
    ]  # fmt: skip
    assert usual_setups({}) == ()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="NOT TESTED: no systemd-analyze to verify units")
@pytest.mark.parametrize("part", ["drone", "ground"])
def test_systemd_itself_finds_nothing_wrong(files, tmp_path, part):
    unit = tmp_path / unit_name(Options(Path("run"), part=part))
    unit.write_text(files(part)[unit.name].replace("User=pilot", "User=daemon"))
    ran = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    about_it = [line for line in ran.stderr.splitlines() if unit.name in line]
    assert about_it == [] and ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("part", ["drone", "ground"])
def test_it_has_no_privilege_and_may_still_do_its_work(files, part):
    unit = directives(files(part)[f"blindspot-{part}.service"])
    assert unit["CapabilityBoundingSet"] == [""] and unit["NoNewPrivileges"] == ["yes"]
    assert unit["LimitCORE"] == ["0"], "a memory dump would hold clear pictures"
    assert unit["UMask"] == ["0077"]
    assert {"AF_INET", "AF_NETLINK", "AF_UNIX"} <= set(unit["RestrictAddressFamilies"][0].split()), "DDS needs them"
    assert "MemoryDenyWriteExecute" not in unit, "numba runs code that it compiled"
    assert "RemoveIPC" not in unit, "the user may run another stack"


def test_a_drone_reaches_its_port_and_its_camera_and_no_other_device(files):
    drone, ground = (directives(files(part)[f"blindspot-{part}.service"]) for part in ("drone", "ground"))
    assert drone["PrivateDevices"] == ["no"] and drone["DevicePolicy"] == ["closed"]
    kinds = {value.split()[0].removeprefix("char-") for value in drone["DeviceAllow"]}
    assert {"ttyACM", "ttyUSB", "video4linux"} <= kinds and not kinds & {"mem", "loop", "input"}
    for module in ("cdc_acm", "usbserial", "videodev"):  # a kind that is not known at the start is not let in
        assert any(f"modprobe@{module}.service" in value for value in drone["Wants"])
        assert any(f"modprobe@{module}.service" in value for value in drone["After"])
    assert ground["PrivateDevices"] == ["yes"] and "DeviceAllow" not in ground


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="NOT TESTED: no systemd-analyze to rate units")
@pytest.mark.parametrize("part", ["drone", "ground"])
def test_systemd_itself_rates_its_exposure_below_4(files, tmp_path, part):
    unit = tmp_path / unit_name(Options(Path("run"), part=part))
    unit.write_text(files(part)[unit.name])
    rate = ["systemd-analyze", "security", "--offline=true", "--threshold=39", "--no-pager", unit]
    ran = subprocess.run(rate, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.skipif(shutil.which("udevadm") is None, reason="NOT TESTED: no udevadm to verify rules")
def test_udev_itself_finds_nothing_wrong():
    ran = subprocess.run(["udevadm", "verify", UDEV_RULES], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


class TestCommand:
    def run(self, *arguments: object):
        words = ["install-service", *map(str, arguments)]
        return CliRunner().invoke(app(), words, catch_exceptions=False)

    def test_without_a_folder_it_only_prints(self, mission, setup_file, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        before = sorted(tmp_path.rglob("*"))
        result = self.run(mission, "--part", "ground", "--user", "pilot", "--source", setup_file)
        assert result.exit_code == 0 and sorted(tmp_path.rglob("*")) == before
        assert "/etc/systemd/system/blindspot-ground.service" in result.output
        assert "nothing was written" in result.output

    def test_with_one_it_prints_the_lines_that_install_them(self, mission, setup_file, video, tmp_path):
        out = tmp_path / "service"
        result = self.run(
            mission, "--part", "drone", "--user", "pilot", "--source", setup_file, "--camera", video, "--out", out
        )
        named = {line.split()[-2].rpartition("/")[2] for line in result.output.splitlines() if "sudo install" in line}
        assert named == {file.name for file in out.iterdir()} and len(named) == 3
        assert result.output.rstrip().endswith("sudo systemctl enable --now blindspot-drone.service")

    def test_drone_and_peer_are_those_of_the_launch(self, setup_file, video):
        fleet = Path(__file__).parents[3] / "config" / "fleets" / "crossroads.yaml"
        result = self.run(
            fleet, "--part", "drone", "--drone", "drone2", "--peer", "10.0.0.9", "--user", "pilot",
            "--source", setup_file, "--camera", video,
        )  # fmt: skip
        assert f" fleet:={fleet} " in result.output
        assert " part:=drone drone:=drone2 peer:=10.0.0.9 " in result.output

    @pytest.mark.parametrize(("part", "words", "problem"), [
        ("ground", ("--operation", OPERATION), "there is no library of the mission's variants; make it: blindspot"),
        ("drone", ("--operation", OPERATION), "--operation: is for --part ground"),
        ("ground", ("--library", "."), "--library: goes with --operation"),
    ])  # fmt: skip
    def test_an_operation_runs_on_the_ground_station_with_its_library(self, setup_file, tmp_path, monkeypatch, part,
                                                                      words, problem):  # fmt: skip
        monkeypatch.chdir(tmp_path)
        fleet = OPERATION.parents[1] / "fleets" / "crossroads.yaml"
        with pytest.raises(InputError, match=problem):
            self.run(fleet, "--part", part, "--user", "pilot", "--source", setup_file, *words)

    def test_a_shell_without_ros_gets_the_line_to_source(self, mission, monkeypatch):
        for name in ("ROS_DISTRO", "COLCON_PREFIX_PATH"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(InputError, match="source /opt/ros/jazzy"):
            self.run(mission, "--part", "ground")


MORE = "\nExecStartPre=/bin/sh /tmp/evil"


@pytest.mark.parametrize("option", ["fcu_url", "peer", "drone", "lease_key", "params_file", "library"])
def test_no_name_and_no_path_brings_a_setting_of_its_own(files, tmp_path, option):
    value: object = f"x{MORE}"
    if option in ("lease_key", "params_file"):
        value = tmp_path / f"x{MORE.replace('/', '_')}"
        value.write_text("/**: {ros__parameters: {}}\n")
    given = {option: value}
    if option == "library":
        given = {"operation": Operating(OPERATION, Path("library" + MORE))}
    with pytest.raises(InputError):
        files("ground" if option == "library" else "drone", **given)


def test_no_name_of_a_file_and_no_variable_does_so_either(mission, setup_file, tmp_path):
    options = Options(run_dir=tmp_path / "run", part="ground")
    odd = setup_file.rename(setup_file.with_name(f"x{MORE.replace('/', '_')}"))
    with pytest.raises(InputError, match=r"--source 1: .* holds a line end"):
        service_files(mission, options, "pilot", (odd,), {})
    with pytest.raises(InputError, match=r"BLINDSPOT_TRUSTED_KEYS: .* holds a line end"):
        service_files(mission, options, "pilot", (), {"BLINDSPOT_TRUSTED_KEYS": f"/etc{MORE}"})
    with pytest.raises(InputError, match=r"--out: .* holds a line end"):
        how_to_install(Path("units\nrm"), service_files(mission, options, "pilot", (), {}), options)
