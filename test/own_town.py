"""A small town of OpenStreetMap that nobody has seen: houses around crossing streets, as one XML file."""

from __future__ import annotations

import random
from math import cos, radians
from pathlib import Path

LAT_DEG, LON_DEG = 43.6, 1.44
BLOCK_M, STREET_M = 60.0, 16.0


def write_osm(path: Path, *, blocks: int = 2, seed: int = 1) -> Path:
    """`blocks` by `blocks` blocks of four houses each; most houses have storeys."""
    chance, nodes, ways = random.Random(seed), list[str](), list[str]()

    def way(places: list[tuple[float, float]], closed: bool, **tags: str) -> None:
        refs = []
        for east_m, north_m in places:
            lat = LAT_DEG + north_m / 111_320
            lon = LON_DEG + east_m / 111_320 / cos(radians(LAT_DEG))
            nodes.append(f'<node id="{len(nodes) + 1}" lat="{lat:.7f}" lon="{lon:.7f}"/>')
            refs.append(len(nodes))
        line = "".join(f'<nd ref="{ref}"/>' for ref in [*refs, *refs[: int(closed)]])
        words = "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())
        ways.append(f'<way id="{len(ways) + 1}">{line}{words}</way>')

    pitch_m = BLOCK_M + STREET_M
    size_m = blocks * pitch_m + STREET_M
    for k in range(blocks + 1):
        at_m = k * pitch_m + STREET_M / 2
        way([(at_m, 0.0), (at_m, size_m)], False, highway="residential", name=f"Street {k}", width="6")
        way([(0.0, at_m), (size_m, at_m)], False, highway="residential", name=f"Lane {k}", width="6")
    for k in range(4 * blocks**2):
        row, col = divmod(k, 2 * blocks)
        east_m, north_m = (STREET_M + (n // 2) * pitch_m + (n % 2) * BLOCK_M / 2 for n in (col, row))
        wide_m, deep_m = (BLOCK_M / 2 - chance.uniform(2.0, 8.0) for _ in range(2))
        corners = [(0.0, 0.0), (wide_m, 0.0), (wide_m, deep_m), (0.0, deep_m)]
        levels = {"building__levels": str(chance.randint(1, 5))} if k < 5 or chance.random() < 0.7 else {}
        way([(east_m + x, north_m + y) for x, y in corners], True, building="yes", **levels)
    path.write_text(f'<osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>', encoding="utf-8")
    return path
