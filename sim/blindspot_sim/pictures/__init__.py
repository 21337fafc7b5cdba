"""Rendered pictures of the town with people, vehicles, light and weather."""
