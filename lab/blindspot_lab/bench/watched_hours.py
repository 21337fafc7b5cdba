"""Whole watches in one process, judged by their pictures and by the independent observer."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import dist, inf
from pathlib import Path

import numpy as np
from shapely.geometry import Polygon

from blindspot.camera import Lens
from blindspot.coverage.sight import drone_view
from blindspot.evidence.watches.watched import Exposure, most_looking, watched
from blindspot.flight.route.settings import FlightSettings
from blindspot.mission import Aim, Mission, Plan, Point, View, no_fly_zones, site_of, timing
from blindspot.mission.priorities import target_areas
from blindspot.planning.checker.check_seen import ground_of
from blindspot.site import Site
from blindspot.site.ground import mask_of
from blindspot_lab.campaign.faulty_fleet import Record
from blindspot_lab.campaign.observer import Breach, judge
from blindspot_lab.campaign.random_town import RandomTown
from blindspot_sim.in_process.fleet_flight import InProcessDrone
from blindspot_sim.in_process.watch_drone import WatchDrone
from blindspot_sim.in_process.watch_flight import WatchFlight

EVERY_TICKS = 5
"""Ticks between two samples of the observer: 2 Hz."""
WINDOW_S = 10.0
AWAY_M = 150.0
"""Distance from the pad to the post of a drone that is lost."""
LOST_S = 450.0
"""Time of the loss: 150 s of the watch have passed."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The figures of one watch of one seed; gaps are s, `cpu_s` is of the flight alone, s."""

    seed: int
    longest_gap_s: float
    most_looking: int
    least_share: float
    reliefs: int
    breaches: tuple[Breach, ...]
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Loss:
    """The gap after the loss of a drone on post, and the time until the relay reports the gap, s."""

    gap_s: float
    reported_s: float


class Witness:
    """Notes what the observer judges: one record for each drone over all its turns."""

    def __init__(self, flight: WatchFlight) -> None:
        self.records = {
            name: Record(
                drone.plan.routes[0], FlightSettings(drone.model, simulated=True, no_fly=no_fly_zones(flight.mission))
            )
            for name, drone in flight.drones.items()
        }
        self.ended_s = inf
        self._seen: dict[str, InProcessDrone] = {}
        self._ticks = 0

    def until(self, flight: WatchFlight) -> bool:
        """Look at the drones before each step; False."""
        self._ticks += 1
        for name, drone in flight.drones.items():
            self._note(drone, self.records[name], flight.now_s)
        if self.ended_s == inf and all(target.state == "ended" for target in flight.relay.targets()):
            self.ended_s = flight.now_s
        return False

    def _note(self, drone: WatchDrone, record: Record, now_s: float) -> None:
        flown = drone.flown
        if flown is not None and self._seen.get(drone.name) is not flown:
            self._seen[drone.name] = flown
            record.commands.extend(flown.link.calls)
            flown.link.calls = record.commands
            flown.link.subscribe("state", lambda m: record.heard.append((flown.mavros.now_s, m.mode, m.armed)))
        if flown is not None and not flown.is_dark(now_s):
            record.captures.append(now_s)
        if self._ticks % EVERY_TICKS:
            return
        if flown is None:
            home = drone.plan.routes[0].home
            record.samples.append((now_s, home.east_m, home.north_m, home.up_m, 1.0, False, True, False))
        else:
            it = flown.mavros.truth
            here = (it.east_m, it.north_m, it.up_m, it.battery_fraction, it.armed, it.landed, it.blind)
            record.samples.append((now_s, *here))
            until_s = drone.heard_until_s
            record.leases.append((now_s, until_s if until_s > now_s else -inf))
        record.modes.append("" if flown is None else flown.mavros.truth.mode)
        record.phases.append("" if flown is None else flown.flight.phase)

    def judge(self, flight: WatchFlight, site: Site) -> tuple[Breach, ...]:
        """The rules that the flight broke by its true track."""
        for name, record in self.records.items():
            turns = flight.drones[name].turns
            worst = next((turn for turn in turns if turn.outcome == "failed" and turn.flew), turns[-1])
            record.outcome, record.reason, record.ended_s = worst.outcome, worst.reason, turns[-1].ended_s
        plan = next(iter(flight.drones.values())).plan
        authorisation = flight.gate.authorisation if flight.gate is not None else None
        assert authorisation is not None
        town = RandomTown(site, flight.mission, plan, authorisation, no_fly_zones(flight.mission))
        return tuple(judge(town, list(self.records.values()))[0])


def fly(mission: Mission, posts: Sequence[Plan], seed: int) -> Hours:
    """A whole watch without faults."""
    with tempfile.TemporaryDirectory() as ledger:
        flight = WatchFlight(mission, posts, Path(ledger), seed=seed)
        witness, began_s = Witness(flight), time.process_time()
        flight.run(witness.until)
        cpu_s = time.process_time() - began_s
    site = site_of(mission)
    exposures, least_share = _exposures(flight, site)
    figures = [watched(exposures, target.name, flight.begins_s, witness.ended_s) for target in mission.file.targets]
    return Hours(
        seed, max(one.longest_gap_s for one in figures), most_looking(exposures), least_share,
        sum(one.reliefs for one in figures), witness.judge(flight, site), cpu_s,
    )  # fmt: skip


