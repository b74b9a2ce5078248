"""Read a JSON file that anything may have happened to: what it must look like, or why it does not.

Whoever reads a stored file reads it here, so that a file that was cut, edited or put there by
another program ends in a sentence that names it.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Final, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from g2gbench.errors import InputError

S = TypeVar("S", bound=BaseModel)

DEEPEST: Final = 40
"""Levels of nesting; what this package writes has fewer than ten."""

LARGEST_BYTES: Final = 256 * 2**20
"""A summary of a thousand trials has some 10 MB."""

_LARGEST_WHOLE: Final = 2**63
_LONGEST_SHOWN: Final = 40


def read_json(path: Path, shape: type[BaseModel] | None = None) -> dict[str, object]:
    """The JSON object that a file holds, as it is there, of the given shape.

    Raises InputError, with the file and the place in it, for everything else.
    """
    data = _parsed(path, _text(path))
    if not isinstance(data, dict):
        raise InputError(f"{path} holds no JSON object.")
    if shape is not None:
        check(path, data, shape)
    return data


def read_as(path: Path, shape: type[S]) -> S:
    """Return a file as an object of the given shape; raises InputError as `read_json`."""
    return check(path, read_json(path), shape)


def check(path: Path, data: object, shape: type[S]) -> S:
    """Data as an object of a shape.

    Raises InputError, with the file and the place in it, for data of another one.
    """
    try:
        return shape.model_validate(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the object"
        found = _shown(first["input"]) if first["type"] != "missing" else "nothing"
        raise InputError(
            f"{path} is damaged, or not g2gbench's: {place}: {first['msg']}; found {found}."
        ) from error


def _text(path: Path) -> str:
    try:
        # A pipe or a device would keep whoever opens it waiting.
        if path.exists() and not path.is_file():
            raise InputError(f"{path} cannot be read as JSON: it is no file.")
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"{path} cannot be read as JSON: it is larger than 256 MiB.")
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}") from error


def _parsed(path: Path, text: str) -> object:
    try:
        data = json.loads(text, parse_int=_whole, parse_float=_number, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}") from error
    if _deeper(data, DEEPEST):
        raise InputError(f"{path} cannot be read as JSON: it is nested deeper than {DEEPEST}.")
    return data


def _whole(text: str) -> int:
    number = int(text)  # refuses more than 4300 digits
    if abs(number) >= _LARGEST_WHOLE:
        raise ValueError(f"{text[:_LONGEST_SHOWN]} has more than 64 bits")
    return number


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:_LONGEST_SHOWN]} is too large")
    return number


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _deeper(data: object, levels: int) -> bool:
    if not isinstance(data, dict | list):
        return False
    inner = data.values() if isinstance(data, dict) else data
    return levels == 0 or any(_deeper(value, levels - 1) for value in inner)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
