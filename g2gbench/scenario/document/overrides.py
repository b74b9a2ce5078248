"""``--set path=value``: fields of a document replaced before it is validated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from g2gbench.scenario.document.yaml_tree import (
    Entry,
    Listing,
    Node,
    Scalar,
    Table,
    core_value,
    describe,
    read_value,
)
from g2gbench.scenario.problems import Location, Place, Problem, Refused, ScenarioError
from g2gbench.secrecy import masked_url

_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")
_STEPS = r"[^.\[\]]+(\[[0-9]{1,6}\])*"
_PATH = re.compile(rf"{_STEPS}(\.{_STEPS})*")
_SECRET = re.compile(r"api_(key|secret)")
_LONGEST_LABEL = 80


def apply_overrides(tree: Table, overrides: Sequence[str]) -> tuple[Table, list[Problem]]:
    """The tree with every override in it, and the problems of those that could not be applied."""
    problems: list[Problem] = []
    applied: dict[Location, str] = {}
    for override in overrides:
        path, equals, text = override.partition("=")
        path = path.strip()
        label = _label(override, path)
        try:
            if not equals:
                raise Refused("an override is path=value", allowed=("publish.codec=h264",))
            location = parse_path(path)
            _refuse_undone(location, applied)
            value, wrong = parse_value(text.strip(), label)
            problems.extend(wrong)
            tree = assigned(tree, location, value, Place(label))
            applied[location] = label
        except Refused as refused:
            problems.append(Problem.at(Place(label), "", "", refused))
        except ScenarioError as error:
            problems.extend(map(_without_line, error.problems))
    for location, label in applied.items():
        problems.extend(_varied_too(tree, location, label))
    return tree, problems


def _refuse_undone(location: Location, applied: Mapping[Location, str]) -> None:
    for earlier, label in applied.items():
        if earlier[: len(location)] == location:
            raise Refused(f"this undoes {label}", allowed=("each path once, the longer ones last",))


def _varied_too(tree: Table, location: Location, label: str) -> Iterator[Problem]:
    """Yield what is set and varied by the matrix at once: the setting would change nothing."""
    matrix = tree.get("matrix")
    if matrix is None or not isinstance(matrix.value, Table):
        return
    for entry in matrix.value.entries:
        varied = tuple(entry.key.split("."))
        shared = min(len(varied), len(location))
        if varied[:shared] == location[:shared]:
            refused = Refused(
                f"the matrix varies {entry.key}, so this would change nothing",
                allowed=(f"--set 'matrix.{entry.key}=[…]'", "--set 'matrix={}'"),
            )
            yield Problem.at(Place(label), "", "", refused)


def parse_path(path: str) -> Location:
    """The location of ``publish.codec`` or ``expect[0]``; raises Refused.

    The rest of a path below ``matrix`` is one key, since the keys there are paths themselves.
    """
    root, dot, rest = path.partition(".")
    if root == "matrix" and dot and rest:
        return ("matrix", rest)
    if not _PATH.fullmatch(path):
        raise Refused(f'"{path}" is no path', allowed=("publish.codec", "expect[0]"))
    return tuple(name or int(index) for name, index in _STEP.findall(path))


def parse_value(text: str, label: str) -> tuple[Node, list[Problem]]:
    """The node of an override's value, and its problems.

    Flow mappings, lists and quoted text are YAML; anything else is one plain scalar as it is.

    So a prompt with a colon or a ``#`` needs no second pair of quotes.
    """
    if text[:1] in ("[", "{", '"', "'"):
        node, problems = read_value(text, label)
        return _at_place(node, Place(label)), list(map(_without_line, problems))
    return Scalar(Place(label), text, core_value(text)), []


def _without_line(problem: Problem) -> Problem:
    return replace(problem, line=None, column=None)


def _at_place(node: Node, place: Place) -> Node:
    if isinstance(node, Table):
        entries = [Entry(e.key, place, _at_place(e.value, place)) for e in node.entries]
        return Table(place, tuple(entries))
    if isinstance(node, Listing):
        return Listing(place, tuple(_at_place(item, place) for item in node.items))
    return replace(node, place=place)


def _label(override: str, path: str) -> str:
    if _SECRET.search(override):
        return f"--set {path if len(path) <= _LONGEST_LABEL else 'target'}=***"
    override = masked_url(override)
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in override)
    return f"--set {shown if len(shown) <= _LONGEST_LABEL else shown[: _LONGEST_LABEL - 3] + '...'}"


def assigned(node: Table, location: Location, value: Node, place: Place) -> Table:
    """The tree with one value put in; mappings on the way are made. Raises Refused."""
    key = str(location[0])
    if isinstance(location[0], int):
        raise Refused("the document is a mapping", allowed=("a path that begins with a key",))
    entry = node.get(key)
    inner = _assigned(entry.value if entry else None, location[1:], value, place)
    if entry is None:
        return replace(node, entries=(*node.entries, Entry(key, place, inner)))
    # The key belongs to the override from now on only where the override replaced all below it.
    changed = Entry(key, place if len(location) == 1 else entry.place, inner)
    return replace(node, entries=tuple(changed if e.key == key else e for e in node.entries))


def _assigned(node: Node | None, location: Location, value: Node, place: Place) -> Node:
    if not location:
        return value
    step = location[0]
    if isinstance(step, int):
        items = node.items if isinstance(node, Listing) else ()
        if node is not None and not isinstance(node, Listing):
            raise Refused(f"[{step}] of something that is not a list: {describe(node)}")
        if step > len(items):
            raise Refused(f"[{step}] is beyond the list", allowed=(f"[0] to [{len(items)}]",))
        old = items[step] if step < len(items) else None
        new = _assigned(old, location[1:], value, place)
        where = node.place if node is not None else place
        return Listing(where, (*items[:step], new, *items[step + 1 :]))
    if node is None or (isinstance(node, Scalar) and node.value is None):
        node = Table(place, ())
    if not isinstance(node, Table):
        raise Refused(f"{step} of something that is not a mapping: {describe(node)}")
    return assigned(node, location, value, place)
