"""Glass-to-glass latency and network-quality benchmarks for realtime video services."""

from __future__ import annotations

__version__ = "0.1.0"
