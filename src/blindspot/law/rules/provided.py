"""Where the fact of each rule comes from, by phase: the stack measures it, a person signs for it, or this version does
not provide it. A rule whose fact is not provided never reads as kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from blindspot.law.rules.facts import Phase

Source = Literal["measured", "signed", "not provided"]

_MEASURED = {
    "AUT-02": "PL PF IF", "AUT-07": "PL PF IF", "PUR-04": "PL PF IF", "TIM-02": "IF", "TIM-03": "PL PF IF",
    "GEO-01": "PL IF", "GEO-02": "PL", "GEO-03": "PL", "SEN-01": "PF RC", "SEN-02": "PL PF IF", "SEN-03": "PL IF",
    "DWL-01": "IF RC", "INT-01": "PF RC", "INT-02": "PF", "INT-03": "IF", "REC-01": "RC", "REC-02": "RC",
    "ACC-01": "PF", "ACC-02": "RT", "LOG-01": "PF IF RC RT", "LOG-02": "PF RT", "LOG-03": "PF RT", "AVI-01": "PL IF",
    "AVI-02": "PL PF IF", "AVI-03": "PL", "AVI-04": "PL", "AVI-05": "PF IF",
}  # fmt: skip
_SIGNED = {
    "AUT-01": "PL PF", "AUT-03": "PL", "AUT-04": "PL", "AUT-05": "PL PF IF", "AUT-06": "PL", "PUR-01": "PL PF",
    "PUR-02": "PL", "PUR-03": "PL", "TIM-01": "PL", "TIM-02": "PL", "INT-01": "PL IF", "INT-03": "PL PF",
    "INT-04": "PL PF", "ACC-01": "PL RC RT", "RET-01": "RC", "LOG-02": "PL", "PUB-01": "PL PF", "PUB-02": "PL",
    "AVI-06": "PF IF", "AVI-08": "IF", "AVI-10": "PF",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that this version does not provide, in English and French."""

    en: str
    fr: str
    of_recordings: bool = True
    """The law asks for it only where something is recorded: a flight without a recording keeps the rule."""


NOT_PROVIDED: Mapping[tuple[str, Phase], Missing] = {
    ("REC-03", "RC"): Missing(
        "the chunks of a recording form no chain, and nobody signs its head",
        "les blocs d'un enregistrement ne forment pas de chaîne et nul n'en signe la tête",
    ),
    ("DWL-02", "IF"): Missing(
        "nothing measures on what the camera's axis rests, so nothing would interrupt a recording",
        "rien ne mesure ce que vise l'axe de la caméra, donc rien n'interromprait un enregistrement",
    ),
    ("DWL-02", "RT"): Missing(
        "no part of a recording is flagged that shows a dwelling",
        "aucun passage montrant un domicile n'est signalé dans un enregistrement",
    ),
    ("RET-01", "RT"): Missing(
        "an erasure destroys no key, and nobody signs its receipt",
        "un effacement ne détruit aucune clé et nul n'en signe le reçu",
    ),
    ("RET-02", "RT"): Missing(
        "nothing looks for copies of recordings", "rien ne recherche les copies d'enregistrements"
    ),
}  # fmt: skip


def source_of(rule: str, phase: Phase) -> Source:
    """Raises KeyError for a rule that nobody has placed here."""
    if (rule, phase) in NOT_PROVIDED:
        return "not provided"
    if phase in _MEASURED.get(rule, "").split():
        return "measured"
    if phase in _SIGNED[rule].split():
        return "signed"
    raise KeyError(f"{rule} {phase}")
