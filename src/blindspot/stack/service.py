"""The stack as a service of systemd: the unit of a part, its journal's size, the rules of the autopilot's port.

This module only writes texts; a person decides whether to install them. The unit starts the launch file that a person
would start, so that both ask `bringup` for the same processes.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from blindspot.core import CONFIG_DIR, InputError, folders, one_line
from blindspot.stack.bringup import stack
from blindspot.stack.launch_arguments import written_for
from blindspot.stack.programs.processes import Options

NAME = "blindspot"
JOURNAL_MB, JOURNAL_DAYS = 200, 14
PASSED_ON = ("BLINDSPOT_CONFIG", "BLINDSPOT_TRUSTED_KEYS", "ROS_SECURITY_KEYSTORE")
"""Variables of the shell that the service inherits. By default the trusted keys are the keys of the service's user."""
SERVERS = "ROS_DISCOVERY_SERVER"
"""The stack's own, without which the command of `ExecStop` would not find the drones that fly."""
DEVICE_GROUPS = "dialout video"
"""Groups that own the autopilot's port and the camera on Debian and Ubuntu."""
DEVICE_KINDS = ("ttyACM", "ttyUSB", "ttyS", "ttyAMA", "ttyTHS", "video4linux", "media")
"""Names in /proc/devices: serial ports by USB, of a PC, a Raspberry Pi and a Jetson; V4L2 cameras."""
DEVICE_MODULES = "modprobe@cdc_acm.service modprobe@usbserial.service modprobe@videodev.service"
USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
"""Names of users. A number would be a user, too: 0 is root."""
UDEV_RULES = CONFIG_DIR / "udev" / "99-blindspot.rules"
UNIT = """\
# Made by blindspot install-service for {user}; the launch file below also starts the stack by hand.
[Unit]
Description=blindspot, part {part}
After=network-online.target time-sync.target
Wants=network-online.target time-sync.target
{modules}StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=exec
User={user}
{groups}# Its files: runs under /var/lib, reproducible files under /var/cache, the launch's logs in /run.
# With a read-only root, only /var/lib needs a disk.
StateDirectory={name}
CacheDirectory={name}
# A stack that is started again in flight finds the name of its run folder in /run: its missions in progress and the
# home of each take-off lie there. A stop removes the name.
RuntimeDirectory={name}
RuntimeDirectoryPreserve=restart
WorkingDirectory=/var/lib/{name}
{environment}
ExecStart=/bin/bash -c {command}
LogNamespace={name}
{stop}# launch ends every process when it is interrupted, as by Ctrl-C.
KillSignal=SIGINT
KillMode=mixed
# After a death in flight the stack restarts and takes the flight over; a stack with wrong files stays down.
Restart=on-failure
RestartSec=2
# No way to gain privileges, and files that only its user reads; a memory dump would hold clear pictures.
NoNewPrivileges=yes
CapabilityBoundingSet=
RestrictSUIDSGID=yes
UMask=0077
StateDirectoryMode=0700
CacheDirectoryMode=0700
RuntimeDirectoryMode=0700
LimitCORE=0
# The system and the homes are read-only to it; the homes hold the workspace.
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
ProtectProc=invisible
ProtectHostname=yes
ProtectClock=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
# DDS and MAVROS speak IP; netlink lists the interfaces.
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
# MemoryDenyWriteExecute is absent: numba compiles to memory that it then runs. RemoveIPC is absent: it would remove
# the shared memory of another stack of the same user.
{devices}
[Install]
WantedBy=multi-user.target
"""
JOURNAL = """\
# A separate journal for blindspot: its size is limited, and other programs' lines stay.
[Journal]
SystemMaxUse={mb}M
MaxRetentionSec={days}day
"""


DRONE_STOP = """\
TimeoutStopSec=20
"""
GROUND_STOP = """\
# Drones that fly come home first, in the name of the user that the service runs as. A reboot waits for them, too.
ExecStop=/bin/bash -c {command}
TimeoutStopSec={within_s}
"""
HOME_WITHIN_S = 900
"""Longest time in which `systemctl stop` waits for drones to come home, s."""
NO_DEVICES = """\
PrivateDevices=yes
"""
DRONE_DEVICES = """\
# The autopilot's port and the camera, by kind, so that a device that is plugged in again works; the modules register
# the kinds (see [Unit]). For another device (a GPU, a CSI camera): systemctl edit this unit, and a DeviceAllow line.
PrivateDevices=no
DevicePolicy=closed
""" + "".join(f"DeviceAllow=char-{kind} rw\n" for kind in DEVICE_KINDS)
DRONE_MODULES = "".join(f"{verb}={DEVICE_MODULES}\n" for verb in ("After", "Wants"))


@dataclass(frozen=True, slots=True)
class Installed:
    """A file for the system, and the path to install it to."""

    target: Path
    text: str


