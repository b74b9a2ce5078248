"""Durations in words."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Seconds up to 99, then minutes, then hours and minutes."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
