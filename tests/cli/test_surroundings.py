"""Machines and users that lack something: no home, no name, closed or narrow streams."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from g2gbench.store.reading import Run
from tests.report import runs
from tests.report.runs import Recipe

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT = Path(__file__).parents[2]


def _process(
    *arguments: str, redirected: str = "", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    command = " ".join([sys.executable, "-m", "g2gbench", *arguments, redirected])
    return subprocess.run(
        ["/bin/sh", "-c", command],
        capture_output=True,
        timeout=120,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
    )


def one_figure(root: Path) -> Run:
    """A run that got no frame back: its page has one figure, and takes a fifth of the time."""
    return runs.store(root, {"default": [Recipe(frames=0, warmup=0)]})


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"PYTHONIOENCODING": "latin-1"}, id="latin-1", marks=pytest.mark.nightly),
        pytest.param({"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}, id="ascii"),
        pytest.param({"MPLBACKEND": "no such backend"}, id="backend", marks=pytest.mark.nightly),
        pytest.param({"HOME": "/nonexistent"}, id="home", marks=pytest.mark.nightly),
        pytest.param(
            {"MPLBACKEND": "no such backend", "HOME": "/nonexistent"}, id="backend and home"
        ),
    ],
)
def test_a_report_is_written_whatever_the_environment_is(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    stored = one_figure(tmp_path)
    form = "md" if "PYTHONIOENCODING" in environment else "html"
    done = _process("report", str(stored.path), "--format", form, **environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"wifi" in done.stdout
    assert (b'class="v340"' in done.stdout) == (form == "html")  # a figure was drawn


def test_a_matplotlibrc_that_cannot_be_decoded_costs_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = one_figure(tmp_path / "runs")
    for folder in (tmp_path, tmp_path / "home" / ".config" / "matplotlib"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "matplotlibrc").write_bytes(b"font.size: caf\xe9\n")
    monkeypatch.chdir(tmp_path)
    done = _process("report", str(stored.path), "--format", "html", HOME=str(tmp_path / "home"))
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"wifi" in done.stdout
    assert b'class="v340"' in done.stdout


@pytest.mark.parametrize("closed", [pytest.param(">&-", marks=pytest.mark.nightly), ">&- 2>&- <&-"])
def test_closed_streams_are_no_fault(tmp_path: Path, closed: str) -> None:
    stored = one_figure(tmp_path)
    (stored.path / "report.html").unlink(missing_ok=True)
    assert _process("report", str(stored.path), redirected=closed).returncode == 0
    assert (stored.path / "report.html").read_bytes().startswith(b"<!doctype html>")
