"""The dossier of a town's cameras or of a drone mission, for the people who decide before a flight."""
