#!/usr/bin/env python3
"""Verify records of blindspot without blindspot: an archive of a run, a journal, a sealed part, or a public page.

    python3 verify_blindspot.py WHAT [--computer-key FILE.pub or ID]...

Needs Python 3.11 and the package `cryptography`. Exit code 0: whole. 1: broken. 2: nothing is proven, or another file.
Nothing is unpacked to the disk. Formats:

- journal: one line of canonical JSON for each entry, with the SHA-256 of the entry and of the entry before it;
- head_signed: an Ed25519 signature over ["blindspot.head/1", number, hash]; `key_id` is the public key in hex;
- manifest.json: the SHA-256 of each file, and a signature over ["blindspot.export/1", SHA-256 of the rest];
- sealed part: a header line, blocks (length in 4 bytes, ciphertext, 16 bytes of tag), and a signed last line with the
  number of blocks and the SHA-256 of all bytes before the last line.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import stat
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

MANIFEST, ENTRIES, FACTS = "manifest.json", "journal-entries.jsonl", "flights.json"
MOST_NAMES, MOST_BYTES, MOST_RATIO, SMALL, LARGEST_JSON = 100_000, 20_000_000_000, 100, 100_000, 50_000_000
LONGEST_ENTRY, LONGEST_LINE, LONGEST_BLOCK, LENGTH, TAG, MOST_DIRECTORY = 20_000, 64_000, 64_000, 4, 16, 30_000_000
ENTRY_KEYS, RECEIPT = {"act", "at", "by", "facts", "n", "previous", "sha256"}, ("sha256", "erased_at", "late")
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError)
NOT_PROVEN = (
    ("author", "not proven", "without --computer-key anybody can write all records and sign them with another key"),
    ("end", "not proven", "entries can be cut off a journal: compare the head with a head noted elsewhere"),
    ("facts", "not proven", "the computer's clock and the writing program gave times and facts"),
    ("meaning", "not proven", "blindspot verify also compares draws and rights to look in a journal"),
)
Said = list[tuple[str, str, str]]  # name, state (proven, broken, unknown) and sentence of each check


class Refused(Exception): ...  # another kind of file, or a hostile one


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def fits(key_id: object, signature: object, said: bytes) -> bool:
    """Whether the signature is that of the key, both in hex."""
    if not re.fullmatch(r"[0-9a-f]{64} [0-9a-f]{128}", f"{key_id} {signature}"):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(str(key_id))).verify(bytes.fromhex(str(signature)), said)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_head(head: Mapping[str, Any]) -> bool:
    said = canonical(["blindspot.head/1", head.get("number"), head.get("hash")])
    return fits(head.get("key_id"), head.get("signature"), said)


class Signers:
    def __init__(self, roots: frozenset[str]) -> None:
        self.roots, self.signed, self.unsigned = roots, dict[str, list[str]](), list[str]()

    def add(self, key_id: str, what: str) -> None:
        self.signed.setdefault(key_id, []).append(what)

    def of_part(self, short: str) -> str:
        """The key whose hash a part names; empty for an unknown one."""
        known = (*self.roots, *self.signed)
        return next((key for key in known if hashlib.sha256(bytes.fromhex(key)).hexdigest()[:16] == short), "")

    def verdict(self) -> tuple[str, str, str]:
        keys = ", ".join(self.signed) or "none"
        if not self.roots:
            return "author", "unknown", f"keys of the signatures: {keys}; compare them with the authority's key"
        if foreign := [key for key in self.signed if key not in self.roots]:
            return "author", "broken", f"signed with the key {foreign[0]}, which is not named"
        if self.unsigned or not self.signed:
            return "author", "broken", f"not signed: {', '.join(self.unsigned[:10]) or 'all records'}"
        return "author", "proven", f"all signatures are of the named key {keys}"


def line_of(line: bytes, keys: set[str]) -> dict[str, Any]:
    """The object of a canonical line with these keys; raises ValueError for another line."""
    try:
        read = json.loads(line.decode("ascii"))
        if not isinstance(read, dict) or read.keys() != keys or canonical(read) + b"\n" != line:
            raise ValueError("it has another form")
    except (TypeError, RecursionError) as error:
        raise ValueError("it has another form") from error
    return read


def entry_of(line: bytes) -> dict[str, Any]:
    read = line_of(line, ENTRY_KEYS)
    if type(read["n"]) is not int or not isinstance(read["facts"], dict):
        raise ValueError("it is no entry")
    if datetime.fromisoformat(str(read["at"])).utcoffset() is None:
        raise ValueError("its time has no zone")
    if hashlib.sha256(canonical({each: read[each] for each in ENTRY_KEYS - {"sha256"}})).hexdigest() != read["sha256"]:
        raise ValueError("it was edited")
    return read


def entries_in(file: IO[bytes], broken: list[str], *, cut_is_remark: bool = False) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_ENTRY + 1), b""), 1):
        try:
            yield entry_of(line)
        except ValueError as error:
            is_cut = cut_is_remark and not line.endswith(b"\n") and len(line) <= LONGEST_ENTRY
            if not (is_cut and b'{"act":"'.startswith(line.rstrip(b"\0")[:8])):
                broken.append(f"line {number}: {error}")


def chain(entries: Iterable[Any], broken: list[str], signers: Signers, *, whole: bool) -> tuple[Said, list[Any]]:
    """Order, heads and clock of entries; `whole` for a journal, whose entries have no gaps."""
    kept, heads, remarks, last = list[dict[str, Any]](), list[str](), list[str](), dict[str, Any]()
    before: dict[str, Any] = {"n": 0, "sha256": "0" * 64}
    for entry in entries:
        number = entry["n"]
        if number <= before["n"] and (last or whole):
            broken.append(f"entry {number} stands after entry {before['n']}")
        elif whole and number > before["n"] + 1:
            broken.append(f"entries before entry {number} are missing")
        elif number == before["n"] + 1 and (last or whole) and entry["previous"] != before["sha256"]:
            broken.append(f"entry {number} does not continue the entry before it")
        if last and datetime.fromisoformat(entry["at"]) < datetime.fromisoformat(last["at"]):
            remarks.append(f"the clock was set back before entry {number}")
        if entry["act"] == "head_signed":
            facts = entry["facts"]
            if (facts.get("number"), facts.get("hash")) == (number - 1, entry["previous"]) and is_head(facts):
                heads.append(str(facts["number"]))
                signers.add(facts["key_id"], f"head of entry {facts['number']}")
            else:
                broken.append(f"entry {number}: the signature of the head does not fit")
        before = before if whole and number <= before["n"] else entry
        last = entry
        kept += [] if whole else [entry]
    state = "broken" if broken else "proven" if last else "unknown"
    said: Said = [("entries", state, "; ".join(broken[:3]) or f"in order up to {before['n']}: {before['sha256']}")]
    if last:
        said.append(("heads", "proven" if heads else "unknown", f"signed heads: {', '.join(heads[:10]) or 'none'}"))
    return said + [("clock", "unknown", "; ".join(remarks[:3]))] * bool(remarks), kept


def recordings(entries: list[dict[str, Any]], found: Mapping[str, str], signers: Signers) -> Said:
    closed, begun, waiting, bad = dict[str, str](), set[str](), dict[tuple[str, ...], Any](), list[str]()
    for entry in entries:
        act, facts = entry["act"], entry["facts"]
        file = str(facts.get("file"))
        if act == "recording_sealed":
            closed[file] = str(facts.get("sha256"))
        if act in ("recording", "recording_sealed") and "file" in facts:
            begun.add(file)
        elif act == "purge":
            begun.clear()
        elif act == "recording_erased":
            begun.discard(file)
        which = tuple(str(facts.get(name)) for name in ("run", "drone", "folder", "file"))
        if act == "recording_erased" and "sha256" in facts:
            waiting[which] = facts["sha256"]
        elif act == "erasure_receipt":
            rest = (int(each) if isinstance(each, bool) else str(each) for each in map(facts.get, RECEIPT))
            by, what = (facts.get("key_id"), facts.get("signature")), ["blindspot.erasure/1", *which, *rest]
            is_signed = fits(*by, canonical(what))
            bad += [] if is_signed and waiting.pop(which, None) == facts.get("sha256") else [file]
            signers.add(facts["key_id"], f"receipt of entry {entry['n']}") if is_signed else None
    wrong = [f"{name} is not as it was closed" for name, sha256 in found.items() if closed.get(name) != sha256]
    wrong += [f"{name} is missing, and not erased" for name in sorted(begun - found.keys())]
    state = "broken" if wrong else "proven" if found else "unknown"
    said: Said = [("recordings", state, "; ".join(wrong[:3]) or f"{len(found)} recordings")]
    if receipts := sum(entry["act"] == "erasure_receipt" for entry in entries) + len(waiting):
        sentence = f"{receipts} erasures, receipt bad or missing: {[*bad, *(file for *_, file in waiting)][:10]!a}"
        said.append(("erasures", "broken" if waiting or bad else "proven", sentence))
    return said


def part(name: str, file: IO[bytes], signers: Signers) -> tuple[str, str, str]:
    state, sentence = _part(name, file, signers)
    if state != "proven":
        signers.unsigned.append(name)
    return f"part {name}", state, sentence


def _part(name: str, file: IO[bytes], signers: Signers) -> tuple[str, str]:
    line = file.readline(LONGEST_LINE)
    if not line.endswith(b"\n") and len(line) < LONGEST_LINE and b'{"facts":{'.startswith(line[:10]):
        return "broken", "interrupted: it ends in its first line"
    try:
        header = line_of(line, {"facts", "keys", "part", "schema", "signed_by"})
    except ValueError:
        return "broken", "it has no header of blindspot.sealed/1"
    sha, blocks, length = hashlib.sha256(line), 0, file.read(LENGTH)
    while length and not length.startswith(b"{"):
        size = int.from_bytes(length, "big")
        if size > LONGEST_BLOCK:
            return "broken", f"block {blocks + 1} has an impossible length"
        sealed = file.read(size + TAG)
        if len(length) < LENGTH or len(sealed) < size + TAG or not any(sealed):
            return "broken", f"interrupted: it ends after {blocks} blocks"
        sha.update(length + sealed)
        blocks, length = blocks + 1, file.read(LENGTH)
    last = length + file.readline(LONGEST_LINE)
    if not last.endswith(b"\n"):
        return "broken", f"interrupted: it ends after {blocks} blocks without a signed end"
    try:
        end = line_of(last, {"blocks", "head", "key_id", "schema", "signature"})
    except ValueError:
        return "broken", "its last line is another than that of blindspot.sealed/1"
    written = "blindspot.sealed/1", blocks, sha.hexdigest(), header["signed_by"]
    if file.read(1) or (end["schema"], end["blocks"], end["head"], end["key_id"]) != written:
        return "broken", "its last line does not fit its bytes"
    key = signers.of_part(str(end["key_id"]))
    said = canonical({each: value for each, value in end.items() if each != "signature"}) + b"\n"
    if key and not fits(key, end["signature"], said):
        return "broken", f"it is not signed by the key {key}"
    if not key:
        return "unknown", f"{blocks} blocks; the key {end['key_id']} is unknown: name it with --computer-key"
    signers.add(key, name)
    return "proven", f"{blocks} blocks, and a signed end"


@contextmanager
def opened_archive(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]]:
    """A zip file of unknown origin; raises Refused for a hostile one before anything is unpacked."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 22 - 65_535 - 76))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0:
            raise Refused("is no whole archive")
        length = int.from_bytes(tail[at + 12 : at + 16], "little")
        if tail[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
            length = int.from_bytes(tail[max(0, at - 36) : at - 28], "little")
        end = size - len(tail) + at
        file.seek(max(0, end - MOST_DIRECTORY))
        if length > MOST_DIRECTORY or file.read(min(end, MOST_DIRECTORY)).count(b"PK\x01\x02") > MOST_NAMES:
            raise Refused(f"holds more than {MOST_NAMES} names")
        try:
            archive = zipfile.ZipFile(file)
        except (*BROKEN_ZIP, OSError) as error:
            raise Refused("is no whole archive") from error
        infos = [info for info in archive.infolist() if not info.is_dir()]
        members = {info.filename: info for info in infos}
        if sum(info.file_size for info in infos) > MOST_BYTES or len(members) < len(infos):
            raise Refused("is too large, or holds a name twice")
        for info in archive.infolist():
            name, kind = info.orig_filename, stat.S_IFMT(info.external_attr >> 16)
            outside = name.startswith("/") or ".." in PurePosixPath(name).parts or re.search(r"[\\\0:]", name)
            bomb = info.file_size > max(SMALL, MOST_RATIO * info.compress_size)
            packed = info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1
            if outside or bomb or packed or kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise Refused(f"holds {name[:80]!a}: a bomb, a link, another packing, or a name that leads outside")
        yield archive, members


def check_archive(path: Path, roots: frozenset[str]) -> Said:
    with opened_archive(path) as (archive, members):
        if MANIFEST not in members or members[MANIFEST].file_size > LARGEST_JSON:
            raise Refused(f"has no {MANIFEST}")
        try:
            manifest = json.loads(archive.read(MANIFEST))
            files = {one["name"]: (one["bytes"], one["sha256"]) for one in manifest["files"]}
            journal, signed = manifest.get("journal"), manifest.get("signed", {})
            counted = None if journal is None else (journal["entries_of_run"], journal["entries"], journal["head"])
            whole = journal is None or journal["whole"] is True
            if manifest["schema"] != "blindspot.export/1":
                raise ValueError("schema")
            rest = {name: value for name, value in manifest.items() if name != "signed"}
            said_of = canonical(["blindspot.export/1", hashlib.sha256(canonical(rest)).hexdigest()])
            is_signed = fits(signed.get("key_id"), signed.get("signature"), said_of)
        except (*BROKEN_ZIP, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise Refused(f"has another file as {MANIFEST}") from error
        signers, state = Signers(roots), "proven" if is_signed else "broken" if "signed" in manifest else "unknown"
        signers.add(signed["key_id"], MANIFEST) if is_signed else signers.unsigned.append(MANIFEST)
        said: Said = [("manifest", state, "signed" if is_signed else "not signed, or by another key")]
        sha256 = lambda file: hashlib.file_digest(file, "sha256").hexdigest()  # noqa: E731
        found = {name: _read(archive, info, sha256, "") for name, info in members.items() if name != MANIFEST}
        sizes = {name: (members[name].file_size, each) for name, each in found.items()}
        wrong = [name for name in {**files, **found} if files.get(name) != sizes.get(name)]
        said.append(("files", "broken" if wrong else "proven", f"{len(found)} files, changed: {wrong[:10]!a}"))
        entries = list[dict[str, Any]]()
        if ENTRIES in members:
            broken = list[str]()
            read = _read(archive, members[ENTRIES], lambda file: list(entries_in(file, broken)), None)
            more, entries = chain(read or (), broken + ["can't be unpacked"] * (read is None), signers, whole=False)
            said += more
        said.append(_journal(counted, entries, whole=whole))
        names = [name for name in found if re.search(r"(?<!/opened)/[^/]*\.mcap(\.sealed)?\Z", f"/{name}")]
        pictures = {PurePosixPath(name).name: found[name] for name in names}
        if pictures or entries:
            said += recordings(entries, pictures, signers)
        for name in (name for name in names if name.endswith(".sealed")):
            short = PurePosixPath(name).name[:120]
            nothing = (f"part {short}", "broken", "can't be unpacked")
            said.append(_read(archive, members[name], partial(part, short, signers=signers), nothing))
        return [*said, signers.verdict()]


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, take: Callable[[Any], Any], otherwise: Any) -> Any:
    try:
        with archive.open(info) as file:
            return take(file)
    except BROKEN_ZIP:
        return otherwise


def _journal(counted: tuple[Any, Any, Any] | None, entries: list[Any], *, whole: bool) -> tuple[str, str, str]:
    if counted is None:
        return "journal", "broken" if entries else "unknown", "the manifest names no journal"
    number, most, head = counted
    last = entries[-1] if entries else {"n": 0, "sha256": head}
    if not whole or number != len(entries) or last["n"] > most or (last["n"] == most and last["sha256"] != head):
        return "journal", "broken", f"the manifest counts {number} entries up to {most}; here are {len(entries)}"
    return "journal", "proven", f"all {number} entries of the manifest are here"


def check_journal(path: Path, roots: frozenset[str]) -> Said:
    signers, broken = Signers(roots), list[str]()
    with path.open("rb") as file:
        said, _ = chain(entries_in(file, broken, cut_is_remark=True), broken, signers, whole=True)
    return [*said, signers.verdict()]


def check_part(path: Path, roots: frozenset[str]) -> Said:
    signers = Signers(roots)
    with path.open("rb") as file:
        return [part(path.name, file, signers), signers.verdict()]


def check_page(folder: Path, _roots: frozenset[str]) -> Said:
    try:
        facts = json.loads((folder / FACTS).read_bytes())
        pages, heads = dict(facts["pages"]), [head["signed"] for head in facts["heads"] if head.get("signed")]
        if facts["schema"] != "blindspot.public_page/1":
            raise ValueError("schema")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused("is no public page") from error
    here = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir() if file.is_file()}
    wrong = [name for name, sha256 in pages.items() if here.get(name) != sha256]
    fit = all(isinstance(head, dict) and is_head(head) for head in heads)
    return [
        ("pages", "broken" if wrong or not pages else "proven", f"{len(pages)} pages, changed: {wrong[:10]!a}"),
        ("heads", "unknown" if not heads else "proven" if fit else "broken", f"{len(heads)} signed heads"),
    ]


