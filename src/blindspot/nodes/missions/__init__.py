"""The missions in progress, for `mission_manager`: clearances, flights, the rest after a loss, sorties."""
