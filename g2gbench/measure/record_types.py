"""Type checks of a journal's lines against the records that they name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_BOUND: Final = 2**62
"""Differences of two numbers below it fit into 64 bits."""


def check(record: DataclassInstance) -> None:
    """Raise ValueError for a record that has a field of another type than it names."""
    for each in fields(record):
        if not KNOWN_TYPES[str(each.type)](getattr(record, each.name)):
            raise ValueError(f"{each.name} of a record is not {each.type}")


def _number(value: object) -> bool:
    # A page's numbers may come as 3.0; what is not finite is below no bound.
    return isinstance(value, int | float) and abs(value) < _BOUND


def _text(value: object) -> bool:
    return isinstance(value, str)


def _scalar(value: object) -> bool:
    return value is None or isinstance(value, str) or _number(value)


def _or_none(test: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or test(value)


def _mapping(test: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, dict) and all(map(test, value.values()))


def _pair(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(_number, value))


KNOWN_TYPES: Final[Mapping[str, Callable[[object], bool]]] = {
    "int": _number,
    "int | None": _or_none(_number),
    "float": _number,
    "float | None": _or_none(_number),
    "bool": _number,
    "str": _text,
    "Reading": _text,
    "Cause": _text,
    "dict[str, str]": _mapping(_text),
    "dict[str, int]": _mapping(_number),
    "dict[str, Scalar]": _mapping(_scalar),
    "tuple[int, int] | None": _or_none(_pair),
}
"""By the annotation, as the records' module spells it."""
