"""The ban on recognition: no part of this stack may identify a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache

MASKS_ONLY = ("warm",)
"""Names in the list of models that mask without a network: they report nobody, so no authorisation lists them."""
FORBIDDEN: Mapping[str, str] = {
    "en": """face, faces, facial, iris, irises, retina scan, fingerprint, fingerprints, biometric, biometrics, biometry,
        emotion, emotions, gait, plate, plates, alpr, anpr, lpr, reid, re id, re ids, re identification,
        reidentification, osnet""",
    "fr": """visage, visages, faciale, faciales, faciaux, empreinte digitale, empreintes digitales, biometrie,
        biometrique, biometriques, demarche, plaque, plaques, immatriculation, immatriculations, mineralogique,
        lapi, reidentification""",
    "de": """gesicht, gesichter, gesichts, fingerabdruck, fingerabdrucke, biometrie, biometrisch, biometrische,
        emotionen, gangart, kennzeichen, nummernschild, nummernschilder, wiedererkennung""",
    "nl": """gezicht, gezichten, gezichts, gelaat, vingerafdruk, vingerafdrukken, biometrie, biometrisch, biometrische,
        emotie, emoties, looppatroon, kenteken, kentekens, nummerplaat, nummerplaten, herkenning""",
    "it": """volto, volti, viso, visi, facciale, facciali, iride, iridi, impronta digitale, impronte digitali,
        biometria, biometrico, biometrica, biometrici, biometriche, emozione, emozioni, andatura, targa, targhe""",
    "es": """cara, caras, rostro, rostros, faciales, huella dactilar, huellas dactilares, huella digital, biometria,
        biometrico, biometrica, biometricos, biometricas, emocion, emociones, matricula, matriculas, placa, placas""",
}
"""By language: whole words, and words in a row, for the recognition of persons or vehicles (rule INT-01). The words
are looked for in the names of a detector, of the detector's file and of the detector's classes. The network itself is
not examined: the allow-list of models with their hashes is for that. Words that mean something harmless more often are
left out, such as the French for a kind."""

_BESIDE = """net nets id ids rec reco recog recognition recogniser recognizer detect detector detection reader encoder
    embed embedding embeddings landmark landmarks match matcher matching mesh search scan scanner track tracker model
    license licence number car vehicle person deep arc insight retina blaze sphere cos open fast torch auto vec
    erkennung serkennung erkenner serkenner herkenning sherkenning"""
BESIDE = frozenset(_BESIDE.split())
"""Words that are written together with a forbidden word, as in `facenet`, `licenceplate` and `gesichtserkennung`."""

_LATIN = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
"""Small letters of Europe that Unicode does not take apart."""
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Between the words of `FaceNet` and of `LPRNet`."""


def recognises(name: str, *, also: Collection[str] = ()) -> bool:
    """Whether a detector or class of this name recognises persons or vehicles, which is always forbidden. The name has
    a forbidden word as a whole word, or one of `also`, which are lists as in `FORBIDDEN`. A name in the letters of
    another alphabet may look like a forbidden word or mean the same, and counts as a forbidden word.

    >>> [recognises(name) for name in ("FaceNet", "surface", "gezichtsherkenning", "template")]
    [True, False, True, False]
    """
    seen = _seen(name)
    if not _letters(seen).isascii():
        return True
    alone, in_a_row = _listed((*FORBIDDEN.values(), *also))
    for text in (seen, _HUMP.sub(" ", seen)):  # `FACEnet` has its hump in another place
        words = re.findall("[a-z]+", _letters(text))
        line = f" {' '.join(words)} "
        if any(_is_one(word, alone) for word in words) or any(f" {row} " in line for row in in_a_row):
            return True
    return False


def _is_one(word: str, alone: Collection[str]) -> bool:
    """Whether a word is forbidden, alone or written together with one of `BESIDE`."""
    halves = ((word[:at], word[at:]) for at in range(2, len(word) - 1))
    return word in alone or any(
        (one in alone and other in BESIDE) or (one in BESIDE and other in alone) for one, other in halves
    )


@lru_cache(maxsize=8)
def _listed(lists: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """(words, words in a row) of the lists, in small letters without accents."""
    entries = {" ".join(_letters(_seen(entry)).split()) for text in lists for entry in text.split(",")} - {""}
    return frozenset(each for each in entries if " " not in each), tuple(each for each in entries if " " in each)


def _seen(name: str) -> str:
    """A name without accents and without signs that nobody sees: both hide a word from a search."""
    return "".join(_parts(name))


def _parts(name: str) -> Iterator[str]:
    return (sign for sign in unicodedata.normalize("NFKD", name) if unicodedata.category(sign)[0] not in "CM")


def _letters(seen: str) -> str:
    return seen.casefold().translate(_LATIN)
