"""The machine as a resource: a session test has it alone, other tests share it.

A session that is measured beside a busy test is one that the machine made invalid. The lock lies in
the temporary folder, one a user, so that it holds between the workers of one run and between runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(tempfile.gettempdir())


@contextlib.contextmanager
def held(*, alone: bool, folder: Path = FOLDER) -> Iterator[None]:
    """Wait for the machine and keep it: ``alone``, or with others that share it.

    Who waits to have it alone is passed by nobody who comes later. The system frees the lock of a
    process that dies.
    """
    with (
        _file(folder, "gate") as gate,
        _file(folder, "machine") as machine,
    ):
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield


@contextlib.contextmanager
def _file(folder: Path, name: str) -> Iterator[int]:
    # Not inherited by children (PEP 446): a leftover child does not keep the machine.
    path = folder / f"g2gbench-tests-{os.getuid()}.{name}"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
