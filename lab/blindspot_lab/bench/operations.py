"""Benchmark `operations`: watches of four hours in one process, lost drones, the relay alone, and the plans."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median

from shapely.geometry import box

from blindspot.core.processes import workers
from blindspot.mission import Mission, Plan, load_mission, site_of
from blindspot.operations.watches import PostPlan
from blindspot.planning.planner import make_sorties
from blindspot.site import Pad, Site
from blindspot.site.town.geojson import feature_collection
from blindspot_lab.bench import watched_hours
from blindspot_lab.bench.tools.target import Parts, Target, in_parts
from blindspot_lab.bench.tools.workers import fresh_processes
from blindspot_lab.bench.watch_draws import watch_draws

MISSION = Path("config") / "missions" / "crossroads_watch.yaml"
SPARE, TIGHT = "crossroads_watch_spare_sim.yaml", "crossroads_watch_sim.yaml"
"""Authorisations of two cameras that look at once, and of one."""
SEEDS, LOSSES, DRAWS = 2, 20, 1000
PLAN_S, PLAN_OF_FOUR_S, CPU_S, DRAWS_S = 20.0, 60.0, 60.0, 300.0
GAP_S, MEDIAN_S, LOST_GAP_S, REPORTED_S = 5.0, 3.0, 90.0, 5.0
SHARE, LOST_SHARE, FORESEEN = 0.95, 0.95, 0.99
TARGETS = {"stage": box(-10, -10, 10, 10), "stands": box(25, -7, 40, 7)}
"""Two targets at the crossing, m ENU."""
PADS = {"north": (0.0, 60.0), "south": (0.0, -60.0), "east": (60.0, 0.0), "west": (-60.0, 0.0)}
"""A pad in each arm of the crossing, m ENU."""


def run(only: str | None = None, missions: int = SEEDS) -> list[Target]:
    """All figures, or those of one part; run from the repository's root. `missions` is the number of watches of four
    hours with each authorisation; 20 are the goal."""
    parts: Parts = {
        "plan": plan, "plan-of-four": plan_of_four, "watch": partial(watch, missions), "loss": loss, "draws": draws,
    }  # fmt: skip
    return in_parts("operations", parts, only)


def plan() -> list[Target]:
    """The posts of the crossroads' watch."""
    began_s = time.monotonic()
    planned()
    took_s = time.monotonic() - began_s
    return [Target("plan of a watch, 2 drones", f"<= {PLAN_S:g}", took_s, "s", took_s <= PLAN_S)]


def plan_of_four() -> list[Target]:
    """The posts of four drones that watch two targets for six hours."""
    with tempfile.TemporaryDirectory() as folder:
        mission, site = of_four(Path(folder))
        began_s = time.monotonic()
        posts = make_sorties(mission, site=site)
        took_s = time.monotonic() - began_s
    return [
        Target("plan of 2 targets, 4 drones and 6 h", f"<= {PLAN_OF_FOUR_S:g}", took_s, "s", took_s <= PLAN_OF_FOUR_S),
        Target("posts of 2 targets and 4 drones", "4", len(posts), "", len(posts) == 4),
    ]


def of_four(folder: Path) -> tuple[Mission, Site]:
    """The crossroads' watch with two targets, which are drawn into `folder`, and with a drone in each of four arms."""
    mission = load_mission(MISSION)
    site, ground_m = site_of(mission), site_of(mission).pads[0].up_m
    for name, area in TARGETS.items():
        drawn = feature_collection([(area, {})], site.frame)
        (folder / f"{name}.geojson").write_text(json.dumps(drawn), encoding="utf-8")
    values = mission.file.model_dump(by_alias=True) | {
        "targets": [{"name": name, "area": f"{name}.geojson"} for name in TARGETS],
        "fleet": [{"name": f"drone{k}", "model": "reference", "pad": pad} for k, pad in enumerate(PADS, 1)],
        "latest_landing": mission.file.start + timedelta(hours=6),
    }
    changed = replace(mission, path=folder / "watch.yaml", file=type(mission.file).model_validate(values))
    return changed, replace(site, pads=tuple(Pad(name, *place, ground_m) for name, place in PADS.items()))


