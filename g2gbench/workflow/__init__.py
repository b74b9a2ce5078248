"""Use cases: each takes scenarios through trials to what its command tells."""
