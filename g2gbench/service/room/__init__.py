"""The embedded room: forwards media between two participants without decoding it."""