def watch(seeds: int) -> list[Target]:
    """Watches of four hours with two drones, with a camera to spare and without."""
    mission, posts = planned()
    found = [Target("watches of 4 h with each authorisation", "20", seeds, "", seeds >= 20 or None)]
    with fresh_processes(min(seeds, workers())) as pool:
        for name, cap, gap_s in ((SPARE, 2, 0.0), (TIGHT, 1, GAP_S)):
            fly = partial(watched_hours.fly, watched_hours.with_cameras(mission, name), posts)
            found += of_hours(list(pool.map(fly, range(1, seeds + 1))), cap, gap_s)
    return found


def of_hours(hours: Sequence[watched_hours.Hours], cap: int, gap_s: float) -> list[Target]:
    """The figures of watches with `cap` cameras that may look at once, and a longest permitted gap of `gap_s`."""
    what = "with a spare camera" if cap == 2 else "without a spare camera"
    gaps_s = [one.longest_gap_s for one in hours]
    most, least = max(one.most_looking for one in hours), min(one.least_share for one in hours)
    broken, cpu_s = sum(len(one.breaches) for one in hours), max(one.cpu_s for one in hours)
    middle = [] if cap == 2 else [
        Target(f"longest gap {what}, median", f"<= {MEDIAN_S:g}", median(gaps_s), "s", median(gaps_s) <= MEDIAN_S)
    ]  # fmt: skip
    return [
        Target(f"longest gap {what}", f"<= {gap_s:g}", max(gaps_s), "s", max(gaps_s) <= gap_s),
        *middle,
        Target(f"most cameras that look, {what}", f"<= {cap}", most, "", most <= cap),
        Target(f"least share of the target in 10 s, {what}", f">= {SHARE:g}", least, "", least >= SHARE),
        Target(f"reliefs of a watch, {what}", "", median(one.reliefs for one in hours), "", None),
        Target(f"rules of the observer broken, {what}", "0", broken, "", broken == 0),
        Target(f"CPU time of a watch, {what}", f"<= {CPU_S:g}", cpu_s, "s", cpu_s <= CPU_S),
    ]


def loss() -> list[Target]:
    """A drone on post is lost, and a fresh one stands ready 150 m from its post."""
    mission, posts = planned()
    with fresh_processes(workers()) as pool:
        losses = list(pool.map(partial(watched_hours.lose, mission, posts), range(1, LOSSES + 1)))
    share = sum(one.gap_s <= LOST_GAP_S for one in losses) / len(losses)
    reported_s = max(one.reported_s for one in losses)
    return [
        Target("lost drones, gap at most 90 s", f">= {LOST_SHARE:g}", share, "", share >= LOST_SHARE),
        Target("lost drones, longest gap", "", max(one.gap_s for one in losses), "s", None),
        Target("lost drones, reported within", f"<= {REPORTED_S:g}", reported_s, "s", reported_s <= REPORTED_S),
    ]


def draws() -> list[Target]:
    """The relay alone: ways and power with a coefficient of variation of 0.30."""
    mission, posts = planned()
    figures = [
        PostPlan.of(post, post.watch.target, mission.model_of(post.routes[0].drone))
        for post in posts if post.watch is not None
    ]  # fmt: skip
    found = watch_draws(figures, range(DRAWS))
    foreseen, took_s = found.without_unforeseen_gap, found.cpu_s
    return [
        Target("draws of the relay alone", f"{DRAWS}", found.draws, "", found.draws == DRAWS),
        Target("draws without an unforeseen gap", f">= {FORESEEN:g}", foreseen, "", foreseen >= FORESEEN),
        Target("draws without any gap", "", found.without_gap, "", None),
        Target("draws, most rights at a time", "<= 2", found.most_rights, "", found.most_rights <= 2),
        Target("draws, CPU time", f"<= {DRAWS_S:g}", took_s, "s", took_s <= DRAWS_S),
    ]  # fmt: skip


def planned() -> tuple[Mission, tuple[Plan, ...]]:
    """The crossroads' watch and its posts."""
    mission = load_mission(MISSION)
    return mission, make_sorties(mission, site=site_of(mission))
