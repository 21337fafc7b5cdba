"""Commands on what flights leave behind: the folders of runs, and the journal."""
