from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from g2gbench.report.formats.exports import FORMATS
from g2gbench.store.reading import open_run
from tests.cli.calling import call
from tests.report import runs
from tests.report.runs import Recipe
from tests.report.undrawn import undrawn

pytestmark = pytest.mark.integration


def report(
    capfd: pytest.CaptureFixture[str], *arguments: str, drawn: bool = False
) -> tuple[int, str, str]:
    """What ``g2gbench report`` ends with and prints; its figures are empty frames unless asked."""
    with nullcontext() if drawn else undrawn():
        return call(capfd, "report", *arguments)


def recorded(root: Path, **cells: Recipe) -> Path:
    named = {name: [recipe] for name, recipe in (cells or {"default": Recipe()}).items()}
    return runs.store(root, named, expect=["quality >= fair"]).path


def thresholds(root: Path, g2g: str) -> str:
    path = root / "mine.yaml"
    path.write_text(f"quality: {{latency: {{g2g: {g2g}}}}}\n", encoding="utf-8")
    return str(path)


def test_reports_are_written_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = recorded(tmp_path)
    code, out, err = report(capfd, str(run), drawn=True)
    assert (code, err) == (0, "")
    assert out.startswith("PASS")
    assert (run / "report.html").exists()
    assert not (run / "judged-again").exists()


@pytest.mark.parametrize(
    ("g2g", "code", "quality"),
    [("[500ms, 900ms, 2s]", 0, "good"), ("[1ms, 2ms, 9s]", 1, "poor, limited by latency")],
)
def test_a_recorded_run_is_judged_under_other_bounds(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], g2g: str, code: int, quality: str
) -> None:
    run = recorded(tmp_path)
    summary = (run / "summary.json").read_bytes()
    found, out, _ = report(capfd, str(run), "--thresholds", thresholds(tmp_path, g2g))
    assert found == code
    words = " ".join(out.split())
    assert "Judged again under" in words
    assert "the recorded verdict was pass, quality good" in words
    assert f"Quality was {quality}" in words
    page = (run / "judged-again" / "mine" / "report.html").read_text(encoding="utf-8")
    assert "Judged again under" in page
    assert (run / "summary.json").read_bytes() == summary
    assert not (run / "report.html").exists()


def test_of_several_runs_a_failure_is_told_first(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    failing = recorded(tmp_path / "a", default=Recipe(g2g_ms=400))
    invalid = recorded(tmp_path / "b", default=Recipe(skipped=20))
    mine = thresholds(tmp_path, "[300ms, 310ms, 9s]")
    assert report(capfd, str(invalid), str(failing), "--thresholds", mine)[0] == 1
    assert report(capfd, str(invalid), "--thresholds", mine)[0] == 3


def test_a_file_with_a_mistake_is_refused_before_anything_is_written(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = recorded(tmp_path)
    code, out, err = report(capfd, str(run), "--thresholds", thresholds(tmp_path, "[2s, 1s, 3s]"))
    assert (code, out) == (2, "")
    assert "must ascend from good to poor" in err
    assert not (run / "judged-again").exists()


@pytest.mark.parametrize("form", FORMATS)
def test_a_run_is_printed_in_the_form_that_is_asked_for(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], form: str
) -> None:
    run = recorded(tmp_path / "runs")
    before = sorted(run.iterdir())
    code, out, err = report(capfd, str(run), "--format", form)
    assert (code, err) == (0, "")
    with undrawn():
        assert out == FORMATS[form](open_run(run))
    assert sorted(run.iterdir()) == before
    target = tmp_path / "deep" / "file"
    assert report(capfd, str(run), "--format", form, "-o", str(target)) == (0, "", "")
    assert target.read_text(encoding="utf-8") == out


def test_a_run_judged_again_is_printed_as_it_was_judged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = recorded(tmp_path)
    mine = thresholds(tmp_path, "[1ms, 2ms, 9s]")
    code, out, _ = report(capfd, str(run), "--thresholds", mine, "--format", "junit")
    assert code == 1
    assert "<failure" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("RUN", "RUN", "--format", "md"), "--format takes one run"),
        (("RUN", "-o", "x"), "--output needs a --format"),
        (("RUN", "--format", "pdf"), "'pdf' is not one of"),
        (("RUN", "--format", "md", "-o", "RUN/run.json/x"), "cannot be written"),
    ],
)
def test_what_cannot_be_printed_is_bad_input(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    run = str(recorded(tmp_path))
    code, out, err = report(capfd, *(word.replace("RUN", run) for word in arguments))
    assert (code, out) == (2, "")
    assert said in err


def test_one_run_that_cannot_be_read_is_named_and_the_others_are_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "run.json").write_text("{", encoding="utf-8")
    run = recorded(tmp_path / "good")
    code, out, err = report(capfd, str(tmp_path / "bad"), str(run))
    assert code == 2
    assert out.startswith("PASS")
    assert err.startswith(f"error: {tmp_path / 'bad' / 'run.json'} cannot be read as JSON")


def test_reports_that_cannot_be_written_are_bad_input(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = recorded(tmp_path)
    (run / "figures").write_text("in the way", encoding="utf-8")
    code, _, err = report(capfd, str(run))
    assert code == 2
    assert err == f"error: {run / 'figures'} cannot be written: File exists\n"
