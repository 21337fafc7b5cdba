"""Authorisations, and the rights of the nodes of a stack."""
