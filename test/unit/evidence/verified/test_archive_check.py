"""An archive of a run passes untouched, and each change of it is found and named."""

from __future__ import annotations

import json

import pytest
from test.unit.evidence.verified.conftest import KEY, OTHER, PART, ROOTS, RUN, members_of, packed, with_manifest_anew

from blindspot.core.errors import InputError
from blindspot.evidence.verified import check_archive

ENTRIES = "journal-entries.jsonl"
IN_ARCHIVE = f"{RUN}/recording/{PART}"


def states(found):
    return {check.name: check.state for check in found.checks}


def sentences(found):
    return {check.name: check.sentence for check in found.checks}


def test_an_untouched_archive_is_whole_and_names_its_key(archive):
    found = check_archive(archive, frozenset())
    assert found.whole and found.kind == "archive"
    assert states(found) == {
        "manifest": "proven", "files": "proven", "entries": "proven", "heads": "proven", "journal": "proven",
        "recordings": "proven", f"part {PART}": "proven", "author": "unknown",
    }  # fmt: skip
    assert KEY.key_id in sentences(found)["author"]


def test_with_the_key_of_the_computer_the_author_is_proven_and_another_key_is_named(archive):
    assert states(check_archive(archive, ROOTS))["author"] == "proven"
    foreign = check_archive(archive, frozenset({OTHER.key_id}))
    assert not foreign.whole and states(foreign)["author"] == "broken"


def lines_changed(change):
    def changed(members):
        lines = members[ENTRIES].splitlines(keepends=True)
        return {**members, ENTRIES: b"".join(change(lines))}

    return changed


def part_changed(change):
    return lambda members: {**members, IN_ARCHIVE: change(members[IN_ARCHIVE])}


CHANGES = {
    "a cut part": part_changed(lambda part: part[:-400]),
    "an edited part": part_changed(lambda part: part[:900] + bytes([part[900] ^ 1]) + part[901:]),
    "a dropped file": lambda members: {name: each for name, each in members.items() if name != IN_ARCHIVE},
    "a further file": lambda members: {**members, "more.txt": b"more"},
    "a dropped entry": lines_changed(lambda lines: lines[:1] + lines[2:]),
    "a repeated entry": lines_changed(lambda lines: [*lines, lines[-1]]),
    "an edited entry": lines_changed(lambda lines: [lines[0].replace(b"true", b"false"), *lines[1:]]),
    "moved entries": lines_changed(lambda lines: [lines[1], lines[0], *lines[2:]]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_broken(archive, change):
    found = check_archive(packed(archive, CHANGES[change](members_of(archive))), frozenset())
    assert not found.whole and states(found)["files"] == "broken"


@pytest.mark.parametrize("change", ["a cut part", "an edited part", "a repeated entry", "an edited entry"])
def test_a_change_with_a_new_manifest_is_found_by_the_entries_and_the_parts(archive, change):
    found = check_archive(packed(archive, with_manifest_anew(CHANGES[change](members_of(archive)))), frozenset())
    assert states(found)["files"] == "proven", "the forger computed all hashes anew"
    assert not found.whole


def test_a_forger_without_the_key_fails_before_a_reader_who_names_it(archive):
    members = lines_changed(lambda lines: lines[:1] + lines[2:])(members_of(archive))
    found = check_archive(packed(archive, with_manifest_anew(members)), ROOTS)
    assert states(found)["author"] == "broken" and "manifest.json" in sentences(found)["author"]


def test_an_edited_manifest_does_not_fit_its_signature(archive):
    members = members_of(archive)
    manifest = json.loads(members["manifest.json"])
    manifest["journal"]["entries"] -= 1
    found = check_archive(packed(archive, members | {"manifest.json": json.dumps(manifest).encode()}), frozenset())
    assert (states(found)["manifest"], states(found)["journal"]) == ("broken", "broken")


def test_a_cut_part_is_called_interrupted_and_never_whole(archive):
    found = check_archive(packed(archive, CHANGES["a cut part"](members_of(archive))), ROOTS)
    assert "interrupted" in sentences(found)[f"part {PART}"] and not found.whole


@pytest.mark.parametrize("manifest", [b"", b"{}", b"[" * 100_000, b'{"schema": "blindspot.export/1", "files": [1]}'])
def test_another_manifest_is_one_sentence(archive, manifest):
    with pytest.raises(InputError, match="is no manifest"):
        check_archive(packed(archive, {"manifest.json": manifest}), frozenset())


def test_an_archive_without_a_manifest_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="is missing"):
        check_archive(packed(tmp_path / "x.zip", {"a": b""}), frozenset())
