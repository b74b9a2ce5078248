"""Messages between processes of this package: frozen dataclasses, a line of JSON each.

A child's package owns its plan, which is the first line, the commands that follow, and what it
answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from dacite import Config, DaciteError, from_dict

from g2gbench.secrecy import Unshown


class Message:
    """Base of a frozen dataclass that crosses the border of a process.

    Fields are scalars, ``Path``, ``Unshown``, tuples of one kind, dicts by name, other frozen
    dataclasses, and unions of them.
    ``read_by`` makes values of types that are read in another way than field by field.
    """

    __slots__ = ()
    read_by: ClassVar[Mapping[type, Callable[[object], object]]] = {}

    def to_json(self) -> str:
        """One line. A secret is revealed here, and is on no command line."""
        return json.dumps({type(self).__name__: self}, default=_plain, separators=(",", ":"))


@runtime_checkable
class Plain(Protocol):
    """A value with a JSON form of its own, which a hook of ``read_by`` reads."""

    def as_plain(self) -> object:
        """The form."""


@dataclass(frozen=True, slots=True)
class Failed(Message):
    """A child cannot become ready."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost(Message):
    """End of a process or room that a child kept or had joined."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stalled(Message):
    """A process stood still for so long, until ``at_ns``."""

    seconds: float
    at_ns: int


M = TypeVar("M", bound=Message)


def from_json(line: str, kinds: Iterable[type[M]]) -> M:
    """The message of one of these kinds that a line holds.

    Raises ValueError for a line that holds none, with what is wrong in it.
    """
    data = json.loads(line)
    by_name = {kind.__name__: kind for kind in kinds}
    if not isinstance(data, dict) or len(data) != 1 or not by_name.keys() & data.keys():
        raise ValueError(f"a line without a message; allowed: {', '.join(by_name) or 'none'}")
    ((name, values),) = data.items()
    kind = by_name[name]
    hooks: dict[type, Callable[[Any], object]] = {Path: Path, Unshown: _unshown, **kind.read_by}
    try:
        return from_dict(kind, values, Config(type_hooks=hooks, cast=[tuple], strict=True))
    except (DaciteError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{name}: {error}") from error


def _unshown(value: object) -> Unshown:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} in place of a secret")
    return Unshown(value)


def _plain(value: object) -> object:
    if isinstance(value, Plain):
        return value.as_plain()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} is nothing that a process can be told")
