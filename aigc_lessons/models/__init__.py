"""The families of models, one folder each; a family never imports another."""
