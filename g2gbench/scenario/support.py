"""What the scenario file already names and this version cannot do yet.

One table: taking a line out of it (and giving the field to its model) is how a feature arrives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from g2gbench.scenario.document import Listing, Node, Scalar, Table

Location = tuple[str | int, ...]
"""Where something stands in a document: keys and list positions from the top."""

NOT_YET = "is not supported yet in version 0.1.0"

LATER_VALUES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
"""By path (``[]``: any element of a list): the values of this version and those of a later one."""

LATER_KEYS: frozenset[str] = frozenset({"client.display"})
"""By path: the keys of a later version."""


@dataclass(frozen=True, slots=True)
class Later:
    """A key or value of a later version that a document uses; ``allowed`` now, for a value."""

    location: Location
    is_key: bool
    word: str
    allowed: tuple[str, ...] = ()


def find_later(node: Node, location: Location = (), pattern: str = "") -> Iterator[Later]:
    """Everything in the tree that a later version brings."""
    if isinstance(node, Listing):
        for index, item in enumerate(node.items):
            yield from find_later(item, (*location, index), f"{pattern}[]")
    elif isinstance(node, Table):
        for entry in node.entries:
            path = f"{pattern}.{entry.key}" if pattern else entry.key
            if path in LATER_KEYS:
                yield Later((*location, entry.key), True, entry.key)
            else:
                yield from find_later(entry.value, (*location, entry.key), path)
    elif isinstance(node, Scalar) and pattern in LATER_VALUES:
        now, later = LATER_VALUES[pattern]
        if node.text in later:
            yield Later(location, False, node.text, now)
