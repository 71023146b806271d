"""Measures of generative models; each says its unit, its direction and its floor or ceiling."""
