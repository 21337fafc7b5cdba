"""What may be told about sightings beside where they are: only events that the authorisation lists. No identity."""
