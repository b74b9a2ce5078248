"""YAML 1.2 text to a tree that remembers the line and column of every key and value.

The reading is bounded, since a scenario may come from anywhere: text of at most 1 MiB, 20 levels,
10 000 values once aliases are expanded, one document, no tags. Scalars follow the YAML 1.2 core
schema: only ``true`` and ``false`` are booleans, so ``no`` and ``on`` stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from g2gbench.scenario.network.traces import Trace
from g2gbench.scenario.problems import Place, Problem, Refused, ScenarioError

MAX_BYTES = 1 << 20
MAX_DEPTH = 20
MAX_VALUES = 10_000

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_TRUE = frozenset(("true", "True", "TRUE"))
_FALSE = frozenset(("false", "False", "FALSE"))
_INTEGER = re.compile(r"[-+]?[0-9]{1,30}|0o[0-7]{1,30}|0x[0-9a-fA-F]{1,30}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,5})?")
_NOT_FINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")

_ROOT = ("a mapping with name, target, …",)
_ONCE = ("each key once",)

PlainValue: TypeAlias = str | int | float | bool | Trace | None
"""What a scalar stands for; a trace once its file was read."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value; ``text`` is what was written, ``path`` overrides the path told in problems.

    Neither is shown by ``repr``: a traceback may show any node, and some hold a key.
    """

    place: Place
    text: str = field(repr=False)
    value: PlainValue = field(repr=False)
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A YAML sequence."""

    place: Place
    items: tuple[Node, ...]
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its own place, and its value."""

    key: str
    place: Place
    value: Node


@dataclass(frozen=True, slots=True)
class Table:
    """A YAML mapping; its keys are unique."""

    place: Place
    entries: tuple[Entry, ...]
    path: str | None = None

    def get(self, key: str) -> Entry | None:
        """The entry of ``key``, if there is one."""
        return next((entry for entry in self.entries if entry.key == key), None)


Node: TypeAlias = Scalar | Listing | Table


def plain(node: Node) -> Any:
    """The tree as dictionaries, lists and plain values."""
    if isinstance(node, Table):
        return {entry.key: plain(entry.value) for entry in node.entries}
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return node.value


def from_plain(data: Any, place: Place) -> Node:
    """The tree of dictionaries, lists and plain values, everything at one place."""
    if isinstance(data, dict):
        return Table(
            place, tuple(Entry(str(k), place, from_plain(v, place)) for k, v in data.items())
        )
    if isinstance(data, list | tuple):
        return Listing(place, tuple(from_plain(item, place) for item in data))
    return Scalar(place, written(data), data)


def written(value: PlainValue) -> str:
    """A plain value as YAML writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def describe(node: Node) -> str:
    """Return a node as a problem quotes it: text in quotes, anything else as written."""
    if isinstance(node, Table):
        return "a mapping"
    if isinstance(node, Listing):
        return "a list"
    if node.value is None:
        return "nothing" if node.text == "" else node.text
    text = node.text if len(node.text) <= 80 else node.text[:77] + "..."
    if not isinstance(node.value, str):
        return text
    return '"' + "".join(c if c.isprintable() else repr(c)[1:-1] for c in text) + '"'