def _exposures(flight: WatchFlight, site: Site) -> tuple[list[Exposure], float]:
    """All exposures with the targets that they show, and the least share of a target in a picture. One picture of each
    drone in ten seconds is judged: a post looks from one place."""
    mission, share = flight.mission, flight.mission.file.share or 1.0
    ground = ground_of(next(iter(flight.drones.values())).plan, site)
    masks = {
        name: mask_of(ground.field.grid, [area]) & ground.public for name, area in target_areas(mission, site).items()
    }
    found, least = list[Exposure](), 1.0
    for name, drone in flight.drones.items():
        camera = mission.model_of(name).camera
        lens, log, next_s, shown = (
            Lens(camera.hfov_deg, camera.width_px, camera.height_px),
            drone.log(),
            -inf,
            frozenset[str](),
        )
        for row in np.flatnonzero(log.capturing).tolist():
            stamp_s, (heading_deg, pitch_deg) = float(log.stamp_s[row]), log.camera_deg[row].tolist()
            if stamp_s >= next_s:
                next_s = stamp_s + WINDOW_S
                east_m, north_m, up_m = log.camera_m[row].tolist()
                aim_deg = heading_deg % 360.0, max(-90.0, pitch_deg)
                view = drone_view(ground.field, lens, east_m, north_m, up_m, *aim_deg, mission.file.band)
                target = drone.post.target
                seen = masks[target].reshape(-1)[view.cells].sum() / masks[target].sum()
                least, shown = min(least, float(seen)), frozenset({target} if seen >= share else ())
            found.append(Exposure(stamp_s, name, shown))
    return found, least


def lose(mission: Mission, posts: Sequence[Plan], seed: int) -> Loss:
    """A drone on post returns by its autopilot's own failsafe, while a fresh one stands ready 150 m away."""
    with tempfile.TemporaryDirectory() as folder:
        distant = [far(post, mission) for post in posts]
        flight = WatchFlight(_moved(mission, distant, Path(folder) / "site"), distant, Path(folder), seed=seed)
        lost, reported_s = list[float](), list[float]()

        def until(now: WatchFlight) -> bool:
            first = next(iter(now.drones.values()))
            if now.now_s >= LOST_S and not lost and first.flown is not None:
                lost.append(now.now_s)
                first.flown.mavros.drain_battery(0.14)
            if lost and not reported_s and now.relay.targets()[0].state in ("gap", "short"):
                reported_s.append(now.now_s)
            return now.now_s >= LOST_S + 300.0

        flight.run(until)
    stamps_s = sorted(
        stamp_s for drone in flight.drones.values() for stamp_s in drone.log().stamp_s[drone.log().capturing].tolist()
    )
    before_s = max(stamp_s for stamp_s in stamps_s if stamp_s <= lost[0] + 2.0)
    gap_s = min((stamp_s for stamp_s in stamps_s if stamp_s > before_s + 1.0), default=inf) - before_s
    return Loss(gap_s, (reported_s[0] if reported_s else inf) - before_s)


def far(post: Plan, mission: Mission) -> Plan:
    """The post with pad and viewpoint as far apart in its fence as 150 m, or farther if the fence allows no more."""
    (route,) = post.routes
    (view,) = (step for step in route.steps if isinstance(step, View))
    corners = list(Polygon(route.failsafe.fence).buffer(-12.0).exterior.coords)
    pad, there = max(((a, b) for a in corners for b in corners), key=lambda pair: min(dist(*pair), AWAY_M))
    part = min(1.0, AWAY_M / dist(pad, there))
    place = (pad[0] + part * (there[0] - pad[0]), pad[1] + part * (there[1] - pad[1]))
    home = Point(east_m=pad[0], north_m=pad[1], up_m=route.home.up_m)
    to = Point(east_m=place[0], north_m=place[1], up_m=view.to.up_m)
    steps = (
        view.model_copy(
            update={"to": to, "aim": Aim(heading_deg=0.0, pitch_deg=-90.0), "dwell_s": view.dwell_s - 60.0}
        ),
    )
    cost = timing.flight(mission.model_of(route.drone), home, route.takeoff_up_m, steps)[-1]
    expected = route.expected.model_copy(update={"flight_time_s": round(cost.time_s, 1)})
    return post.with_routes([route.model_copy(update={"home": home, "steps": steps, "expected": expected})])


def _moved(mission: Mission, posts: Sequence[Plan], site: Path) -> Mission:
    """The mission over a copy of its site, whose pads are where the posts begin."""
    shutil.copytree(mission.site_dir, site)
    pads = []
    for post in posts:
        (route,) = post.routes
        lon_deg, lat_deg = post.origin.frame.to_wgs84(route.home.east_m, route.home.north_m)
        where = {"type": "Point", "coordinates": [round(float(lon_deg), 9), round(float(lat_deg), 9)]}
        pads.append({"type": "Feature", "properties": {"name": route.pad}, "geometry": where})
    text = json.dumps({"type": "FeatureCollection", "features": pads})
    (site / "launch_pads.geojson").write_text(text, encoding="utf-8")
    return replace(mission, site_dir=site)


def with_cameras(mission: Mission, authorisation: str) -> Mission:
    """The mission under another authorisation file beside its own."""
    return replace(mission, authorisation_path=mission.authorisation_path.parent / authorisation)
