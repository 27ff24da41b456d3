"""Which account a line gets: the rules of a route, in versions."""
