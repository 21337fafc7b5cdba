"""Events about sightings: only those that the authorisation lists, and without identity."""
