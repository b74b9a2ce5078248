"""The embedded service: signalling, a room, and a model worker that sends the video back."""
