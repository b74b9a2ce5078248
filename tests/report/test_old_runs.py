"""A run that was stored before budgets, phases and packet logs: it still gets every report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from g2gbench import report
from g2gbench.report.formats import terminal
from g2gbench.store.reading import Run, open_run
from tests.report import runs
from tests.report.runs import Recipe
from tests.report.undrawn import undrawn

pytestmark = pytest.mark.integration

NEW = (
    "budget_ms.",
    "connect_ms.first_packet",
    "drops.display",
    "fps_1pct_low",
    "g2g_displayed_ms.",
    "late_ratio",
    "link.",
    "psnr_db.",
    "recovery_ms",
    "startup",
)


def aged(run: Run) -> Run:
    """The run without what was added since."""
    _rewrite(run.path / "run.json", lambda facts: facts.pop("calibration", None))
    _rewrite(run.path / "summary.json", _age_summary)
    for trial in run.trials:
        _rewrite(trial.path / "trial.json", _age_trial)
        frames = pq.read_table(trial.path / "frames.parquet")
        kept = [name for name in frames.column_names if not name.startswith("budget_")]
        assert len(kept) < len(frames.column_names)
        pq.write_table(frames.select(kept), trial.path / "frames.parquet")
        (trial.path / "packets.parquet").unlink(missing_ok=True)
    return open_run(run.path)


def _rewrite(path: Path, change: Any) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")


def _age_trial(trial: dict[str, Any]) -> None:
    assert trial.pop("phases") is not None
    assert trial.pop("recoveries") is not None
    trial["metrics"] = {n: v for n, v in trial["metrics"].items() if not n.startswith(NEW)}


def _age_summary(summary: dict[str, Any]) -> None:
    for cell in summary["cells"]:
        cell["metrics"] = {n: v for n, v in cell["metrics"].items() if not n.startswith(NEW)}
        for trial in cell["trials"]:
            _age_trial(trial)


CODECS = [("vp8",), ("vp8", "h264"), ("vp8", "h264", "av1", "vp9")]


@pytest.mark.parametrize("codecs", CODECS)
def test_it_gets_every_report(tmp_path: Path, codecs: tuple[str, ...]) -> None:
    with undrawn():
        assert_reported(tmp_path, codecs)


@pytest.mark.parametrize(
    "codecs", [CODECS[0], *(pytest.param(more, marks=pytest.mark.nightly) for more in CODECS[1:])]
)
def test_it_gets_every_figure(tmp_path: Path, codecs: tuple[str, ...]) -> None:
    with undrawn(pages=False):
        assert_reported(tmp_path, codecs)


def assert_reported(tmp_path: Path, codecs: tuple[str, ...]) -> None:
    recipe = Recipe(prompt="a beach", link=True, blackout=(2, 3))
    cells = {f"publish.codec={codec}": [recipe] for codec in codecs}
    run = aged(runs.store(tmp_path, cells if len(cells) > 1 else {"default": [recipe]}))
    report.write(run)
    text = (run.path / "report.html").read_text(encoding="utf-8")
    assert "its records are of a version that did not tell the parts of g2g apart" in text
    assert "There is no calibration of this machine" in text
    assert "uplink: blackout" in text  # the event is in its journal
    assert "media at the link" not in text
    for verbose in (False, True):
        lines = terminal.render(run, verbose=verbose).split("\n")
        assert max(len(line) for line in lines if str(run.path) not in line) <= 80
    assert (run.path / "summary.md").read_text(encoding="utf-8").startswith("## ")
