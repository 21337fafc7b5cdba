"""The check of an archive of `runs export`, also one that comes from a stranger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from blindspot.core import InputError, one_line
from blindspot.evidence.kept import is_as_recorded
from blindspot.evidence.sealed.form import SUFFIX
from blindspot.evidence.verified.archive_file import ArchiveFile, BrokenMemberError, open_archive
from blindspot.evidence.verified.checked import Checked, Verification, listed, verification
from blindspot.evidence.verified.entries_check import (
    EntriesOfRun,
    by_file,
    check_erasures,
    check_recordings,
)
from blindspot.evidence.verified.manifest import ENTRIES, LARGEST, MANIFEST, Manifest, digest_of, read_manifest
from blindspot.evidence.verified.part_check import check_part_in
from blindspot.evidence.verified.roots import Signers

NOT_PROVEN = (
    "the author without --computer-key: a person can write all files and sign them with another key",
    "the entries of other runs: the archive has the entries of one run alone",
    "the clear text in `opened`: both private keys alone show that it is the text of the parts",
    "the times and the facts: the computer's clock and the writing program gave both",
)


def check_archive(path: Path, roots: frozenset[str]) -> Verification:
    """Check all files of an archive; nothing is unpacked to the disk. Raises InputError for a hostile archive, and for
    one without a manifest."""
    with open_archive(path) as archive:
        manifest = _manifest(path, archive)
        return verification("archive", _checks(archive, manifest, Signers(roots)), NOT_PROVEN)


def _manifest(path: Path, archive: ArchiveFile) -> Manifest:
    way_out = "name an archive of runs export"
    if MANIFEST not in archive.names:
        raise InputError(path, MANIFEST, "is missing", way_out)
    if archive.size_bytes(MANIFEST) > LARGEST:
        raise InputError(path, MANIFEST, f"has more than {LARGEST // 10**6} MB", way_out)
    try:
        with archive.opened(MANIFEST) as file:
            return read_manifest(file.read())
    except (BrokenMemberError, ValueError) as error:
        raise InputError(path, MANIFEST, "is no manifest of an archive", way_out) from error


def _checks(archive: ArchiveFile, manifest: Manifest, signers: Signers) -> Iterator[Checked]:
    yield _signature(manifest, signers)
    digests = {name: _digest(archive, name) for name in archive.names if name != MANIFEST}
    yield _files(manifest, digests)
    entries = EntriesOfRun()
    if ENTRIES in digests:
        try:
            with archive.opened(ENTRIES) as file:
                entries.read(file)
        except BrokenMemberError:
            entries.broken.append(f"{ENTRIES} can't be unpacked")
        yield from entries.checks(signers)
    yield _journal(manifest, entries)
    recordings = [(name, sha256) for name, (_, sha256) in digests.items() if is_as_recorded(PurePosixPath(name))]
    if recordings or entries.entries:
        yield check_recordings(entries.entries, by_file(recordings))
    if erasures := check_erasures(entries.entries, signers):
        yield erasures
    for name, _ in recordings:
        if name.endswith(SUFFIX):
            yield _part(archive, name, signers)
    yield signers.check()


def _signature(manifest: Manifest, signers: Signers) -> Checked:
    if manifest.is_signed:
        signers.add(manifest.key_id, MANIFEST)
        return Checked("manifest", "proven", f"{MANIFEST} is signed with the key {manifest.key_id}")
    if manifest.key_id:
        return Checked("manifest", "broken", f"the signature of {MANIFEST} does not fit its content and its key")
    signers.unsigned.append(MANIFEST)
    return Checked("manifest", "unknown", f"{MANIFEST} is not signed")


def _digest(archive: ArchiveFile, name: str) -> tuple[int, str]:
    """Size and SHA-256 of a member; an impossible size for a broken one."""
    try:
        with archive.opened(name) as file:
            return digest_of(file)
    except BrokenMemberError:
        return -1, ""


def _files(manifest: Manifest, digests: dict[str, tuple[int, str]]) -> Checked:
    faults = {
        "missing": [name for name in manifest.files if name not in digests],
        "not in the manifest": [name for name in digests if name not in manifest.files],
        "changed": [name for name, found in digests.items() if manifest.files.get(name, found) != found],
    }
    shown = [f"{what}: {listed(one_line(name, 120) for name in names)}" for what, names in faults.items() if names]
    if shown:
        return Checked("files", "broken", "; ".join(shown))
    return Checked("files", "proven", f"{len(digests)} files have the hashes of {MANIFEST}")


def _journal(manifest: Manifest, it: EntriesOfRun) -> Checked:
    """Whether the entries are all those that the manifest counts, and the journal was whole at the export."""
    if manifest.entries_of_run is None:
        return Checked("journal", "broken" if it.entries else "unknown", "the manifest names no journal")
    if not manifest.is_journal_whole:
        return Checked("journal", "broken", "the chain of the journal was broken at the export")
    if manifest.entries_of_run != len(it.entries):
        problem = f"the manifest counts {manifest.entries_of_run} entries of this run, and {len(it.entries)} are here"
        return Checked("journal", "broken", problem)
    last = it.entries[-1] if it.entries else None
    if last is not None and last.number > manifest.entries:
        problem = f"the manifest ends the journal at entry {manifest.entries}, and entry {last.number} is here"
        return Checked("journal", "broken", problem)
    if last is not None and last.number == manifest.entries and last.sha256 != manifest.head:
        return Checked("journal", "broken", f"entry {last.number} has another hash than the head of the manifest")
    return Checked("journal", "proven", f"all {len(it.entries)} entries that the manifest counts are here")


def _part(archive: ArchiveFile, name: str, signers: Signers) -> Checked:
    shown = one_line(PurePosixPath(name).name, 120)
    try:
        with archive.opened(name) as file:
            return check_part_in(shown, file, signers)
    except BrokenMemberError:
        return Checked(f"part {shown}", "broken", "can't be unpacked")
