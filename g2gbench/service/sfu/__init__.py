"""The embedded SFU: forwards media between its participants without decoding it."""
