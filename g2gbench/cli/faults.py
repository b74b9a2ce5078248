"""Report of an unexpected error: one line, and where its traceback is."""

from __future__ import annotations

import os
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

import click


def report(error: Exception, arguments: Sequence[str]) -> None:
    """Say what happened, in one line; with ``-v`` among the arguments its traceback too."""
    text = "".join(traceback.format_exception(error))
    click.echo(f"error: {sentence(error)}{_where(text)}", err=True)
    if {"-v", "--verbose"} & set(arguments):
        click.echo(text, err=True)


def sentence(error: Exception) -> str:
    """One line of what went wrong, and what to do."""
    words = " ".join(str(error).split())
    if isinstance(error, ImportError):
        return f"a package cannot be loaded ({words}): g2gbench doctor says which, and what to do"
    if isinstance(error, OSError) and error.strerror:
        return f"this machine refused: {words}"
    return f"g2gbench failed, which is a fault of its own ({type(error).__name__}: {words})"


def _where(text: str) -> str:
    """Return where the traceback was kept; how to see it where it could not be."""
    try:
        handle, name = tempfile.mkstemp(prefix="g2gbench-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError:
        return "; g2gbench -v COMMAND shows more"
    return f"; details: {Path(name)}"
