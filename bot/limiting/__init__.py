"""How often somebody may ask: rates, who counts as one, and a count that all workers of a server share."""
