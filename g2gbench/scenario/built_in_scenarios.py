"""Scenarios that come with this package: known by their name, in any folder.

There is one copy of them in the source tree, ``scenarios/`` beside the package; a wheel has it
inside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from g2gbench.scenario.problems import Problem, ScenarioError, nearest_name

SCHEMA: Final = "scenario.schema.json"
_HERE: Final = Path(__file__).parent
_INSTALLED: Final = _HERE / "shipped"
_SOURCE: Final = _HERE.parents[1] / "scenarios"
_SCHEMA_LINE: Final = f"# yaml-language-server: $schema=./{SCHEMA}"


def folder() -> Path:
    """Return where they are: inside of an installed package, else in the source tree."""
    return _INSTALLED if _INSTALLED.is_dir() else _SOURCE


def built_in() -> dict[str, Path]:
    """The file of each, by name."""
    return {path.stem: path for path in sorted(folder().glob("*.yaml"))}


def is_name(argument: Path | str) -> bool:
    """Return whether it can only be a name: no existing path, no separator, no suffix."""
    path = Path(argument)
    try:
        there = path.exists()
    except (OSError, ValueError):  # no file can be called so
        return False
    return not there and path.name == str(argument) and not path.suffix


def find(argument: Path | str) -> Path:
    """The file that an argument means; raises ScenarioError for a name that there is not."""
    if not is_name(argument):
        return Path(argument)
    return named(str(argument))


def named(name: str) -> Path:
    """The file of a built-in scenario; raises ScenarioError when there is none."""
    known = built_in()
    if name in known:
        return known[name]
    message = "neither a file nor a built-in scenario; g2gbench scenario list names them"
    raise ScenarioError([Problem(name, message=message, nearest=nearest_name(name, known))])


def to_edit(name: str, beside: Path) -> str:
    """The text of a built-in scenario, for a file in a folder: its schema line holds from there."""
    text = named(name).read_text(encoding="utf-8")
    if (beside / SCHEMA).is_file():
        return text
    return text.replace(
        _SCHEMA_LINE, _SCHEMA_LINE.replace(f"./{SCHEMA}", str(folder() / SCHEMA)), 1
    )
