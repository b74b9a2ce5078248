"""Do the unit tests notice a fault? Seeded mutants of the pure packages, one at a time.

    python -m tests.mutation --count 60 --seed 1

Each mutant changes one comparison, operator, number, condition, call or return in a copy of the
code. The tests of its package run first, then all unit tests; a mutant that passes both survived,
and is printed with its line. Exit status 1 when more than one in twenty survived. Takes about 20 s
a mutant on two cores.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGES: Final = ("measure", "analysis", "quality", "link", "marker")
MOST_SURVIVORS: Final = 0.05
NOT_COPIED: Final = (".git", ".venv*", ".nox", ".*_cache", ".hypothesis", "__pycache__")
UNIT: Final = ("-m", "not integration and not session and not slow and not nightly")
LONGEST_S: Final = 300  # a mutant that hangs is a mutant that is noticed
_COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


class Mutant(NamedTuple):
    """One fault: at this line of this file, ``before`` has become ``after``."""

    path: Path
    line: int
    before: str
    after: str
    start: int  # of what has changed, in bytes from the beginning of the file

    @property
    def text(self) -> bytes:
        """The whole file with the fault in it."""
        whole = self.path.read_bytes()
        end = self.start + len(self.before.encode())
        return whole[: self.start] + self.after.encode() + whole[end:]


def mutants(path: Path) -> Iterator[Mutant]:
    """Every fault that a file of Python can be given."""
    whole = path.read_bytes()
    starts = [0, *accumulate(map(len, whole.splitlines(keepends=True)))]
    for node in _within_functions(ast.parse(whole)):
        after = _mutated(node)
        if after is None or not isinstance(node, ast.expr | ast.stmt):
            continue
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        yield Mutant(path, node.lineno, whole[start:end].decode(), after, start)


def _within_functions(tree: ast.Module) -> Iterator[ast.AST]:
    """Nodes of the bodies of functions: what stands outside is names, types and documentation."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in function.body:
                if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield from ast.walk(statement)


def _mutated(node: ast.AST) -> str | None:
    """The source of the node with a fault in it; None where it is given none."""
    match node:
        case ast.Compare(left=left, ops=[op], comparators=comparators):
            other = _COMPARISONS[type(op)]()
            return f"({ast.unparse(ast.Compare(left, [other], comparators))})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return f"({ast.unparse(ast.BinOp(left, _OPERATORS[type(op)](), right))})"
        case ast.BoolOp(op=ast.And(), values=values):
            return f"({ast.unparse(ast.BoolOp(ast.Or(), values))})"
        case ast.BoolOp(op=ast.Or(), values=values):
            return f"({ast.unparse(ast.BoolOp(ast.And(), values))})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return f"({ast.unparse(operand)})"
        case ast.Constant(value=bool() as value):
            return str(not value)
        case ast.Constant(value=int() | float() as value):
            return str(value + 1)
        case ast.Expr(value=ast.Call()):
            return "pass"
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            return "return None"
    return None


def drawn(count: int, seed: int) -> list[Mutant]:
    """So many, as many of each package as can be; which, the seed decides."""
    chance = random.Random(seed)
    found: list[Mutant] = []
    for package in PACKAGES:
        paths = sorted((ROOT / "g2gbench" / package).glob("*.py"))
        every = [mutant for path in paths for mutant in mutants(path)]
        found += chance.sample(every, -(-count // len(PACKAGES)))
    return chance.sample(found, count)


def is_noticed(mutant: Mutant, copy: Path) -> bool:
    """Whether a unit test fails with this fault in the copy, which is whole again afterwards."""
    place = copy / mutant.path.relative_to(ROOT)
    whole = place.read_bytes()
    place.write_bytes(mutant.text)
    try:
        near = f"tests/{mutant.path.parent.name}"
        return any(_fails(copy, tests) for tests in (near, "tests"))
    finally:
        place.write_bytes(whole)


def _fails(copy: Path, tests: str) -> bool:
    options = ["-q", "-x", "-n", "logical", "--benchmark-disable", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *UNIT, tests],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy)},
            capture_output=True,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, try, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    survived = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        without = shutil.ignore_patterns(*NOT_COPIED)
        shutil.copytree(ROOT, copy, symlinks=True, ignore=without, dirs_exist_ok=True)
        if _fails(copy, "tests"):
            sys.exit("the unit tests fail without any fault")
        for number, mutant in enumerate(drawn(given.count, given.seed), 1):
            noticed = is_noticed(mutant, copy)
            survived += not noticed
            place = f"{mutant.path.relative_to(ROOT)}:{mutant.line}"
            change = f"{_short(mutant.before)} -> {_short(mutant.after)}"
            print(f"{number} {'noticed' if noticed else 'SURVIVED'} {place}: {change}", flush=True)
    print(f"{given.count - survived} of {given.count} noticed")
    return int(survived > MOST_SURVIVORS * given.count)


def _short(text: str) -> str:
    return " ".join(text.split())[:90]


if __name__ == "__main__":
    sys.exit(main())
