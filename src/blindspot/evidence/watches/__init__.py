"""The figures of a watch: how long each target was in a picture, counted from the exposures."""
