"""What a user's environment may lack or change, set right before a command begins."""

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
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # that it made a folder of its own
