"""The command line as a user calls it, in this process."""

from __future__ import annotations

import pytest

from g2gbench import cli


def call(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Its exit code, and what it printed on stdout and on stderr."""
    try:
        cli.main(list(arguments))
        code = 0
    except SystemExit as end:
        code = 0 if end.code is None else int(end.code)
    out, err = capfd.readouterr()
    return code, out, err
