"""Write files so that a reader, or a crash, never meets half of one."""

from __future__ import annotations

import fcntl
import json
import os
import re
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import platformdirs

from g2gbench.errors import InputError

_LONGEST_NAME = 120


def writable(directory: Path, option: str) -> None:
    """Try that files can be kept there, also where it is still missing; raises InputError.

    Nothing is left of it. ``option`` is what the user can name another place with.
    """
    made = [folder for folder in (directory, *directory.parents) if not folder.exists()]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / f".writable.{os.getpid()}.tmp"
        probe.touch()
        probe.unlink()
        for folder in made:
            folder.rmdir()
    except OSError as error:
        words = error.strerror or type(error).__name__
        raise InputError(
            f"{directory}: nothing can be written there ({words}); name another place with {option}"
        ) from error


def user_folder() -> Path:
    """Return where what is known of this machine is kept for this user; nothing is made."""
    folder = Path(platformdirs.user_data_dir("g2gbench", appauthor=False))
    # A user without a home: "~" stays as it is, and would be a folder of that name here.
    return folder if folder.is_absolute() else Path(tempfile.gettempdir()) / "g2gbench"


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file beside ``path``, then put it in its place in one step."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(beside)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, as UTF-8; what that cannot hold is written as an escape."""
    data = text.encode("utf-8", "backslashreplace")  # a file's name may be any bytes
    write_atomically(path, lambda beside: beside.write_bytes(data))


def write_json(path: Path, data: object) -> None:
    """Write a JSON file atomically; a number that is not finite is an error, never NaN."""
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def directory_name(name: str) -> str:
    """The name as one that any file system takes; two names never become the same one."""
    safe = re.sub(r"[^A-Za-z0-9._=,+-]", "_", name)
    if safe == name and len(name) <= _LONGEST_NAME and name.strip("."):
        return name
    return f"{safe[:_LONGEST_NAME].strip('.')}-{zlib.crc32(name.encode()):08x}"


class Held:
    """A directory that this process alone writes to, until ``release`` or its end, however it ends.

    Raises BlockingIOError when another process holds it.
    """

    def __init__(self, directory: Path) -> None:
        self._descriptor: int | None = os.open(directory, os.O_RDONLY)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise
        except OSError:  # a file system without locks: it must do without
            self.release()

    def release(self) -> None:
        """Let others write; safe to call again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __del__(self) -> None:
        self.release()
