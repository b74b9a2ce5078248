"""Reading a scenario from a file or a text."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from g2gbench.scenario.document.overrides import apply_overrides
from g2gbench.scenario.document.references import with_files
from g2gbench.scenario.document.yaml_tree import (
    MAX_BYTES,
    Entry,
    Scalar,
    Table,
    from_plain,
    plain,
    read_document,
)
from g2gbench.scenario.model.matrix import expand, without_matrix
from g2gbench.scenario.model.quality import QualitySection
from g2gbench.scenario.model.scenario import Scenario
from g2gbench.scenario.model.validation import expand_environment, validate
from g2gbench.scenario.network.traces import MAX_TRACE_BYTES
from g2gbench.scenario.problems import Problem, Refused, ScenarioError, ordered
from g2gbench.secrecy import Unshown


def load(
    path: Path, *, overrides: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> Scenario:
    """The scenario in a file, as ``loads``; ScenarioError also for a file that cannot be read."""
    return loads(
        Unshown(read_text(path)),  # a key may stand in it
        str(path),
        overrides=overrides,
        environment=environment,
        directory=path.parent,
    )


def loads(
    text: str,
    source_name: str = "<text>",
    *,
    overrides: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    directory: Path = Path(),
) -> Scenario:
    """The scenario in a text, each cell of its matrix validated too.

    ``overrides`` are ``path=value`` as given to ``--set``. With an ``environment``, ``${NAME}`` is
    replaced and an unset variable is an error (a run); without, references stay (validate, show).
    Files that it names (profiles, traces) are read from ``directory``. Raises ScenarioError with
    all problems found; where a file of profiles is one, with those up to there.
    """
    written, problems = read_document(text, source_name)
    tree, refused = apply_overrides(written, overrides)
    problems.extend(refused)
    expanded, unset = expand_environment(tree, environment)
    assert isinstance(expanded, Table)
    problems.extend(unset)
    expanded, unread = with_files(
        expanded, partial(_read_beside, directory), partial(_locate_beside, directory)
    )
    problems.extend(unread)
    named = expanded.get("profiles")
    if unread and named is not None and isinstance(named.value, Scalar):
        raise ScenarioError(ordered(problems))  # what they would name cannot be judged
    entry = expanded.get("matrix")
    _, wrong = expand(expanded)
    problems.extend(wrong)
    base = without_matrix(expanded) if wrong else expanded
    scenario, wrong = validate(base, complete=entry is None)
    problems.extend(wrong)
    if problems or scenario is None:
        raise ScenarioError(ordered(problems))
    return scenario


def read_bytes(path: Path, most: int) -> bytes:
    """The first ``most`` bytes of a regular file and one more, if there is one; raises Refused."""
    try:
        if path.is_dir():
            raise Refused("a directory; name the file in it")
        if path.exists() and not path.is_file():
            raise Refused("not a regular file")
        with path.open("rb") as file:
            return file.read(most + 1)
    except FileNotFoundError as error:
        raise Refused("no such file") from error
    except OSError as error:
        raise Refused(f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        if isinstance(error, Refused):
            raise
        raise Refused("cannot be read: not a usable file name") from error


def _read_beside(directory: Path, name: str) -> tuple[str, bytes]:
    path = directory / name
    return str(path), read_bytes(path, MAX_TRACE_BYTES)


def _locate_beside(directory: Path, name: str) -> str:
    path = directory / name
    try:
        read_bytes(path, 0)
    except Refused as refused:
        raise Refused(f"{refused.message}: {path}") from refused
    # Where a run goes on, it may be from another folder.
    return os.path.abspath(path)


def read_text(path: Path) -> str:
    """The text of a scenario file; raises ScenarioError when it is not one."""
    try:
        data = read_bytes(path, MAX_BYTES)
    except Refused as refused:
        raise _unreadable(path, refused.message) from refused
    if len(data) > MAX_BYTES:
        raise _unreadable(path, "larger than 1 MiB")
    if b"\0" in data:
        raise _unreadable(path, "a binary file, not YAML text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScenarioError(
            [
                Problem(
                    str(path),
                    line,
                    error.start - data.rfind(b"\n", 0, error.start),
                    message="not UTF-8 text; save the file as UTF-8",
                )
            ]
        ) from error


def _unreadable(path: Path, message: str) -> ScenarioError:
    return ScenarioError([Problem(str(path), message=message)])


def load_plain(path: Path) -> dict[str, object]:
    """The mapping in a file; raises ScenarioError for one that cannot be read, with the place."""
    tree, problems = read_document(read_text(path), str(path))
    if problems:
        raise ScenarioError(ordered(problems))
    found: dict[str, object] = plain(tree)
    return found


_AROUND = {"name": "judged-again", "target": {"kind": "loopback", "model": "lucy-2.1"}}
"""What a section needs around it to be checked as part of a scenario."""


def load_quality(path: Path) -> QualitySection:
    """The section in a file; raises ScenarioError with every problem and its place."""
    return read_quality(read_text(path), str(path))


def read_quality(text: str, source_name: str = "<text>") -> QualitySection:
    """The section in a text, whose one key is ``quality``; raises ScenarioError."""
    tree, problems = read_document(text, source_name)
    entry = tree.get("quality")
    for other in tree.entries:
        if other.key != "quality":
            refused = Refused(f'unknown key "{other.key}"', allowed=("quality",))
            problems.append(Problem.at(other.place, other.key, f'"{other.key}"', refused))
    if entry is None:
        refused = Refused("missing, and nothing else is read here", allowed=("quality",))
        problems.append(Problem.at(tree.place, "quality", "", refused))
    else:
        around = (Entry(k, tree.place, from_plain(v, tree.place)) for k, v in _AROUND.items())
        scenario, wrong = validate(Table(tree.place, (*around, entry)))
        problems.extend(wrong)
        if scenario is not None and not problems:
            return scenario.quality
    raise ScenarioError(ordered(problems))
