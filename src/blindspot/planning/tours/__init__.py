"""Tours through views: the search, the itinerary in time, sorties between battery swaps."""
