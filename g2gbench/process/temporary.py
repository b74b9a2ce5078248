"""Temporary folders: what a killed process left is removed by the next one that makes one."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

_NAME: Final = re.compile(r"g2gbench-[a-z]+-(\d+)-.+")  # what it is for, and whose: a process's id


def make_folder(purpose: str) -> Path:
    """A new folder of this process, whose maker removes it; ``purpose`` is a word of its name."""
    root = Path(tempfile.gettempdir())
    remove_left(root)
    return Path(tempfile.mkdtemp(prefix=f"g2gbench-{purpose}-{os.getpid()}-", dir=root))


@contextlib.contextmanager
def temporary_folder(purpose: str) -> Iterator[Path]:
    """A folder for as long as the block runs."""
    folder = make_folder(purpose)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_left(root: Path) -> None:
    """Remove the folders in ``root`` of this user's processes that are gone."""
    for folder in root.glob("g2gbench-*"):
        named = _NAME.fullmatch(folder.name)
        if named is None or folder.is_symlink() or psutil.pid_exists(int(named[1])):
            continue
        with contextlib.suppress(OSError):
            if folder.is_dir() and folder.stat().st_uid == os.geteuid():
                shutil.rmtree(folder, ignore_errors=True)
