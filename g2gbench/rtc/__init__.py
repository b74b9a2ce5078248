"""The LiveKit SDK as both ends use it: publishing options, bounded frame streams, statistics."""
