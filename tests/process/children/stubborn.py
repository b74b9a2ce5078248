"""Ignores the end of its input and SIGTERM."""

from __future__ import annotations

import signal

from tests.process.children.plans import Ready

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(Ready().to_json(), flush=True)
    while True:
        signal.pause()
