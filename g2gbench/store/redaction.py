"""Keep secrets out of everything that is written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from g2gbench.store.files import write_text

MASK = "***"


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret replaced by ``***``, also where it is part of a URL."""
    for form in _forms(secrets):
        text = text.replace(form, MASK)
    return text


def redact_data(data: Any, secrets: Iterable[str]) -> Any:
    """The same for every text within nested mappings and sequences; their keys are kept."""
    forms = _forms(secrets)
    return _walk(data, forms) if forms else data


class Redactor:
    """Redacts line after line of JSON; a line that holds no secret costs one search a secret."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms = _forms(secrets)
        # As they stand in a line of JSON: with its escapes.
        self._written = sorted({json.dumps(form)[1:-1] for form in self._forms} | set(self._forms))

    def data(self, data: Any) -> Any:
        """``redact_data`` with this redactor's secrets."""
        return _walk(data, self._forms) if self._forms else data

    def line(self, line: str) -> str:
        """A line of JSON stays JSON: only its texts are changed, no key and no number."""
        if not any(form in line for form in self._written):
            return line
        try:
            data = json.loads(line)
        except ValueError:
            return redact(line, self._written)
        return json.dumps(_walk(data, self._forms), separators=(",", ":"))

    def file(self, path: Path) -> None:
        """Rewrite a text file that holds a secret; any other stays as it is."""
        text = path.read_text(encoding="utf-8", errors="replace")
        if any(form in text for form in self._written):
            write_text(path, redact(text, self._written))


def _forms(secrets: Iterable[str]) -> tuple[str, ...]:
    """Each secret as it is and as URLs carry it; the longest first, so that none hides another."""
    forms = {
        form
        for secret in secrets
        if secret
        for form in (secret, quote(secret, safe=""), quote_plus(secret))
    }
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _walk(data: Any, forms: tuple[str, ...]) -> Any:
    if isinstance(data, str):
        for form in forms:
            data = data.replace(form, MASK)
        return data
    if isinstance(data, dict):
        return {key: _walk(value, forms) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_walk(value, forms) for value in data]
    return data
