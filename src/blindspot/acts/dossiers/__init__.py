"""Use cases on a dossier: load its inputs, refuse those that do not belong together, write its files."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.acts.dossiers.chromium import print_pdf
    from blindspot.acts.dossiers.dossier_files import write_dossier
    from blindspot.acts.dossiers.dossier_inputs import DossierInputs
else:
    __getattr__, __all__ = open_door(__name__)
