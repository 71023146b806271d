"""Data sets, one module per modality; ``download`` is the only place that opens a connection."""