def service_files(
    fleet: Path, options: Options, user: str, setups: tuple[Path, ...], environ: Mapping[str, str]
) -> tuple[Installed, ...]:
    """The files for a computer that runs a part of the hardware stack of a fleet.

    `setups` are the shell files of ROS 2 and of our workspace, in the order in which they are sourced. Raises
    InputError for options that the launch would refuse, for the user root, and for a missing setup file.
    """
    if user == "root" or not USER.fullmatch(user):
        problem = "root has too many rights" if user == "root" else f"{one_line(user, 40)!r} is no user's name"
        raise InputError("install-service", "--user", problem, "name the user that runs the stack")
    for setup in setups:
        if not setup.is_file():
            raise InputError("install-service", "--source", f"{setup} is no file", "name ROS 2's setup.bash")
    servers = stack("hardware", fleet, options).environment.get(SERVERS, "")
    unit = _unit(fleet, options, user, setups, {**environ, SERVERS: servers})
    files = [
        Installed(Path(f"/etc/systemd/system/{unit_name(options)}"), unit),
        Installed(Path(f"/etc/systemd/journald@{NAME}.conf"), JOURNAL.format(mb=JOURNAL_MB, days=JOURNAL_DAYS)),
    ]
    if options.part != "ground":
        rules = UDEV_RULES.read_text(encoding="utf-8")
        files.append(Installed(Path("/etc/udev/rules.d") / UDEV_RULES.name, rules))
    return tuple(files)


def unit_name(options: Options) -> str:
    return f"{NAME}-{options.part}.service"


def how_to_install(folder: Path, files: tuple[Installed, ...], options: Options) -> tuple[str, ...]:
    """The commands that a person types; only the last one starts the service. Raises InputError for a folder whose name
    has more than a line."""
    _refuse_more_lines("--out", str(folder))
    lines = [f"sudo install -D -m 644 {shlex.quote(str(folder / file.target.name))} {file.target}" for file in files]
    if any(file.target.name == UDEV_RULES.name for file in files):
        lines.append("sudo udevadm control --reload && sudo udevadm trigger --subsystem-match=tty")
    return (*lines, "sudo systemctl daemon-reload", f"sudo systemctl enable --now {unit_name(options)}")


def _unit(
    fleet: Path, options: Options, user: str, setups: tuple[Path, ...], environ: Mapping[str, str]
) -> str:  # fmt: skip
    given = written_for("hardware", fleet, options)
    for number, setup in enumerate(setups):
        _refuse_more_lines(f"--source {number + 1}", str(setup.absolute()))
    for name, value in given.items():
        _refuse_more_lines(name, value)
    arguments = [f"{name}:={value}" for name, value in given.items()]
    sourced = [f"source {shlex.quote(str(setup.absolute()))}" for setup in setups]
    launch = shlex.join(["exec", "ros2", "launch", "blindspot", "hardware.launch.py", *arguments])
    started = f"/run/{NAME}/started-{options.part}"
    # A computer without a battery for its clock has the same time at each boot: the folder of an earlier boot stays.
    now = f"name=$(date -u +%Y%m%dT%H%M%SZ)-{shlex.quote(fleet.stem)}"
    free = 'while [ -e "runs/$name" ]; do name="$name-again"; done; echo "$name"'
    named = f"[ -s {started} ] || {{ {now}; {free} > {started}; }}"
    launch += f' run_dir:="runs/$(cat {started})"'
    person, reason = f"the user {user}", "the service is stopped"
    down = shlex.join(["exec", "ros2", "run", "blindspot", "blindspot", "down", "--person", person, "--reason", reason])
    stop = GROUND_STOP.format(command=_quoted(" && ".join([*sourced, down])), within_s=HOME_WITHIN_S)
    environment = {
        "BLINDSPOT_MODELS": str(folders.MODELS_DIR),
        "XDG_CACHE_HOME": f"/var/cache/{NAME}",
        "NUMBA_CACHE_DIR": f"/var/cache/{NAME}",
        "ROS_DOMAIN_ID": environ.get("ROS_DOMAIN_ID", "0"),
        "ROS_LOG_DIR": f"/run/{NAME}/log",
        **{name: environ[name] for name in PASSED_ON if name in environ},
        **({SERVERS: environ[SERVERS]} if environ[SERVERS] else {}),
    }
    for name, value in environment.items():
        _refuse_more_lines(name, value)
    return UNIT.format(
        name=NAME,
        user=user,
        part=options.part,
        groups="" if options.part == "ground" else f"SupplementaryGroups={DEVICE_GROUPS}\n",
        stop=DRONE_STOP if options.part == "drone" else stop,
        modules="" if options.part == "ground" else DRONE_MODULES,
        devices=NO_DEVICES if options.part == "ground" else DRONE_DEVICES,
        environment="\n".join(f"Environment={_word(f'{name}={value}')}" for name, value in environment.items()),
        command=_quoted(" && ".join([*sourced, f"{{ {named}; }}", launch])),
    )


def _refuse_more_lines(name: str, value: str) -> None:
    """Raise InputError for a text with a line end or a control code: one line more would be one setting more."""
    if not value.isprintable():
        problem = f"{one_line(value, 80)!r} holds a line end or a control code"
        raise InputError("install-service", name, problem, "rename it")


def _quoted(text: str) -> str:
    """One word of a command in a unit file, with the special characters % and $ escaped."""
    return _word(text.replace("$", "$$"))


def _word(text: str) -> str:
    """One word of a unit file, with % escaped; $ is special in commands alone."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def usual_setups(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The setup files of the distribution and the workspaces that this shell has sourced; empty without any."""
    distribution, workspaces = environ.get("ROS_DISTRO", ""), environ.get("COLCON_PREFIX_PATH", "")
    found = [Path("/opt/ros") / distribution / "setup.bash"] if distribution else []
    return (*found, *(Path(prefix) / "local_setup.bash" for prefix in workspaces.split(os.pathsep) if prefix))
