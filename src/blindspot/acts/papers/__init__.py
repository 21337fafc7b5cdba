"""Use cases on the signed papers of an authority: keys, signatures, the revocation list, and published pictures."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.acts.papers.published_pictures import published_lines
    from blindspot.acts.papers.revoking import revoke_authorisation
    from blindspot.acts.papers.signing import countersign_file, sign_file
    from blindspot.acts.papers.trusted_keys import trust_new_key
else:
    __getattr__, __all__ = open_door(__name__)
