"""Measures of generative models: pure functions with unit, range, direction and floor."""
