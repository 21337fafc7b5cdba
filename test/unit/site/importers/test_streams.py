import bz2
import gzip
import json
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from blindspot.core.errors import InputError
from blindspot.site.importers import streams

PACK = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress}


@pytest.mark.parametrize("suffix", PACK)
def test_items_come_out_of_a_plain_or_packed_file(tmp_path, suffix):
    path = tmp_path / f"x.json{suffix}"
    path.write_bytes(PACK[suffix](b'\xef\xbb\xbf{"a": {"items": [0]}, "items": [1, 2.5, "x"], "end": true}'))
    assert streams.root_key(path, ("items", "end")) == "items"
    with streams.unpacked(path) as stream:
        assert list(streams.items(stream, "items")) == [1, 2.5, "x"]
        assert stream.tail.endswith(b'"end": true}')


@pytest.mark.parametrize("suffix", [".gz", ".bz2"])
def test_half_a_packed_file_is_refused(tmp_path, suffix):
    path = tmp_path / f"x.json{suffix}"
    packed = PACK[suffix](json.dumps({"items": list(range(1000))}).encode())
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InputError, match="not a whole packed file"):
        streams.root_key(path, ("none",))


@pytest.mark.parametrize("suffix", [".gz", ".bz2"])
def test_a_file_that_unpacks_without_end_is_refused_early(tmp_path, suffix, monkeypatch):
    monkeypatch.setattr(streams, "SMALL_BYTES", 1 << 16)
    path = tmp_path / f"x.json{suffix}"
    path.write_bytes(PACK[suffix](b'{"items": [' + b" " * (1 << 22)))
    with pytest.raises(InputError, match="unpacks to over 100 times its size"):
        streams.root_key(path, ("none",))


@pytest.mark.parametrize("text", ['{"items": ' + "[" * 100_000, '{"items": [' + '{"a":' * 100_000])
def test_endless_nesting_is_refused(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InputError, match="nests over 1000 deep"):
        streams.root_key(path, ("none",))


@given(st.binary(max_size=200), st.sampled_from(sorted(PACK)))
def test_any_bytes_are_json_or_refused(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f"any.json{suffix}"
    path.write_bytes(data)
    with suppress(InputError), streams.unpacked(path) as stream:
        list(streams.items(stream, "items"))
