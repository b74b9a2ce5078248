"""Logging set-up: credentials are masked, whoever logs them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TextIO

from g2gbench.secrecy import forms_of, masked, without_credentials

if TYPE_CHECKING:
    from pydantic import SecretStr

FORMAT: Final = "%(levelname)s: %(message)s"
CHILD_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
QUIET: Final = ("livekit", "aiohttp.access")


class Discreet(logging.Formatter):
    """Formats a record whole, its traceback too, then masks what it gives away.

    Masked are the known ``secrets`` and whatever looks like a credential: a library's error logs
    what it was given, such as the URL of a request with the key in it.
    """

    def __init__(self, format_: str = FORMAT, secrets: Iterable[SecretStr | str] = ()) -> None:
        super().__init__(format_)
        self._forms = forms_of(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        return without_credentials(masked(super().format(record), self._forms))


def set_up(
    level: int = logging.WARNING,
    *,
    format_: str = FORMAT,
    secrets: Iterable[SecretStr | str] = (),
    stream: TextIO | None = None,
) -> None:
    """Log to stderr, discreetly. What was set up before stays, as with ``logging.basicConfig``."""
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    handler.setFormatter(Discreet(format_, secrets))
    logging.basicConfig(level=level, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
