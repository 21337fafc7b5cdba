"""A process that serves the console's page over a view that changes as in a flight of three drones, without a graph.

python -m blindspot_lab.bench.served.drawn_view

Prints port and key as JSON. Each line on standard input is answered with the processor time so far, s, and the largest
memory of the process, MB.
"""

from __future__ import annotations

import json
import math
import resource
import sys
import threading
import time
from threading import Lock

from blindspot.console import ConsoleServer, View, free_socket

DRONES, NODES, KEY = 3, 20, "bench"
STATUS_S, FLEET_S, BEAT_S = 0.5, 1.0, 0.2


def main() -> None:
    view, lock, opened = View(), Lock(), free_socket(8800)
    server = ConsoleServer(view, lock, KEY, {}, {}, lambda said: False)
    server.start(opened)
    threading.Thread(target=write, args=(view, lock), daemon=True).start()
    print(json.dumps({"port": opened.getsockname()[1], "key": KEY}), flush=True)
    for _ in sys.stdin:
        memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"cpu_s": time.process_time(), "memory_mb": memory_mb}), flush=True)
    server.stop()


def write(view: View, lock: Lock) -> None:
    """The records of a flight, at the rates of a stack."""
    began_s, due = time.monotonic(), {"status": 0.0, "fleet": 0.0, "beat": 0.0}
    routes = {"routes": [[[-1.55 + 1e-4 * step, 47.2] for step in range(300)] for _ in range(DRONES)]}
    while True:
        now_s = time.monotonic()
        passed_s = now_s - began_s
        with lock:
            if passed_s >= due["status"]:
                due["status"] += STATUS_S
                for number in range(DRONES):
                    view.take(f"drone/drone{number}", drone(number, passed_s), now_s)
            if passed_s >= due["fleet"]:
                due["fleet"] += FLEET_S
                view.take("stack", {"name": "bench", "simulated": True, "lost_nodes": [], "notices": []}, now_s)
                view.take("run/evening", {"phase": "flying", "elapsed_s": round(passed_s), "drones": []}, now_s)
                view.take("seen/evening", {"seen_fraction": round(passed_s % 100 / 100, 3)}, now_s)
                view.take("plan/evening", routes, now_s)
            if passed_s >= due["beat"]:
                due["beat"] += BEAT_S
                for number in range(NODES):
                    view.take(f"node/{number}", {}, now_s)
        time.sleep(0.02)


def drone(number: int, passed_s: float) -> dict[str, object]:
    return {
        "drone": f"drone{number}", "run": "evening", "phase": "en_route", "reason": "", "inspection": "", "outcome": "",
        "autopilot": "up", "hold_ends_s": None, "battery_fraction": round(1 - passed_s / 2000, 3),
        "route_fraction": round(passed_s / 1000, 3), "east_m": round(100 * math.sin(passed_s / 20 + number), 3),
        "north_m": round(100 * math.cos(passed_s / 20), 3), "up_m": 60.0, "sensor_inhibited": False,
        "heading_deg": round(passed_s % 360, 3), "at": [round(-1.55 + passed_s * 1e-6, 7), 47.2],
    }  # fmt: skip


if __name__ == "__main__":
    main()
