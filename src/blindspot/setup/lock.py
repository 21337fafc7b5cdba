"""A lock file in pip's format: each package with version, hashes, and requiring packages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

PIN = re.compile(r"([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")
HASH = re.compile(r"--hash=sha256:([0-9a-f]+)")
VIA = re.compile(r"#\s+(?:via\s*)?(-r\s+\S+|[a-z0-9][a-z0-9._-]*)?$")


@dataclass(frozen=True, slots=True)
class Locked:
    """One pin. `wanted_by` holds names of packages, and `-r FILE` for a requirement file."""

    name: str
    version: str
    marker: str
    sha256: tuple[str, ...]
    wanted_by: tuple[str, ...]

    @property
    def pin(self) -> str:
        """The first line of the pin, before its hashes."""
        return f"{self.name}=={self.version}" + (f" ; {self.marker}" if self.marker else "")

    @property
    def lines(self) -> str:
        """The pin with hashes, in pip's format."""
        return " \\\n".join([self.pin, *(f"    --hash=sha256:{digest}" for digest in self.sha256)])


def read_lock(text: str) -> tuple[Locked, ...]:
    """The pins of a lock file in its order. A package may have several pins, each with a marker."""
    return tuple(_locked(found, block) for found, block in _blocks(text))


def group_of(locked: Collection[Locked], roots: Collection[str]) -> tuple[Locked, ...]:
    """The pins that `roots` (names, or `-r FILE`) require, directly or through other packages."""
    asked: Mapping[str, set[str]] = {one.name: set() for one in locked}
    for one in locked:
        asked[one.name].update(one.wanted_by)
    reached, grew = set(roots), True
    while grew:
        more = {name for name, by in asked.items() if by & reached} - reached
        reached, grew = reached | more, bool(more)
    return tuple(one for one in locked if one.name in reached)


def _blocks(text: str) -> Iterator[tuple[re.Match[str], list[str]]]:
    found, block = None, list[str]()
    for line in text.splitlines():
        if pin := PIN.match(line):
            if found is not None:
                yield found, block
            found, block = pin, []
        else:
            block.append(line)
    if found is not None:
        yield found, block


def _locked(pin: re.Match[str], block: list[str]) -> Locked:
    digests = [digest for line in block for digest in HASH.findall(line)]
    remarks = [found[1] for line in block if (found := VIA.match(line.strip())) and found[1]]
    return Locked(pin[1], pin[2], pin[3] or "", tuple(digests), tuple(remarks))
