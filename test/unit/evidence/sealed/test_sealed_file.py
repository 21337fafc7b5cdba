"""A part is written with public keys alone, and a power cut at any byte costs one block at most."""

from __future__ import annotations

import os
import random
import shutil
from itertools import accumulate

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blindspot.evidence.sealed.form import LENGTH_BYTES, LONGEST_BLOCK, TAG_BYTES, BrokenPartError
from blindspot.evidence.sealed.halves import keys_file
from blindspot.evidence.sealed.opened import check_part, header_of
from blindspot.evidence.sealed.sealed_file import SealedFile

from .conftest import COMPUTER, SEALING, opened, sealed_part


def test_a_closed_part_opens_to_the_same_bytes_and_is_signed(part):
    found, clear = opened(part)
    assert clear == b"one " * 500 + b"two " * 400 + b"three " * 300
    assert found == check_part(part, COMPUTER.public_key())
    assert (found.state, found.blocks) == ("closed", 4), "the last one is empty"
    assert header_of(part).facts["run"] == "evening"


def test_nothing_of_the_content_is_in_clear_and_both_files_are_for_the_owner_alone(part):
    assert b"one one" not in part.read_bytes()
    assert {path.stat().st_mode & 0o777 for path in (part, keys_file(part))} == {0o600}


def test_a_block_is_full_or_old(tmp_path):
    part = SealedFile(tmp_path / "part", {}, SEALING)
    part.tick(0.0)
    part.write(bytes(LONGEST_BLOCK))
    empty = part.size_bytes
    part.tick(9.9)
    assert part.size_bytes == empty, "neither full nor old"
    part.write(b"x")
    assert part.size_bytes == empty + LONGEST_BLOCK + LENGTH_BYTES + TAG_BYTES, "full"
    part.tick(10.0)
    assert part.size_bytes == empty + LONGEST_BLOCK + 1 + 2 * (LENGTH_BYTES + TAG_BYTES), "old"
    part.close()


def assert_cut_anywhere(tmp_path, sizes, *, step=1):
    """Cut a part at each byte: all whole blocks open, and the part counts as interrupted. With a `step` it is each byte
    around the ends of blocks, and some of those between."""
    dice = random.Random(1)
    blocks = [dice.randbytes(size) for size in sizes]
    whole = sealed_part(tmp_path / "part", blocks)
    data, header = whole.read_bytes(), len(header_of(whole).line)
    ends = list(accumulate((LENGTH_BYTES + size + TAG_BYTES for size in (*sizes, 0)), initial=header))
    cut = tmp_path / "cut"
    shutil.copy(keys_file(whole), keys_file(cut))
    cut.write_bytes(data)
    for size in range(len(data) - 1, -1, -1):
        if size % step and all(abs(size - end) > 150 for end in (0, *ends, len(data))):
            continue
        os.truncate(cut, size)
        checked = check_part(cut, COMPUTER.public_key())
        if size < header:
            assert (checked.state, checked.blocks) == ("interrupted", 0)
            continue
        found, clear = opened(cut)
        expected = max(index for index, end in enumerate(ends) if end <= size)
        assert found == checked and (found.state, found.blocks) == ("interrupted", expected), size
        assert clear == b"".join(blocks[:expected])


def test_hard_01_a_power_cut_at_any_byte_loses_one_block_at_most(tmp_path):
    assert_cut_anywhere(tmp_path, [700, 600, 500])


@pytest.mark.thorough
def test_hard_01_a_power_cut_in_a_part_of_200_kb(tmp_path):
    assert_cut_anywhere(tmp_path, [60_000, 60_000, 60_000, 20_000], step=37)


@pytest.mark.parametrize("zeros", [1, 4, 19, 20, 5000])
@pytest.mark.parametrize("is_closed", [True, False], ids=["before the last line", "in the air"])
def test_zeros_that_a_power_cut_leaves_are_an_interruption(tmp_path, zeros, is_closed):
    part = sealed_part(tmp_path / "part", [b"one", b"two"], is_closed=is_closed)
    data = part.read_bytes()
    end = data.rindex(b'{"blocks"') if is_closed else len(data)
    part.write_bytes(data[:end] + bytes(zeros))
    assert check_part(part).state == "interrupted"
    found, clear = opened(part)
    assert (found.state, clear) == ("interrupted", b"onetwo")


def blocks_of(data, header):
    """The blocks, as bytes, and the last line."""
    found, at = [], header
    while data[at : at + 1] != b"{":
        end = at + LENGTH_BYTES + int.from_bytes(data[at : at + LENGTH_BYTES]) + TAG_BYTES
        found.append(data[at:end])
        at = end
    return found, data[at:]


@pytest.mark.parametrize(
    "change",
    [
        lambda b: [b[0], b[2], b[1], b[3]],
        lambda b: [b[0], b[2], b[3]],
        lambda b: [b[0], b[1], b[1], b[2], b[3]],
        lambda b: [b[0], b[1][:9] + bytes([b[1][9] ^ 1]) + b[1][10:], b[2], b[3]],
        lambda b: b[:3],
    ],
    ids=["reordered", "dropped", "repeated", "edited", "its end"],
)
def test_hard_02_a_changed_part_is_broken_with_and_without_keys(part, change):
    data, header = part.read_bytes(), header_of(part).line
    blocks, last = blocks_of(data, len(header))
    part.write_bytes(header + b"".join(change(blocks)) + last)
    with pytest.raises(BrokenPartError):
        check_part(part)
    with pytest.raises(BrokenPartError):
        opened(part)


def test_a_block_of_another_part_is_broken_also_where_the_end_is_missing(tmp_path, part):
    """Without its last line a part shows no change to a reader without keys. It stays interrupted, and never whole."""
    other = sealed_part(tmp_path / "other", [b"own " * 500, b"six " * 400], is_closed=False)
    foreign, _ = blocks_of(part.read_bytes(), len(header_of(part).line))
    own = header_of(other).line
    first = other.read_bytes()[len(own) :][: len(foreign[0])]
    other.write_bytes(own + first + foreign[1])
    assert check_part(other).state == "interrupted"
    with pytest.raises(BrokenPartError, match="block 2 was changed"):
        opened(other)


def test_a_part_under_another_computer_s_key_is_broken(part):
    stranger = Ed25519PrivateKey.generate().public_key()
    with pytest.raises(BrokenPartError, match="not signed by the key"):
        check_part(part, stranger)


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"hello", b"{}\n", b"\x89MCAP0\r\n", b'{"facts":1}\n', b"[" * 5000 + b"\n"], ids=range(7)
)
def test_another_file_is_no_part(tmp_path, data):
    path = tmp_path / "part"
    path.write_bytes(data)
    if data:
        with pytest.raises(BrokenPartError, match="does not begin with a header"):
            check_part(path)
    else:
        assert check_part(path).state == "interrupted"


def test_a_disk_without_room_for_the_key_file_makes_no_part(tmp_path):
    path = tmp_path / "part"
    keys_file(path).touch()
    with pytest.raises(FileExistsError):
        SealedFile(path, {}, SEALING)
    assert not path.exists()