def kind_of(what: Path) -> tuple[str, Callable[[Path, frozenset[str]], Said]]:
    if what.is_dir():
        return "public page", check_page
    if what.suffix == ".zip" or what.open("rb").read(2) == b"PK":
        return "archive", check_archive
    return ("part", check_part) if what.suffix == ".sealed" else ("journal", check_journal)


def root_of(named: str) -> str:
    try:
        key: Any = named if re.fullmatch(r"[0-9a-f]{64}", named) else load_pem_public_key(Path(named).read_bytes())
        return key if key is named else str(key.public_bytes_raw().hex())
    except (OSError, ValueError, AttributeError, UnsupportedAlgorithm) as error:
        raise Refused("can't be checked: --computer-key names no computer key") from error


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", type=Path)
    parser.add_argument("--computer-key", action="append", default=[])
    given = parser.parse_args()
    try:
        kind, check = kind_of(given.what)
        said = check(given.what, frozenset(map(root_of, given.computer_key)))
    except (Refused, OSError) as error:
        print(f"{given.what} {getattr(error, 'strerror', None) or error}", file=sys.stderr)
        return 2
    states = {state for _, state, _ in said}
    whole = "proven" in states and "broken" not in states
    print(f"{given.what}: {kind}: {'whole' if whole else 'BROKEN' if 'broken' in states else 'nothing is proven'}")
    for name, state, sentence in (*said, *NOT_PROVEN):
        print(ascii(f"{state}: {name}: {sentence}")[1:-1])
    return 0 if whole else 1 if "broken" in states else 2


if __name__ == "__main__":
    sys.exit(main())
