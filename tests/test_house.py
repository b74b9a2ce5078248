"""The numbers of the code base are counted as they say."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests import house


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("def f(x: Any) -> dict[str, Any]: ...", 2),
        ("async def f() -> Any: ...", 1),
        ("x: Mapping[str, Any] = {}", 1),
        ("Any = 3\ny: int = Any", 0),
    ],
)
def test_any_counts_where_it_annotates(source: str, count: int) -> None:
    assert house.any_annotations(ast.parse(source)) == count


def test_a_string_subscript_counts_where_it_is_read() -> None:
    tree = ast.parse('x["a"]["b"]; x["c"] = 1; x[0]; x[name]; LIGHT["ink"]')
    assert house.string_subscripts(tree) == 2


def test_a_run_that_occurs_again_counts_once_a_place() -> None:
    run = "\n".join(f"x{i} = {i}" for i in range(7))
    assert house.repeated_runs([f"{run}\ny = 1", f"z = 2\n{run}"]) == 2
    assert house.repeated_runs([run, "\n".join(f"from x import y{i}" for i in range(9))]) == 0


def test_the_package_is_counted_and_a_module_that_no_test_imports_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text("from g2gbench.report import a\n")
    report = tmp_path / "g2gbench" / "report"
    report.mkdir(parents=True)
    (report / "a.py").write_text('def f(x: Any) -> None:\n    x["a"]\n')
    (report / "b.py").write_text("y = 1\n" * 401)
    assert house.untested(tmp_path) == ["g2gbench.report.b"]
    house.main(["--root", str(tmp_path)])
    said = capsys.readouterr().out
    for row in ("modules | 2", "annotations | 1", "live | 1", "400 lines | 1", "imports | 1"):
        assert f"{row} |" in said