def core_value(text: str) -> PlainValue:
    """The value of a plain scalar by the YAML 1.2 core schema (YAML 1.2.2, 10.3.2)."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        return float(text)
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    return text


def read_document(text: str, source_name: str) -> tuple[Table, list[Problem]]:
    """The one YAML document in ``text``, and what is wrong with it that can be read over.

    Raises ScenarioError when nothing can be made of it.
    """
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ScenarioError([Problem(source_name, message="larger than 1 MiB")])
    builder = _Builder(source_name)
    root = builder.build(text)
    if root is None or (isinstance(root, Scalar) and root.value is None):
        refused = Refused("the document is empty", allowed=_ROOT)
        raise ScenarioError([*builder.problems, Problem.at(Place(source_name), "", "", refused)])
    if isinstance(root, Table):
        return root, builder.problems
    refused = Refused(allowed=_ROOT)
    raise ScenarioError([*builder.problems, Problem.at(root.place, "", describe(root), refused)])


def read_value(text: str, source_name: str) -> tuple[Node, list[Problem]]:
    """The YAML value in ``text``, in the bounds of a document; as ``read_document``."""
    builder = _Builder(source_name)
    node = builder.build(text)
    return Scalar(Place(source_name), "", None) if node is None else node, builder.problems


def _code(character: str | int) -> int:
    return character if isinstance(character, int) else ord(character)


def _text(text: str) -> str:
    """The text, with pairs of surrogates as the characters that JSON's escapes mean by them."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:  # half of a pair is no text, and is refused where text is wanted
        return text


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read."""

    is_mapping: bool
    place: Place
    anchor: str | None
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    key: tuple[str, Place] | None = None
    merges: bool = False
    values: int = 1
    height: int = 1


@dataclass(frozen=True, slots=True)
class _Anchored:
    node: Node
    values: int
    height: int


class _Builder:
    """Builds the tree from parser events, without recursion, and counts what it builds."""

    def __init__(self, source_name: str) -> None:
        self._file = source_name
        self.problems: list[Problem] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Anchored] = {}
        self._root: Node | None = None
        self._documents = 0

    def build(self, text: str) -> Node | None:
        for event in self._events(text):
            self._accept(event)
        return self._root

    def _events(self, text: str) -> Iterator[object]:
        try:
            yield from YAML(typ="safe", pure=True).parse(text)
        except ScenarioError:
            raise
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = self._place(mark) if mark is not None else Place(self._file)
            self.stop(place, f"not valid YAML: {error.problem or error.context}", error)
        except ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            column = error.position - text.rfind("\n", 0, error.position)
            self.stop(
                Place(self._file, line, column),
                f"not valid YAML: the character #x{_code(error.character):04x} is not allowed",
                error,
            )
        except YAMLError as error:
            self.stop(Place(self._file), "not valid YAML", error)
        except Exception as error:
            # The parser lets other exceptions through for some input, chr() of an escape for one.
            self.stop(Place(self._file), "not valid YAML: an escape that means nothing", error)

    def stop(self, place: Place, message: str, cause: Exception | None = None) -> NoReturn:
        self._note(place, message)
        raise ScenarioError(self.problems) from cause

    def _note(self, place: Place, message: str) -> None:
        self.problems.append(Problem.at(place, "", "", Refused(message)))

    def _place(self, mark: Any) -> Place:
        return Place(self._file, mark.line + 1, mark.column + 1)

    def _accept(self, event: object) -> None:
        if isinstance(event, DocumentStartEvent):
            self._start_document(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._close()
        elif isinstance(event, NodeEvent):
            self._node(event)

    def _start_document(self, event: Any) -> None:
        self._documents += 1
        place = self._place(event.start_mark)
        if self._documents > 1:
            self.stop(place, "a second document begins here; one file holds one scenario")
        if event.version is not None and tuple(event.version) != (1, 2):
            self.stop(place, "only YAML 1.2 is read; leave the %YAML line above out")

    def _node(self, event: Any) -> None:
        place = self._place(event.start_mark)
        awaits_key = self._awaits_key()
        if getattr(event, "tag", None) is not None:
            self._note(place, "YAML tags (!…) are not allowed; write the plain value")
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            if awaits_key:
                self.stop(place, "a key must be text, not a mapping or a list")
            if len(self._stack) >= MAX_DEPTH:
                self.stop(place, f"nested more than {MAX_DEPTH} levels deep")
            is_mapping = isinstance(event, MappingStartEvent)
            self._stack.append(_Open(is_mapping, place, event.anchor))
        elif isinstance(event, AliasEvent):
            self._alias(event.anchor, place, awaits_key)
        elif isinstance(event, ScalarEvent):
            self._scalar(event, place, awaits_key)

    def _scalar(self, event: Any, place: Place, awaits_key: bool) -> None:
        text = _text(event.value)
        if awaits_key:
            self._stack[-1].key = (text, place)
            self._stack[-1].merges = text == "<<" and event.style is None
            return
        value = core_value(text) if event.style is None else text
        self._add(Scalar(place, text, value), event.anchor, 1, 0)

    def _awaits_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].is_mapping and self._stack[-1].key is None

    def _alias(self, name: str, place: Place, awaits_key: bool) -> None:
        if awaits_key:
            self.stop(place, "a key must be text, not an alias")
        known = self._anchors.get(name)
        if known is None:
            self.stop(place, f'the alias "*{name}" refers to no complete value before it')
        if len(self._stack) + known.height > MAX_DEPTH:
            self.stop(place, f"nested more than {MAX_DEPTH} levels deep, aliases expanded")
        self._add(replace(known.node, place=place), None, known.values, known.height)

    def _close(self) -> None:
        done = self._stack.pop()
        node: Node = (
            Table(done.place, tuple(done.entries.values()))
            if done.is_mapping
            else Listing(done.place, tuple(done.items))
        )
        self._add(node, done.anchor, done.values, done.height)

    def _add(self, node: Node, anchor: str | None, values: int, height: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = _Anchored(node, values, height)
        if not self._stack:
            self._root = node
            return
        parent = self._stack[-1]
        parent.values += values
        parent.height = max(parent.height, height + 1)
        if sum(level.values for level in self._stack) > MAX_VALUES:
            self.stop(node.place, f"more than {MAX_VALUES} values, aliases expanded")
        if parent.key is None:
            parent.items.append(node)
            return
        key, place = parent.key
        parent.key = None
        if isinstance(node, Scalar) and node.text == "" and node.value is None:
            node = replace(node, place=place)  # nothing was written, so the key is what to show
        if parent.merges:
            self._merge(parent, node, place)
        elif key in parent.entries:
            first = parent.entries[key].place
            refused = Refused(f'duplicate key "{key}"; first at line {first.line}', allowed=_ONCE)
            self.problems.append(Problem.at(place, self._path(key), f'"{key}"', refused))
        else:
            parent.entries[key] = Entry(key, place, node)

    def _merge(self, parent: _Open, node: Node, place: Place) -> None:
        """Refuse a merge key, and read on as if what it names were here: one problem, not ten."""
        parent.merges = False
        refused = Refused("merge keys (<<) are not supported", allowed=("the keys, written out",))
        self.problems.append(Problem.at(place, self._path("<<"), '"<<"', refused))
        for table in node.items if isinstance(node, Listing) else (node,):
            for entry in table.entries if isinstance(table, Table) else ():
                parent.entries.setdefault(entry.key, entry)

    def _path(self, key: str) -> str:
        path = ""
        for level in self._stack[:-1]:
            if level.key is not None:
                path = f"{path}.{level.key[0]}" if path else level.key[0]
            else:
                path = f"{path}[{len(level.items)}]"
        return f"{path}.{key}" if path else key
