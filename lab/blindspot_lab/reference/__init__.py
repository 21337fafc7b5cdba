"""The reference pages `docs/reference`, made from the code: `python -m blindspot_lab.reference` writes them."""
