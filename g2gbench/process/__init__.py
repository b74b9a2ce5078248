"""Processes that die with their parent, and the lines they exchange."""
