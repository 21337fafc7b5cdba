"""The acts of people in the console's page, by the same functions as the commands."""
