"""Half an hour of everything at once, then ten times too much of it: ``make soak``."""
