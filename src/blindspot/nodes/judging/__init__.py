"""Parts of nodes that ask for a judgement or give a judgement: leases, inspections, plans, checks on board."""
