"""Video frames, markers and statistics on both sides of the LiveKit SDK."""
