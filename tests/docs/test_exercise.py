"""The newcomer's exercise, carried out on a copy of the package."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, fences, read, section

HEAD = re.compile(r"# (?P<file>\S+), (?P<where>new|after|before|instead of)(?:: (?P<line>.*))?")
TRIED = """
import asyncio, sys
from pathlib import Path

import g2gbench
from g2gbench.client.process import _media
from g2gbench.report.formats.exports import FORMATS
from g2gbench.scenario import cells
from g2gbench.trial.plan import client_plan, trials
from tests.report import runs

assert g2gbench.__file__.startswith(sys.argv[1]), g2gbench.__file__
run = runs.passing(Path(sys.argv[1]) / "runs")
(cell,) = run.result.cells
assert cell.metrics["captured_frames"].value > 100
(check,) = [one for one in run.trials[0].checks if one.check == "few_frames"]
assert check.ok
assert FORMATS["line"](run) == f"{run.name}: pass\\n"
assert "captured_frames" in FORMATS["md"](run) + FORMATS["openmetrics"](run)
text = "name: a\\ntarget: {kind: loopback, model: lucy-2.1}\\nclient: {kind: twin}\\n"
plan = client_plan(trials(cells(g2gbench.load_scenario_text(text)))[0])
print(asyncio.run(_media(plan)).kind)
"""


def carried_out(block: str, root: Path) -> None:
    """Put one block where its first line says."""
    head, _, body = block.partition("\n")
    found = HEAD.fullmatch(head)
    assert found, head
    path = root / found["file"]
    if found["where"] == "new":
        path.write_text(body, encoding="utf-8")
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    (at,) = [i for i, line in enumerate(lines) if line.strip() == found["line"]]
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    added = textwrap.indent(body.rstrip("\n"), indent).splitlines()
    first, last = {"before": (at, at), "after": (at + 1, at + 1), "instead of": (at, at + 1)}[
        found["where"]
    ]
    lines[first:last] = added
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.integration
def test_a_metric_a_check_a_report_form_and_a_client_kind_are_added_as_it_says(
    tmp_path: Path,
) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("g2gbench", "tests", "scenarios"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    blocks = fences(
        section(read("docs/architecture.md"), "An exercise: one place each"), "exercise"
    )
    assert len(blocks) == 10
    for block in blocks:
        carried_out(block, tmp_path)
    said = subprocess.run(
        [sys.executable, "-c", TRIED, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stdout) == (0, "twin\n"), said.stderr
