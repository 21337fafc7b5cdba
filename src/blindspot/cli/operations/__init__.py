"""Parts of the commands about patrols: the library of a mission, flights in process, printed figures."""
