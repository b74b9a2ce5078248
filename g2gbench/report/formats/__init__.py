"""Output formats of a run, a comparison or another result."""
