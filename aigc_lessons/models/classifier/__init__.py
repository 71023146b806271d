"""Classifiers, whose features and labels measure the generators."""
