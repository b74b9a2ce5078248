"""Reading a scenario from a file or a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from g2gbench.scenario.document import MAX_BYTES, Table, read_document
from g2gbench.scenario.matrix import expand, without_matrix
from g2gbench.scenario.overrides import apply_overrides
from g2gbench.scenario.problems import Problem, ScenarioError, ordered
from g2gbench.scenario.scenario import Scenario
from g2gbench.scenario.validation import expand_environment, validate


def load(
    path: Path, *, overrides: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> Scenario:
    """The scenario in a file, as ``loads``; ScenarioError also for a file that cannot be read."""
    return loads(read_text(path), str(path), overrides=overrides, environment=environment)


def loads(
    text: str,
    source_name: str = "<text>",
    *,
    overrides: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Scenario:
    """The scenario in a text, each cell of its matrix validated too.

    ``overrides`` are ``path=value`` as given to ``--set``. With an ``environment``, ``${NAME}`` is
    replaced and an unset variable is an error (a run); without, references stay (validate, show).
    Raises ScenarioError with all problems found.
    """
    written, problems = read_document(text, source_name)
    tree, refused = apply_overrides(written, overrides)
    problems.extend(refused)
    expanded, unset = expand_environment(tree, environment)
    assert isinstance(expanded, Table)
    problems.extend(unset)
    entry = expanded.get("matrix")
    _, wrong = expand(expanded)
    problems.extend(wrong)
    base = without_matrix(expanded) if wrong else expanded
    scenario, wrong = validate(base, complete=entry is None)
    problems.extend(wrong)
    if problems or scenario is None:
        raise ScenarioError(ordered(problems))
    return scenario


def read_text(path: Path) -> str:
    """The text of a scenario file; raises ScenarioError when it is not one."""
    try:
        if path.is_dir():
            raise _unreadable(path, "a directory; name the scenario file in it")
        if path.exists() and not path.is_file():
            raise _unreadable(path, "not a regular file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise _unreadable(path, "no such file") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable file name"
        raise _unreadable(path, f"cannot be read: {reason}") from error
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
