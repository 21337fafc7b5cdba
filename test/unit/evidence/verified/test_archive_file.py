"""Archives of strangers are refused in one sentence before anything is unpacked."""

from __future__ import annotations

import stat
import zipfile

import pytest

from blindspot.core.errors import InputError
from blindspot.evidence.verified import archive_file
from blindspot.evidence.verified.archive_file import BrokenMemberError, open_archive


def made(path, *names, content=b"x", mode=0o600, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, method
            archive.writestr(info, content)
    return path


def refused(path):
    with pytest.raises(InputError) as caught, open_archive(path):
        pass
    return str(caught.value)


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "a/../../out", "a\\..\\out", "C:out"])
def test_a_name_that_leads_outside_is_refused(tmp_path, name):
    assert "leads out of the archive's folder" in refused(made(tmp_path / "x.zip", name))


def test_a_link_is_refused(tmp_path):
    assert "is a link" in refused(made(tmp_path / "x.zip", "link", content=b"/etc", mode=stat.S_IFLNK | 0o777))


@pytest.mark.parametrize(("size", "is_refused"), [(100_000, False), (1_000_000, True)])
def test_a_bomb_is_refused_and_a_small_file_of_zeros_is_not(tmp_path, size, is_refused):
    path = made(tmp_path / "x.zip", "zeros", content=bytes(size))
    if is_refused:
        assert "unpacks to more than 100 times its size" in refused(path)
    else:
        with open_archive(path) as archive, archive.opened("zeros") as file:
            assert len(file.read()) == size


def test_a_declared_size_over_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive_file, "MOST_BYTES", 2_000)
    assert "unpacks to more than" in refused(made(tmp_path / "x.zip", "a", "b", content=b"x" * 1001))
    with open_archive(made(tmp_path / "y.zip", "a", "b", content=b"x" * 1000)):
        pass


def test_names_over_the_limit_are_refused_before_they_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(archive_file, "MOST_NAMES", 3)
    monkeypatch.setattr(zipfile.ZipFile, "infolist", lambda archive: pytest.fail("the names were read"))
    assert "holds more than 3 names" in refused(made(tmp_path / "x.zip", *"abcd"))


def test_a_list_of_names_that_is_longer_than_it_is_counted_is_refused(tmp_path):
    path = made(tmp_path / "x.zip", "a")
    content = bytearray(path.read_bytes())
    content[-10:-6] = (0x7000_0000).to_bytes(4, "little")
    path.write_bytes(content)
    assert "holds more than 100000 names" in refused(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_is_refused(tmp_path):
    assert "holds a name twice" in refused(made(tmp_path / "x.zip", "a", "a"))


def test_another_packing_is_refused(tmp_path):
    assert "unknown method" in refused(made(tmp_path / "x.zip", "a", method=zipfile.ZIP_LZMA))


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"PK\x03\x04" + b"x" * 100])
def test_another_file_is_no_archive(tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)
    assert "is no whole archive" in refused(tmp_path / "x.zip")


def test_a_member_with_other_bytes_than_its_check_sum_is_broken(tmp_path):
    path = made(tmp_path / "x.zip", "a", content=b"text", method=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"text", b"tent", 1))
    with open_archive(path) as archive, pytest.raises(BrokenMemberError), archive.opened("a") as file:
        file.read()
