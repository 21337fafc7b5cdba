"""OpenStreetMap as a source: files, tags, buildings and roads, surveillance cameras."""
