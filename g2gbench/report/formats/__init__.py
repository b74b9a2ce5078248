"""What a run, a comparison or another result is written as."""
