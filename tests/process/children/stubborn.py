"""Ignores the end of its input and SIGTERM."""

from __future__ import annotations

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("{}", flush=True)
    while True:
        signal.pause()
