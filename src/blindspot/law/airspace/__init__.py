"""Airspace, ground risk and remote identification, as the rules of the law see them."""
