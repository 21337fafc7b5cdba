"""A town on its terrain: the terrain's model, the buildings on it, and the height field for lines of sight."""
