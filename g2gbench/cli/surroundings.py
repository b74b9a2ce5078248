"""Repairs of a user's environment, made right before a command begins."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys


def prepare() -> None:
    """Have three open streams that take any text, and figures drawn without a screen."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:  # closed: the next file that is opened would be taken for it
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # what it cannot show costs no report
    os.environ["MPLBACKEND"] = "agg"
    _have_no_settings_of_matplotlib()
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # that it made a folder of its own


def _have_no_settings_of_matplotlib() -> None:
    """Keep a user's matplotlibrc out: one that cannot be decoded ends the import, and the report.

    It is looked for in the working directory first, at the import, then where the variable says.
    """
    os.environ["MATPLOTLIBRC"] = os.devnull
    if os.path.exists("matplotlibrc"):
        here = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))  # it may be no one's to read
        try:
            os.chdir("/")
            import matplotlib  # noqa: F401 - here alone: it takes a fifth of a second
        finally:
            os.fchdir(here)
            os.close(here)
