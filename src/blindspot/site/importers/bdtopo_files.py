"""Reads IGN's BD TOPO as it is delivered: GeoPackage, Shapefile or GeoJSON, in any coordinate system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from blindspot.core import InputError
from blindspot.site.features.bdtopo import FERRY, in_own_words
from blindspot.site.importers.imported import Imported, Record, with_reach
from blindspot.site.importers.vector import Degrees, layer_names, read_layer
from blindspot.site.town.assumptions import STRUCTURE_HEIGHT_M
from blindspot.site.town.geojson import number
from blindspot.site.town.model import Finding

ATTRIBUTION = "IGN BD TOPO, Licence Ouverte 2.0"
PLANNED, BEING_BUILT = "En projet", "En construction"
"""States of objects. A road that is being built is left out, too; a building is as much in the way as a whole one."""
STRUCTURES = ("construction_ponctuelle", "pylone", "reservoir")
"""Layers of a GeoPackage with chimneys, masts, wind turbines, pylons and water towers."""
LOW = ("Calvaire", "Croix")
"""Natures in these layers that are as low as a street lamp."""

# Spellings of each attribute in editions 2 and 3, in lower case: Shapefile (10 letters), then GeoPackage.
SPELLINGS = MappingProxyType(
    {
        "ID": ("id", "cleabs"),
        "NATURE": ("nature",),
        "ETAT": ("etat", "etat_de_l_objet"),
        "HAUTEUR": ("hauteur",),
        "NB_ETAGES": ("nb_etages", "nombre_d_etages"),
        "Z_MIN_SOL": ("z_min_sol", "altitude_minimale_sol"),
        "Z_MAX_TOIT": ("z_max_toit", "altitude_maximale_toit"),
        "LARGEUR": ("largeur", "largeur_de_chaussee"),
        "PRIVE": ("prive",),
        "POS_SOL": ("pos_sol", "position_par_rapport_au_sol"),
        "NOM": (
            "nom_voie_g", "nom_coll_g", "nom_1_g", "nom_voie_ban_gauche", "nom_collaboratif_gauche", "nom_1_gauche",
            "nom_voie_d", "nom_coll_d", "nom_1_d", "nom_voie_ban_droite", "nom_collaboratif_droite", "nom_1_droite",
        ),
    }
)  # fmt: skip
POINTS_AND_AREAS = ("Point", "MultiPoint", "Polygon", "MultiPolygon")
COLUMNS = frozenset(spelling for spellings in SPELLINGS.values() for spelling in spellings)
SAYS_PRIVATE = MappingProxyType({"oui": "Oui", "true": "Oui", "1": "Oui", "non": "Non", "false": "Non", "0": "Non"})


def read_bdtopo_buildings(path: Path, bounds: Degrees | None = None, fallback_crs: str | None = None) -> Imported:
    """Read the layer `batiment` within `bounds`. Raises InputError if it is unreadable or has no column of heights."""
    records, findings = read_layer(path, "batiment", COLUMNS, bounds, fallback_crs)
    buildings, left_out = _sorted_out(path, records, ("Polygon", "MultiPolygon"), (PLANNED,))
    if buildings and not any("height_m" in own or "storeys" in own for _, own in buildings):
        raise InputError(path, "HAUTEUR", "is missing or empty in every building", "give BD TOPO's layer batiment")
    structures, noted = _structures(path, bounds, fallback_crs)
    return Imported(
        buildings=(*buildings, *structures), findings=(*findings, *left_out, *noted), attribution=ATTRIBUTION
    )


def _structures(path: Path, bounds: Degrees | None, fallback_crs: str | None) -> tuple[list[Record], list[Finding]]:
    """The chimneys, masts, pylons and tanks beside the buildings of a GeoPackage, a point as a small square."""
    kept: list[Record] = []
    findings: list[Finding] = []
    for layer in sorted(set(STRUCTURES).intersection(layer_names(path))):
        records, noted = read_layer(path, layer, COLUMNS, bounds, fallback_crs)
        standing, left_out = _sorted_out(path, records, POINTS_AND_AREAS, (PLANNED,))
        findings += [*noted, *left_out]
        for shape, own in standing:
            if own.get("nature") in LOW:
                continue
            own = {**own, "structure": True}
            if number(own, "height_m") is None:
                detail = f"{STRUCTURE_HEIGHT_M:g} m: no flight crosses it"
                findings.append(Finding(path.name, str(own["id"]), f"is of {layer}, without height", "assumed", detail))
                own = {**own, "height_m": STRUCTURE_HEIGHT_M}
            kept.append((with_reach(shape), own))
    return kept, findings


def read_bdtopo_roads(path: Path, bounds: Degrees | None = None, fallback_crs: str | None = None) -> Imported:
    """Read the layer `troncon_de_route` within `bounds`, except ferries. Raises InputError if it is unreadable."""
    records, findings = read_layer(path, "troncon_de_route", COLUMNS, bounds, fallback_crs)
    roads, left_out = _sorted_out(path, records, ("LineString", "MultiLineString"), (PLANNED, BEING_BUILT))
    if roads and not any("level" in own or "private" in own for _, own in roads):
        raise InputError(path, "POS_SOL", "is missing in every road", "give BD TOPO's layer troncon_de_route")
    return Imported(roads=roads, findings=(*findings, *left_out), attribution=ATTRIBUTION)


def _sorted_out(
    path: Path, records: Iterable[Record], shapes: tuple[str, ...], not_there: tuple[str, ...]
) -> tuple[tuple[Record, ...], list[Finding]]:
    """The records with the site's own keys, and a finding for each record left out: other shapes, projects, ferries."""
    kept: list[Record] = []
    findings: list[Finding] = []
    for place, (geometry, columns) in enumerate(records):
        official = _official(columns)
        name = str(official.get("ID") or f"#{place}")
        problem = ""
        if geometry.geom_type not in shapes:
            problem = f"is a {geometry.geom_type}"
        elif official.get("ETAT") in not_there:
            problem = f"is not there yet ({official['ETAT']})"
        elif official.get("NATURE") == FERRY:
            problem = "is a ferry line"
        if problem:
            findings.append(Finding(path.name, name, problem, "left out", ""))
            continue
        kept.append((geometry, {"id": name, **in_own_words(official)}))
    return tuple(kept), findings


def _official(columns: Mapping[str, object]) -> dict[str, object]:
    """A record under BD TOPO's official names. The first spelling with a value counts."""
    official: dict[str, object] = {}
    for name, spellings in SPELLINGS.items():
        found = next((columns[spelling] for spelling in spellings if spelling in columns), None)
        if found is not None:
            official[name] = found
    if "PRIVE" in official:
        official["PRIVE"] = SAYS_PRIVATE.get(str(official["PRIVE"]).lower(), official["PRIVE"])
    return official
