"""Problems of a scenario, each with its place, what was found, what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from g2gbench.errors import InputError

Location = tuple[str | int, ...]
"""Place in a document: keys and list positions from the top."""

_LONGEST_NAME = 64
_SIMILAR_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Place in a text; line and column count from 1, None outside a text."""

    file: str
    line: int | None = None
    column: int | None = None


class Refused(ValueError):  # noqa: N818 - it is a verdict that becomes a Problem, never seen itself
    """A value that a rule does not accept; its place is added by whoever knows the document."""

    def __init__(
        self, message: str = "", *, allowed: Sequence[str] = (), nearest: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.allowed = tuple(allowed)
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where.

    ``file`` is a path, or the whole ``--set`` option. ``line`` and ``column`` count from 1 and are
    None where there is no text to point at. ``path`` is the place in the document, such as
    ``publish.codec`` or ``matrix.publish.codec[1]``; empty for the document itself. ``found`` is
    the value as written, secrets as ``***``. ``message`` is empty where found and allowed say it
    all. ``nearest`` is the valid name that was probably meant.
    """

    file: str
    line: int | None = None
    column: int | None = None
    path: str = ""
    found: str = ""
    allowed: tuple[str, ...] = ()
    message: str = ""
    nearest: str | None = None

    @classmethod
    def at(cls, place: Place, path: str, found: str, refused: Refused) -> Problem:
        """Return the problem of a refused value at its place."""
        return cls(
            place.file,
            place.line,
            place.column,
            path,
            found,
            refused.allowed,
            refused.message,
            refused.nearest,
        )

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}:{self.column}"
        parts = []
        if self.found and self.found not in self.message:
            parts.append(f"found {self.found}")
        if self.message:
            parts.append(self.message)
        if self.allowed:
            parts.append(f"allowed: {', '.join(self.allowed)}")
        if self.nearest is not None:
            parts.append(f'did you mean "{self.nearest}"?')
        return ": ".join(filter(None, (place, self.path, "; ".join(parts))))


class ScenarioError(InputError):
    """A scenario that cannot be run; ``problems`` holds everything that was found, in order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[tuple[Problem, ...]]]:
        # Exceptions pickle by their message otherwise, and this one crosses processes.
        return type(self), (self.problems,)


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, those of a file by line and column, those of overrides after them."""
    unique = list(dict.fromkeys(problems))
    unique.sort(key=lambda problem: (problem.line is None, problem.line, problem.column))
    return unique


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, upper and lower case alike; None when none is similar."""
    if len(name) > _LONGEST_NAME:
        return None
    lowered = {candidate.lower(): candidate for candidate in known}
    matches = get_close_matches(name.lower(), lowered, n=1, cutoff=_SIMILAR_ENOUGH)
    return lowered[matches[0]] if matches else None
