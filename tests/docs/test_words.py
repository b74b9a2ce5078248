"""Code and documents keep to the words of the field; the glossary has each term once."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias, get_args

import pytest

from tests.docs.documents import ROOT, read

PLAINLY: Final[Mapping[str, str]] = {
    r"so many-?e?th": "every Nth",
    r"(is|are|was|were|been) told\b": "is reported, sent, logged, printed, shown",
    r"round the link": "past the link",
    r"\bof ours\b": "the instrument's own, this session's",
    r"\bcomes? to (?!an end)": "arrives at, results in",
}
"""Private turns of phrase, and what an engineer of the field says instead."""

SUFFIXES: Final = (".py", ".md", ".j2", ".json", ".yaml", ".toml", ".js", ".css")
FOLDERS: Final = ("g2gbench", "tests", "docs", "scenarios")
LEFT_OUT: Final = ("CHANGELOG.md", "test_words.py")


def files() -> list[Path]:
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    return [
        path
        for path in [*ROOT.glob("*"), *inside]
        if path.suffix in SUFFIXES and path.name not in LEFT_OUT
    ]


@pytest.mark.parametrize("phrase", PLAINLY)
def test_no_private_turn_of_phrase_is_left(phrase: str) -> None:
    pattern = re.compile(phrase, re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, f"say {PLAINLY[phrase]}:\n" + "\n".join(found)


QUESTIONS: Final = ("What", "Whether", "Who", "How", "Which", "When", "Where", "Why")


Documented: TypeAlias = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@cache
def documented() -> list[tuple[str, Documented]]:
    """Each module, class and function of the package, with its place."""
    return [
        (f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}", node)
        for path in (ROOT / "g2gbench").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, get_args(Documented))
    ]


def is_property(node: Documented) -> bool:
    decorators = [] if isinstance(node, ast.Module) else node.decorator_list
    return any("property" in ast.unparse(decorator) for decorator in decorators)


def test_a_docstring_begins_with_a_noun_or_an_imperative_and_no_question() -> None:
    """A property may say ``Whether``: it is a value, and no action."""
    asked = [
        place
        for place, node in documented()
        if (word := (ast.get_docstring(node) or "").split(" ")[0]) in QUESTIONS
        and not (word == "Whether" and is_property(node))
    ]
    assert not asked


SPOKEN: Final = re.compile(r"(^|_)(told|said|hears?|heard)(_|$)")


def test_nothing_of_the_package_is_named_by_speech() -> None:
    """Returned, reported, logged, sent and received are five things; told is a sixth word."""
    spoken = [
        f"{place} {node.name}"
        for place, node in documented()
        if not isinstance(node, ast.Module) and SPOKEN.search(node.name)
    ]
    assert not spoken


def terms() -> list[list[str]]:
    lines = read("docs/glossary.md").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return [row for row in cells if row[0] not in ("Term", "---")]


def test_the_glossary_has_each_term_once_and_says_what_it_means() -> None:
    found = terms()
    assert len(found) >= 50
    names = [name.strip() for row in found for name in re.split(r"[,;]", row[0])]
    assert all(len(row) == 3 and row[1] for row in found)
    assert len(set(names)) == len(names)


def test_the_terms_of_each_table_are_in_alphabetical_order() -> None:
    for table in read("docs/glossary.md").split("|---|---|---|\n")[1:]:
        rows = [line.split("|")[1].strip().lower() for line in table.splitlines() if "|" in line]
        rows = rows[: len([line for line in table.split("\n\n")[0].splitlines() if line])]
        assert rows == sorted(rows)
