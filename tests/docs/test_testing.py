"""What is said of the tests is true of them."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, read, rows

ELSEWHERE = {
    module.strip("`"): test.strip("`")
    for module, test in rows(read("docs/testing.md"), "| Module | Its tests |")
}
SESSIONS = "| File | What its sessions alone show | At night, and what holds its rule by day |"
MODULES = sorted(
    path.relative_to(ROOT)
    for path in (ROOT / "g2gbench").rglob("*.py")
    if path.name not in ("__init__.py", "__main__.py")
)
TESTS = sorted(path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))


@cache
def imports(path: Path) -> frozenset[str]:
    """Dotted names that a file imports, or names in a string as what is to be run."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_bytes())):
        match node:
            case ast.ImportFrom(module=str() as module, names=names):
                found |= {module, *(f"{module}.{name.name}" for name in names)}
            case ast.Import(names=names):
                found |= {name.name for name in names}
            case ast.Constant(value=str() as text) if text.startswith("g2gbench."):
                found.add(text)
    return frozenset(found)


def dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def has_tests_of_its_own(module: Path) -> bool:
    """A test module of its name in the folder of its package, or one there that imports it."""
    folder = Path("tests", *module.parts[1:-1])
    return folder / f"test_{module.name}" in TESTS or any(
        dotted(module) in imports(test) for test in TESTS if test.parent == folder
    )


@pytest.mark.parametrize("package", sorted({p.parts[1] for p in MODULES if len(p.parts) > 2}))
def test_every_module_is_tested_in_its_packages_folder_or_is_a_part_of_one_that_is(
    package: str,
) -> None:
    modules = [path for path in MODULES if path.parts[1] == package]
    tested = {path for path in modules if has_tests_of_its_own(path)}
    while parts := {
        path
        for path in modules
        if path not in tested
        and any(dotted(path) in imports(user) or _through(path, user) for user in tested)
    }:
        tested |= parts
    told = {path for path in modules if dotted(path) in ELSEWHERE}
    assert set(modules) - tested == told
    assert all((ROOT / ELSEWHERE[dotted(path)]).is_file() for path in told)


def _through(path: Path, user: Path) -> bool:
    """Whether the user takes it from the front of its package."""
    return dotted(path.parent) in imports(user) and path.parent != user.parent


def test_no_test_module_takes_anything_from_another() -> None:
    modules = {dotted(test) for test in TESTS if test.name.startswith("test_")}
    taken = {str(path): modules & imports(path) for path in TESTS}
    assert {path: found for path, found in taken.items() if found} == {}


def test_every_file_with_real_sessions_says_what_they_alone_show() -> None:
    told: set[str] = set()
    for cells in rows(read("docs/testing.md"), SESSIONS):
        for name in re.findall(r"`([^`]+)`", cells[0]):
            path = ROOT / name
            told |= {str(p) for p in path.glob("test_*.py")} if path.is_dir() else {str(path)}
    measured = {
        str(ROOT / path) for path in TESTS if "pytest.mark.session" in (ROOT / path).read_text()
    }
    assert told == measured - {str(ROOT / "tests" / "test_inconclusive.py"), __file__}
