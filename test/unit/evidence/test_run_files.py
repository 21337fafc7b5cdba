"""The seen ground comes from the coverage monitor's own file, independent of its messages."""

import math

import numpy as np
import pytest
from test.factories import masks_over, plan_of, route_of, view_at
from test.unit.law.conftest import make_plan

from blindspot.core import InputError
from blindspot.evidence.run_files import flown_later, seen_of, share_seen, with_ordered
from blindspot.mission.plan_figures import WatchedTarget
from blindspot.site.ground.grid import Grid


@pytest.fixture
def masks():
    """Four cells, two of them blind."""
    return masks_over(Grid(0.0, 0.0, 1.0, 2, 2), blind=np.array([[True, True], [False, False]]))


def written(path, last_seen_s):
    np.savez_compressed(path, last_seen_s=np.array(last_seen_s, np.float32))
    return path


def test_a_later_sortie_is_judged_by_the_plan_that_it_was_cleared_for_alone():
    first, second, third = (make_plan(id=f"p{number}") for number in (1, 2, 3))
    assert flown_later(first, (second, third), ["p1", "p2"], {second.sha256}) == (second,)
    assert flown_later(first, (second, third), ["p2", "p3"]) == (second, third), "a run in process has no leases"
    other = second.model_copy(update={"seed": 2})
    with pytest.raises(InputError, match=r"p2: has the SHA-256 \w+: it was not cleared"):
        flown_later(first, (other, third), ["p1", "p2"], {second.sha256})
    with pytest.raises(InputError, match="p2: is missing"):
        flown_later(first, (third,), ["p1", "p2"], {second.sha256})


def test_a_post_whose_shorter_turn_alone_was_cleared_is_the_plan_of_the_record(tmp_path):
    seen = WatchedTarget(target="stage", target_m2=600.0, seen_m2=580.0)
    view = view_at(0.0, 0.0, 60.0, dwell_s=900.0)
    flown = (plan_of(route_of(view, drone=name), id=name) for name in ("drone1", "drone2"))
    first, second = (plan.model_copy(update={"watch": seen}) for plan in flown)
    (route,) = second.routes
    steps = (route.steps[0].model_copy(update={"dwell_s": 300.0}),)
    turn = second.shortened(route.model_copy(update={"steps": steps}))
    leased = {first.sha256, turn.sha256}
    with pytest.raises(InputError, match="it was not cleared"):
        flown_later(first, [second], ["drone1", "drone2"], with_ordered(leased, tmp_path))
    (tmp_path / "turn-1.json").write_text(turn.to_json())
    assert flown_later(first, [second], ["drone1", "drone2"], with_ordered(leased, tmp_path)) == (second,)
    assert with_ordered({first.sha256}, tmp_path) == {first.sha256}, "a turn without a lease clears nothing"


def test_only_blind_cells_count(tmp_path, masks):
    seen = seen_of(written(tmp_path / "seen.npz", [[7.0, np.nan], [8.0, 9.0]]), masks)
    assert share_seen(seen, masks) == 0.5


@pytest.mark.parametrize("content", [None, b"", b"no file of numpy's", b"PK\x03\x04 torn"])
def test_without_a_sound_file_it_is_not_known(tmp_path, masks, content):
    if content is not None:
        (tmp_path / "seen.npz").write_bytes(content)
    assert math.isnan(share_seen(seen_of(tmp_path / "seen.npz", masks), masks))


def test_the_file_of_another_ground_says_nothing(tmp_path, masks):
    assert seen_of(written(tmp_path / "seen.npz", [[1.0]]), masks) is None
