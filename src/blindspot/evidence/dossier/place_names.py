"""Names of places in the language of the page.

The model of a town names an unnamed road by the next named place, in English: "beside Place Viarme",
"north-west of Place Viarme", "around 47.217, -1.565".
"""

from __future__ import annotations

import re

from blindspot.evidence.texts.catalogue import Texts

_BESIDE = re.compile(r"beside (?P<name>.+)")
_AWAY = re.compile(r"(?P<way>(?:north|south)(?:-(?:east|west))?|east|west) of (?P<name>.+)")
_AROUND = re.compile(r"around (?P<name>-?[\d.]+, -?[\d.]+)")


def is_own_name(name: str) -> bool:
    """True for a name of people, False for a name that the model of the town made."""
    return not any(pattern.fullmatch(name) for pattern in (_BESIDE, _AWAY, _AROUND))


def place_name(say: Texts, name: str) -> str:
    """A street's name: a name of people as it is, a made name in the page's language.

    >>> from blindspot.evidence.dossier.assemble import texts_of
    >>> place_name(texts_of("fr"), "north-west of Place Viarme")
    'Place Viarme, au nord-ouest'
    """
    if found := _AWAY.fullmatch(name):
        return say("place.away", name=found["name"], way=say(f"place.{found['way'].replace('-', '_')}"))
    for key, pattern in (("beside", _BESIDE), ("around", _AROUND)):
        if found := pattern.fullmatch(name):
            return say(f"place.{key}", name=found["name"])
    return name
