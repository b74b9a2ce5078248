"""Kinds of room beside the embedded SFU, and what each is planned by."""
