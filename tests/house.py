"""The state of the code base in numbers, to hold a change against the commit before it.

    python -m tests.house
    python -m tests.house --root ../before

Prints a Markdown table: lines and modules of the package, ``Any`` in annotations, string subscripts
in the packages that show results, modules over 400 lines, runs of six lines that occur again, and
modules that no test module imports.
"""

from __future__ import annotations

import argparse
import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
SHOWING: Final = ("report", "cli", "live")
LONG: Final = 400
RUN: Final = 6
"""Lines in a row that are no chance."""


def annotated(tree: ast.AST) -> Iterator[ast.expr]:
    """Every annotation: of arguments, results, names and aliases of types."""
    for node in ast.walk(tree):
        match node:
            case ast.arg(annotation=ast.expr() as found):
                yield found
            case ast.FunctionDef(returns=ast.expr() as found):
                yield found
            case ast.AsyncFunctionDef(returns=ast.expr() as found):
                yield found
            case ast.AnnAssign(annotation=found):
                yield found


def any_annotations(tree: ast.AST) -> int:
    """How often ``Any`` occurs in annotations."""
    named = (node for found in annotated(tree) for node in ast.walk(found))
    return sum(isinstance(node, ast.Name) and node.id == "Any" for node in named)


def string_subscripts(tree: ast.AST) -> int:
    """How often something is read by a string: ``x["name"]``, where ``x`` is no constant."""
    return sum(
        isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Load)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
        and not (isinstance(node.value, ast.Name) and node.value.id.isupper())
        for node in ast.walk(tree)
    )


def repeated_runs(texts: Sequence[str]) -> int:
    """Stretches of at least ``RUN`` lines that occur more than once, imports left out."""
    bodies = [
        [line.strip() for line in _without_imports(text) if not _is_trivial(line)] for text in texts
    ]
    windows = Counter(run for body in bodies for run in _runs(body))
    found = 0
    for body in bodies:
        again = [False, *(windows[run] > 1 for run in _runs(body))]
        found += sum(now and not before for before, now in pairwise(again))
    return found


def _runs(body: Sequence[str]) -> Iterator[tuple[str, ...]]:
    yield from (tuple(body[i : i + RUN]) for i in range(len(body) - RUN + 1))


def _without_imports(text: str) -> list[str]:
    imported = {
        number
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = enumerate(text.splitlines(), 1)
    return [line for number, line in lines if number not in imported]


def _is_trivial(line: str) -> bool:
    text = line.strip()
    return not text.strip("()[]{},:") or text.startswith("#")


def untested(root: Path) -> list[str]:
    """Modules of the package that no module below tests/ imports; a folder's sentence is none."""
    imported = {
        name
        for path in (root / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _imports(node)
    }
    package = root / "g2gbench"
    names = (
        ".".join(path.relative_to(root).with_suffix("").parts)
        for path in package.rglob("*.py")
        if path.name != "__init__.py" or len(path.read_text(encoding="utf-8").splitlines()) > 1
    )
    return sorted(name for name in names if name.removesuffix(".__init__") not in imported)


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def counts(root: Path) -> dict[str, int]:
    """Each number by its name."""
    paths = sorted((root / "g2gbench").rglob("*.py"))
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    trees = {path: ast.parse(text) for path, text in texts.items()}
    shown = [
        tree
        for path, tree in trees.items()
        if path.relative_to(root / "g2gbench").parts[0] in SHOWING
    ]
    lines = {path: len(text.splitlines()) for path, text in texts.items()}
    return {
        "modules": len(paths),
        "lines": sum(lines.values()),
        "`Any` in annotations": sum(map(any_annotations, trees.values())),
        f"string subscripts in {', '.join(SHOWING)}": sum(map(string_subscripts, shown)),
        f"modules over {LONG} lines": sum(count > LONG for count in lines.values()),
        f"runs of {RUN} lines that occur again": repeated_runs(list(texts.values())),
        "modules that no test imports": len(untested(root)),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Count and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="of another checkout")
    given = parser.parse_args(arguments)
    print("| | |\n|---|---:|")
    for name, count in counts(given.root).items():
        print(f"| {name} | {count} |")
    return 0


if __name__ == "__main__":
    main()
