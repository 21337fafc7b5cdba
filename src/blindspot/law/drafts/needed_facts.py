"""Facts of pre-flight that a real flight under an authority needs: the question of each rule, and the source of the
answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from blindspot.law.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Needed:
    """A fact with its remedy, in English and French."""

    en: str
    remedy_en: str
    fr: str
    remedy_fr: str

    def text(self, language: str) -> str:
        """One line: the fact and its remedy."""
        return f"{self.fr} : {self.remedy_fr}" if language == "fr" else f"{self.en}: {self.remedy_en}"


NEEDED: Mapping[str, Needed] = {
    "SEN-01": Needed(
        "sources of sound", "switch the audio of the camera's stream off, and remove microphones",
        "sources de son", "couper le son du flux de la caméra et retirer les microphones",
    ),
    "INT-01": Needed(
        "names of nodes and models", "let each drone run its detector",
        "noms des nœuds et des modèles", "faire tourner le détecteur de chaque drone",
    ),
    "INT-02": Needed(
        "loaded models", "let each drone run its detector",
        "modèles chargés", "faire tourner le détecteur de chaque drone",
    ),
    "INT-03": Needed(
        "connections with other systems",
        "let each drone report; look, and state that nothing else is connected: blindspot authority separation",
        "interconnexions avec d'autres systèmes",
        "faire rapporter chaque drone ; constater et attester que rien d'autre n'est relié : "
        "blindspot authority separation",
    ),
    "ACC-01": Needed(
        "the pilots", "ask the running gate; a pilot of the authorisation orders the flight",
        "les télépilotes", "interroger le contrôle en service ; un télépilote désigné ordonne le vol",
    ),
    "AUT-07": Needed(
        "whether the autopilot asks before it arms", "set COM_ARM_AUTH_REQ to 1, and let MAVROS run",
        "demande de l'autopilote avant l'armement", "mettre COM_ARM_AUTH_REQ à 1 et faire tourner MAVROS",
    ),
    "TIM-03": Needed(
        "clocks of the drones", "let flight_control run on each drone",
        "horloges des drones", "faire tourner flight_control sur chaque drone",
    ),
    "AVI-05": Needed(
        "remote identification", "switch the module on, and set both numbers in the fleet file",
        "identification à distance", "allumer le module et inscrire les deux numéros dans le fichier de flotte",
    ),
    "AVI-06": Needed(
        "the green light", "let a person state it in the fleet file: green_light_by",
        "le feu vert", "une personne l'atteste dans le fichier de flotte : green_light_by",
    ),
    "AVI-10": Needed(
        "notices to airmen", "look them up, and sign: blindspot authority notices",
        "NOTAM", "les consulter et signer : blindspot authority notices",
    ),
    "LOG-01": Needed(
        "the journals of all computers, and how long they are kept",
        "let each drone report; keep the journals on a disk, and repair a broken chain",
        "journaux de tous les ordinateurs et leur durée de conservation",
        "faire rapporter chaque drone ; garder les journaux sur un disque et réparer une chaîne rompue",
    ),
    "LOG-02": Needed(
        "when the register was sent", "send it every week: blindspot authority register",
        "date d'envoi du registre", "l'envoyer chaque semaine : blindspot authority register",
    ),
    "LOG-03": Needed(
        "whether the register is complete", "end each mission of the journal",
        "registre complet", "clore chaque mission du journal",
    ),
    "PUR-04": Needed(
        "flight minutes of the day and minutes of the week", "ask the running gate",
        "minutes de vol du jour et minutes de la semaine", "interroger le contrôle en service",
    ),
    "SEN-02": Needed(
        "cameras of other plans", "ask the running gate",
        "caméras des autres plans", "interroger le contrôle en service",
    ),
}  # fmt: skip
"""By rule."""


def needed_by(refusals: Iterable[Verdict], language: str) -> list[str]:
    """One line for each refusing rule with an unknown fact: the fact and the remedy."""
    rules = dict.fromkeys(each.rule for each in refusals if "unknown" in each.reason and each.rule in NEEDED)
    return [f"{rule}: {NEEDED[rule].text(language)}" for rule in rules]
