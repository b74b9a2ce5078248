"""Files that a scenario names, videos and images: known by what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

_NAMES: Final = ("path", "image")
_CHUNK: Final = 1 << 20


def with_paths(document: object, change: Callable[[str], str], key: str = "") -> Any:
    """A copy of a resolved scenario with every path of a file as ``change`` gives it."""
    if isinstance(document, Mapping):
        return {name: with_paths(value, change, name) for name, value in document.items()}
    if isinstance(document, list | tuple):
        return [with_paths(value, change, key) for value in document]
    if isinstance(document, str) and key.rpartition(".")[2] in _NAMES:
        return change(document)
    return document


def checksums(document: Mapping[str, object]) -> dict[str, str]:
    """The SHA-256 of each file by its path; one that cannot be read is left out."""
    found: dict[str, str] = {}

    def read(path: str) -> str:
        if path not in found and Path(path).is_file():
            found[path] = _sha256(Path(path))
        return path

    with_paths(document, read)
    return found


def identified(document: Mapping[str, object], files: Mapping[str, str]) -> dict[str, object]:
    """A resolved scenario with checksums in place of the paths whose checksum is known."""
    found: dict[str, object] = with_paths(
        document, lambda path: f"sha256 {files[path]}" if path in files else path
    )
    return found


def scenario_of_run(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored run's scenario with its files' checksums; ``facts``: its run.json."""
    return identified(facts.get("scenario") or {}, facts.get("files") or {})


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
