"""Two hosts on one machine, as network namespaces, and a radio between them that loses and delays packets. Needs root.

The radio is a program between two virtual cables, for kernels that lack network emulation. This module run as a program
is that relay: SEED LOSS DELAY_S CUT_FILE INTERFACE INTERFACE, and `no-multicast` to drop multicast. While CUT_FILE
exists, the relay drops everything.
"""

from __future__ import annotations

import array
import fcntl
import heapq
import random
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ALL_PROTOCOLS = 3
SIOCETHTOOL, SET_TX_CHECKSUMS = 0x8946, 0x17
PACKET_OUTGOING = 4
BROADCAST = b"\xff" * 6
_PROGRAM = (sys.executable, "-P", "-m", "blindspot_lab.poor_radio")


class TwoHosts:
    """`drone` and `ground` are the namespaces' names; 10.77.0.1 and 10.77.0.2 their addresses."""

    def __init__(self, number: int, cut_file: Path, loss: float, delay_s: float, *, multicast: bool = True) -> None:
        self._names = [f"bs{number}-{host}" for host in ("drone", "ground")]
        self.drone, self.ground = self._names
        self.multicast = multicast
        self._cut_file = cut_file
        outer = []
        for k, name in enumerate(self._names):
            inside, outside = f"bs{number}i{k}", f"bs{number}o{k}"
            for command in (
                f"ip netns add {name}",
                f"ip link add {inside} type veth peer name {outside}",
                f"ip link set {inside} netns {name}",
                f"ip -n {name} addr add 10.77.0.{k + 1}/24 dev {inside}",
                f"ip -n {name} link set {inside} up",
                f"ip -n {name} link set lo up",
                f"ip -n {name} route add 224.0.0.0/4 dev {inside}",
                f"ip link set {outside} up",
            ):
                subprocess.run(command.split(), check=True, capture_output=True)
            self.run(name, (*_PROGRAM, "whole-checksums", inside)).wait()
            outer.append(outside)
        how = () if self.multicast else ("no-multicast",)
        self._relay = subprocess.Popen((*_PROGRAM, "1", str(loss), str(delay_s), str(cut_file), *outer, *how))

    def run(
        self, host: str, command: Sequence[str], environ: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a program on a host."""
        return subprocess.Popen(["ip", "netns", "exec", host, *command], env=environ)

    def cut(self) -> None:
        self._cut_file.touch()

    def restore(self) -> None:
        self._cut_file.unlink()

    def close(self) -> None:
        self._relay.kill()
        self._relay.wait()
        for name in self._names:
            subprocess.run(["ip", "netns", "delete", name], check=False)


def whole_checksums(interface: str) -> None:
    """Make the kernel write the checksums that it would leave to a network card, since this link has no card."""
    held = array.array("B", struct.pack("II", SET_TX_CHECKSUMS, 0))
    request = struct.pack("16sP", interface.encode(), held.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCETHTOOL, request)


def relay(
    seed: int, loss: float, delay_s: float, cut_file: Path, names: tuple[str, str], *, multicast: bool = True
) -> None:
    chance, number = random.Random(seed), 0
    waiting: list[tuple[float, int, socket.socket, bytes]] = []
    sockets = []
    for name in names:
        one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        one.bind((name, 0))
        sockets.append(one)
    while True:
        wait_s = max(0.0, waiting[0][0] - time.monotonic()) if waiting else 1.0
        for one in select.select(sockets, [], [], wait_s)[0]:
            frame, address = one.recvfrom(65536)
            if address[2] == PACKET_OUTGOING or cut_file.exists() or chance.random() < loss:
                continue
            if not multicast and frame[0] & 1 and frame[:6] != BROADCAST:
                continue
            number += 1
            heapq.heappush(waiting, (time.monotonic() + delay_s, number, sockets[1 - sockets.index(one)], frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, to, frame = heapq.heappop(waiting)
            to.send(frame)


if __name__ == "__main__":
    if sys.argv[1] == "whole-checksums":
        whole_checksums(sys.argv[2])
    else:
        seed, loss, delay_s, cut_file, one, other, *how = sys.argv[1:]
        relay(int(seed), float(loss), float(delay_s), Path(cut_file), (one, other), multicast=not how)
