"""Trainings in small that a chapter and an experiment share, or two experiments."""
