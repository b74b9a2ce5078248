"""The tree of errors is drawn whole."""

from __future__ import annotations

import ast
from pathlib import Path

from g2gbench import errors

PACKAGE = Path(errors.__file__).parent


def test_every_error_of_the_package_is_in_the_drawing() -> None:
    classes = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ClassDef)
    }
    found = {"G2GBenchError"}
    while more := {name for name, bases in classes.items() if bases & found and name not in found}:
        found |= more
    assert errors.__doc__ is not None
    missing = {name for name in found if name not in errors.__doc__}
    assert not missing
    assert len(found) > 10
