"""Both keys together open a part, each alone opens nothing."""

from __future__ import annotations

import json
import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from blindspot.core import InputError
from blindspot.evidence.sealed.form import BrokenPartError
from blindspot.evidence.sealed.halves import AUTHORITY, SERVICE, Sealing, keys_file

from .conftest import COMPUTER, PRIVATE, opened, sealed_part


@pytest.mark.parametrize("missing", [SERVICE, AUTHORITY])
def test_hard_03_one_key_alone_opens_nothing(part, missing):
    one = {holder: key for holder, key in PRIVATE.items() if holder != missing}
    with pytest.raises(InputError, match=f"--{missing}-key: is missing: one key alone opens nothing"):
        opened(part, one)


@pytest.mark.parametrize("holder", [SERVICE, AUTHORITY])
def test_hard_03_a_key_of_another_person_is_named(part, holder):
    with pytest.raises(InputError, match="is another key than"):
        opened(part, {**PRIVATE, holder: X25519PrivateKey.generate()})


@pytest.mark.parametrize("taken", [(SERVICE,), (AUTHORITY,), (SERVICE, AUTHORITY)])
def test_hard_03_halves_of_different_parts_open_nothing(part, tmp_path, taken):
    other = sealed_part(tmp_path / "other", [b"other"])
    own, foreign = (json.loads(keys_file(path).read_text()) for path in (part, other))
    own["halves"] |= {holder: foreign["halves"][holder] for holder in taken}
    keys_file(part).write_text(json.dumps(own))
    with pytest.raises(BrokenPartError, match="holds no half"):
        opened(part)


def test_hard_04_a_copy_made_before_the_erasure_opens_only_with_a_copy_of_its_key_file(part, tmp_path):
    copy = tmp_path / "copy.mcap.sealed"
    shutil.copy(part, copy)
    kept = keys_file(part).read_bytes()
    keys_file(part).unlink()
    part.unlink()
    with pytest.raises(InputError, match="its key file is gone"):
        opened(copy)
    keys_file(copy).write_bytes(kept)
    assert opened(copy)[0].state == "closed"


def test_where_one_holder_is_named_the_one_key_opens(tmp_path):
    alone = {SERVICE: PRIVATE[SERVICE]}
    sealing = Sealing({SERVICE: alone[SERVICE].public_key()}, COMPUTER)
    path = sealed_part(tmp_path / "part", [b"private ground"], sealing=sealing)
    assert opened(path, alone)[1] == b"private ground"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"halves":{"service":1}}', '{"halves":{"service":"zz"}}', "[" * 9000], ids=range(6)
)
def test_a_damaged_key_file_is_one_sentence(part, text):
    keys_file(part).write_text(text)
    with pytest.raises(InputError, match="holds no half of the authority for this part"):
        opened(part)
