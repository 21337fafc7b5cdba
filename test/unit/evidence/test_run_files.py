"""The seen ground comes from the coverage monitor's own file, independent of its messages."""

import math

import numpy as np
import pytest
from test.factories import masks_over
from test.unit.law.conftest import make_plan

from blindspot.core import InputError
from blindspot.evidence.run_files import flown_later, seen_of, share_seen
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
