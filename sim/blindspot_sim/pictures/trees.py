"""Drawing of trees: a trunk, and a crown of round lobes that are lighter towards the sun."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens, project
from blindspot.vision.town import CLIP_M, Tree
from blindspot_sim.pictures.figures import Colour, Stroke, scaled
from blindspot_sim.pictures.light import RENDERED

Floats = NDArray[np.float64]

LEAVES: tuple[Colour, ...] = ((58, 96, 70), (50, 88, 74), (64, 104, 84), (48, 82, 60))
BARK: Colour = (54, 66, 78)
TRUNK_M = 0.35
LOBE = 0.45
"""Radius of a lobe, as a share of the crown's."""
LOBES = 22


def strokes_of_tree(tree: Tree, pose: CameraPose, lens: Lens) -> list[Stroke]:
    """Strokes of a tree in the order of painting; empty if the tree reaches behind the camera."""
    foot = (tree.east_m, tree.north_m, tree.ground_m)
    points = np.array([foot, (*foot[:2], tree.middle_m), *_lobes_m(tree)])
    pixels, depth = project(points, pose, lens)
    if depth.min() < CLIP_M + tree.radius_m:
        return []
    leaves, px_per_m = LEAVES[_number(tree) % len(LEAVES)], lens.f_px / depth
    light = 1.0 - 0.3 * ((points - points[1]) @ RENDERED.direction) / tree.radius_m  # along the light it is darker
    trunk = Stroke(pixels[:2], BARK, "trunk", max(1, round(TRUNK_M * px_per_m[0])))
    far_to_near, lobe_m = 2 + np.argsort(-depth[2:]), 2.0 * LOBE * tree.radius_m
    return [trunk, *(
        Stroke(pixels[[k, k]], scaled(leaves, float(light[k])), "leaves", max(1, round(lobe_m * px_per_m[k])))
        for k in far_to_near
    )]  # fmt: skip


def shadow_outline_m(tree: Tree, shift_m: Floats) -> Floats:
    """(16, 2) outline of the crown's shadow, with its middle `shift_m` from the trunk."""
    angle = np.linspace(0.0, 2.0 * np.pi, 16, endpoint=False)
    ring = tree.radius_m * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.asarray(ring + np.add((tree.east_m, tree.north_m), shift_m))


def _lobes_m(tree: Tree) -> Floats:
    """(n, 3) ENU middles of the lobes. All lobes stay inside the crown, and are always the same for a tree."""
    ways = np.random.default_rng([_number(tree), 19]).normal(size=(LOBES, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    half_m = np.array([tree.radius_m, tree.radius_m, max(tree.top_m - tree.base_m, tree.radius_m) / 2.0])
    reach_m = np.maximum(half_m - LOBE * tree.radius_m, 0.0)
    return np.asarray((tree.east_m, tree.north_m, tree.middle_m) + ways * reach_m)


def _number(tree: Tree) -> int:
    return abs(round(tree.east_m * 100.0)) * 7919 + abs(round(tree.north_m * 100.0))
