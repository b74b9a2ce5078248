"""Keep secrets out of everything that is written.

Masked is free text alone: what people and other programs said. A word that means something to a
reader of the file (a status, a kind, a phase, a path, a cell's name, a number) stays, whatever the
secret is; of a scenario, ``g2gbench.scenario.model.masking`` masks the fields that hold one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from g2gbench.secrecy import MASK, forms_of, masked
from g2gbench.store.files import write_text

__all__ = ["FREE_TEXT", "MASK", "Redactor", "redact"]

FREE_TEXT: Final = frozenset(
    (
        "message", "invalid_because", "quality_reasons", "reason", "reasons", "advice", "error",
        "lost", "said", "url", "address", "prompt", "text", "detail", "description",
        "api_key", "api_secret",
    )
)  # fmt: skip
"""The fields whose texts are free, with all that is below them."""

_WORDS: Final = frozenset(("process", "phase", "state", "code", "kind", "name", "label", "model"))
"""Fields whose words are the instrument's own, also within free text, such as an event's detail."""

_REASON_IS_A_WORD: Final = "ended"


def redact(text: str, secrets: Iterable[SecretStr | str]) -> str:
    """The text with every secret replaced by ``***``, also where it is part of a URL."""
    return masked(text, forms_of(secrets))


class Redactor:
    """Masks data, lines of JSON and log files; a line without a secret costs one search a secret.

    It hides the secrets that it knows from ``repr``.
    """

    def __init__(self, secrets: Iterable[SecretStr | str] = ()) -> None:
        self._forms = forms_of(secrets)
        # As they stand in a line of JSON: with its escapes.
        self._written = sorted({json.dumps(form)[1:-1] for form in self._forms} | set(self._forms))

    def text(self, text: str) -> str:
        """Free text without secrets."""
        return masked(text, self._forms)

    def data(self, data: object) -> Any:
        """Data of mappings, sequences and scalars, its free text without secrets."""
        return self._walk(data, free=False) if self._forms else data

    def line(self, line: str) -> str:
        """A line of JSON stays JSON, and says of itself what it said."""
        if not any(form in line for form in self._written):
            return line
        try:
            data = json.loads(line)
        except ValueError:
            return masked(line, self._written)
        return json.dumps(self._walk(data, free=False), separators=(",", ":"))

    def file(self, path: Path) -> None:
        """Rewrite a text file that holds a secret; any other stays as it is."""
        text = path.read_text(encoding="utf-8", errors="replace")
        if any(form in text for form in self._written):
            write_text(path, masked(text, self._written))

    def _walk(self, data: object, *, free: bool) -> object:
        if isinstance(data, str):
            return self.text(data) if free else data
        if isinstance(data, dict):
            return {
                key: self._walk(value, free=self._is_free(data, key, free))
                for key, value in data.items()
            }
        if isinstance(data, (list, tuple)):
            return [self._walk(value, free=free) for value in data]
        return data

    def _is_free(self, data: dict[str, object], key: str, above: bool) -> bool:
        if key in _WORDS:
            return False
        if key == "reason" and data.get("kind") == _REASON_IS_A_WORD:
            return False  # how a session ended, in a word
        return above or key in FREE_TEXT
