"""What surrounds an update rule: the loop, its data, its checkpoints and its schedule."""
