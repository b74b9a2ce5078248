"""Files that a scenario names: profiles and traces, put into its document where they are named.

Reading is given in, so that nothing here opens a file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from g2gbench.scenario.document.yaml_tree import (
    Entry,
    Listing,
    Node,
    Scalar,
    Table,
    describe,
    read_document,
)
from g2gbench.scenario.network.traces import Trace, parse_trace
from g2gbench.scenario.problems import Problem, Refused, ScenarioError

STAND_IN: Final = parse_trace(b"10\n", "unread.mahi", "unread.mahi")
"""For a trace that could not be read."""

Read = Callable[[str], tuple[str, bytes]]
"""From a file as a scenario names it: the file as problems name it, and its bytes. Raises Refused
for one that cannot be read."""

_DIRECTIONS = ("uplink", "downlink")


Locate = Callable[[str], str]
"""From a file as a scenario names it to its path. Raises Refused where there is none."""


def with_files(tree: Table, read: Read, locate: Locate) -> tuple[Table, list[Problem]]:
    """The document with the files in it that it names, and the problems of those.

    Of videos and images it names the path: they are read when they are needed.
    """
    files = _Files(read, locate)
    with_profiles = replace(tree, entries=tuple(files.profiles(entry) for entry in tree.entries))
    found = files.traces(with_profiles, "")
    assert isinstance(found, Table)
    return found, files.problems


@dataclass(slots=True)
class _Files:
    read: Read
    locate: Locate
    problems: list[Problem] = field(default_factory=list)
    known: dict[str, Trace] = field(default_factory=dict)

    def profiles(self, entry: Entry) -> Entry:
        """The entry ``profiles`` with the mapping in its file; any other as it is."""
        node = entry.value
        if entry.key != "profiles" or not isinstance(node, Scalar):
            return entry
        if not isinstance(node.value, str) or not node.value:
            return entry
        try:
            file, data = self.read(node.value)
            table, wrong = read_document(data.decode("utf-8-sig"), file)
        except (Refused, UnicodeDecodeError, ScenarioError) as error:
            self._refuse(node, "profiles", error)
            return entry
        self.problems.extend(wrong)
        folder = posixpath.dirname(node.value)
        return replace(entry, value=_below(table, folder) if folder else table)

    def traces(self, node: Node, path: str) -> Node:
        """The node with each trace in the place of its file's name."""
        if isinstance(node, Listing):
            items = (self.traces(item, f"{path}[{i}]") for i, item in enumerate(node.items))
            return replace(node, items=tuple(items))
        if not isinstance(node, Table):
            return node
        entries = []
        for entry in node.entries:
            inner = f"{path}.{entry.key}" if path else entry.key
            if _names_a_trace(path, entry.key):
                value = self._trace(entry.value, inner)
            elif _names_a_picture(path, entry.key):
                value = self._picture(entry.value, inner)
            else:
                value = self.traces(entry.value, inner)
            entries.append(replace(entry, value=value))
        return replace(node, entries=tuple(entries))

    def _trace(self, node: Node, path: str) -> Node:
        if isinstance(node, Listing) and path.startswith("matrix."):
            items = (self._trace(item, f"{path}[{i}]") for i, item in enumerate(node.items))
            return replace(node, items=tuple(items))
        name, sha256 = _reference(node)
        if name is None:
            return node
        try:
            trace = self._read_trace(name)
            if sha256 is not None and sha256 != trace.sha256:
                raise Refused(
                    f"{name} is not the trace that was meant", allowed=(f"sha256 {trace.sha256}",)
                )
        except (Refused, ScenarioError) as error:
            self._refuse(node, path, error)
            trace = STAND_IN  # so that what else is wrong is found too
        return Scalar(node.place, name, trace, node.path)

    def _picture(self, node: Node, path: str) -> Node:
        if isinstance(node, Listing) and path.startswith("matrix."):
            items = (self._picture(item, f"{path}[{i}]") for i, item in enumerate(node.items))
            return replace(node, items=tuple(items))
        if not isinstance(node, Scalar) or not isinstance(node.value, str) or not node.value:
            return node
        try:
            return replace(node, value=self.locate(node.value))
        except Refused as error:
            self._refuse(node, path, error)
            return node

    def _read_trace(self, name: str) -> Trace:
        if name not in self.known:
            file, data = self.read(name)
            self.known[name] = parse_trace(data, name, file)
        return self.known[name]

    def _refuse(self, node: Node, path: str, error: Exception) -> None:
        if isinstance(error, ScenarioError):
            self.problems.extend(error.problems)
            return
        refused = error if isinstance(error, Refused) else Refused("not UTF-8 text")
        self.problems.append(Problem.at(node.place, path, describe(node), refused))


def _names_a_trace(path: str, key: str) -> bool:
    """``trace`` of a direction, or a path of the matrix that ends so."""
    last = path.rpartition(".")[2].partition("[")[0]
    words = key.split(".")
    return words[-1] == "trace" and (words[-2] if len(words) > 1 else last) in _DIRECTIONS


def _names_a_picture(path: str, key: str) -> bool:
    """``source.path``, or an ``image`` of the session or the timeline; in the matrix too."""
    words = (*path.replace("]", "").replace("[", ".").split("."), *key.split("."))
    found = tuple(word for word in words if word and not word.isdecimal())
    found = found[1:] if found[:1] == ("matrix",) else found
    return found in (("source", "path"), ("session", "image"), ("timeline", "image"))


def _reference(node: Node) -> tuple[str | None, str | None]:
    """(file, checksum) of a trace as a document names it; (None, None) for anything else."""
    if isinstance(node, Scalar):
        return (node.value, None) if isinstance(node.value, str) and node.value else (None, None)
    if isinstance(node, Listing):
        return None, None
    values = {entry.key: entry.value for entry in node.entries}
    texts = {
        key: value.value
        for key, value in values.items()
        if isinstance(value, Scalar) and isinstance(value.value, str) and value.value
    }
    if len(texts) < len(values) or not {"file"} <= set(texts) <= {"file", "sha256"}:
        return None, None
    return texts["file"], texts.get("sha256")


def _below(node: Table, folder: str) -> Table:
    """A file's profiles with the traces as a scenario beside the file's folder would name them."""
    return replace(node, entries=tuple(_moved(entry, "", folder) for entry in node.entries))


def _moved(entry: Entry, above: str, folder: str) -> Entry:
    value = entry.value
    if entry.key in ("trace", "file") and isinstance(value, Scalar):
        if isinstance(value.value, str) and above in (*_DIRECTIONS, "trace"):
            name = posixpath.join(folder, value.value)
            return replace(entry, value=replace(value, value=name))
        return entry
    if isinstance(value, Table):
        inner = tuple(_moved(e, entry.key, folder) for e in value.entries)
        return replace(entry, value=replace(value, entries=inner))
    return entry
