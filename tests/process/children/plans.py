"""Plans, commands and answers of the children of these tests."""

from __future__ import annotations

from dataclasses import dataclass

from g2gbench.process.message import Message
from g2gbench.secrecy import Unshown


@dataclass(frozen=True, slots=True)
class Nothing(Message):
    """For a child that needs no plan."""


@dataclass(frozen=True, slots=True)
class Nested:
    """A part of a plan."""

    figures: tuple[int | float | None, ...]


@dataclass(frozen=True, slots=True)
class EchoPlan(Message):
    """For the child that echoes its plan."""

    text: str = ""
    nested: Nested | None = None
    api_key: Unshown | None = None


class EchoCommand(Message):
    """What the echoing child may be told after its plan."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Number(EchoCommand):
    """One of two kinds of command."""

    number: int


@dataclass(frozen=True, slots=True)
class Word(EchoCommand):
    """The other one."""

    word: str


@dataclass(frozen=True, slots=True)
class Planned(Message):
    """The echoing child is ready: it has this plan."""

    plan: EchoPlan


@dataclass(frozen=True, slots=True)
class Echoed(Message):
    """The command that the echoing child got."""

    command: Number | Word


@dataclass(frozen=True, slots=True)
class CleansPlan(Message):
    """For the child that cleans up; ``grace_s``: None: the one of the package."""

    stuck: bool = False
    grace_s: float | None = None


@dataclass(frozen=True, slots=True)
class FailsPlan(Message):
    """For the child that ends with a status or an exception, or says lines and waits."""

    status: int | None = None
    raises: str | None = None
    says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ready(Message):
    """All children but the echoing one say this when they are ready."""


@dataclass(frozen=True, slots=True)
class Said(Message):
    """Something that a child says when it is ready."""

    number: int


@dataclass(frozen=True, slots=True)
class Cleaned(Message):
    """A child has cleaned up."""


@dataclass(frozen=True, slots=True)
class Selector(Message):
    """The type of what an event loop runs on."""

    name: str
