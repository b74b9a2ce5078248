"""The report in reports/sample: a real run, small, whole, and free of where it was made."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from g2gbench.report.formats import html_page
from g2gbench.store.reading import open_run
from tests.report.undrawn import undrawn

ROOT: Final = Path(__file__).resolve().parents[2]
SAMPLE: Final = ROOT / "reports" / "sample"


def test_the_sample_is_a_run_that_can_be_read_and_reported_again() -> None:
    run = open_run(SAMPLE)
    assert run.status == "fail"
    assert [trial.status for trial in run.trials] == ["ok"] * 3
    assert len(run.frames()) > 2500
    with undrawn():
        text = html_page.render(run)
    assert "<b>Fail:</b> drop ratio was 20.1 %" in text
    assert len((SAMPLE / "report.html").read_bytes()) < 3_000_000


def test_every_file_of_it_is_small_and_names_no_directory_of_its_maker() -> None:
    files = [path for path in SAMPLE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 4_000_000
    for path in files:
        found = path.read_bytes()
        assert b"/tmp/" not in found, path
        assert b"/home/" not in found, path


def test_the_readme_shows_it() -> None:
    assert "(reports/sample/report.html)" in (ROOT / "README.md").read_text(encoding="utf-8")
