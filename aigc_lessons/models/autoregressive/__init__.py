"""Models that take one step at a time, with an exact likelihood."""
