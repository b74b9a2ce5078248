"""What a comparison leaves behind: a page, Markdown for a pull request, and its JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from g2gbench.report import REPORT_HTML, SUMMARY_MD, comparison_text
from g2gbench.report.baseline_view import COMPARE_HTML, COMPARE_JSON
from g2gbench.store.comparing import Comparison
from g2gbench.store.files import write_json, write_text
from g2gbench.store.reading import Run

COMPARE_MD: Final = "compare.md"


def write(comparison: Comparison, directory: Path) -> None:
    """Write compare.html, compare.md and compare.json into a directory, which is made."""
    # matplotlib takes half a second to import: a comparison that writes nothing goes without.
    from g2gbench.report import comparison_page

    directory.mkdir(parents=True, exist_ok=True)
    write_text(directory / COMPARE_MD, comparison_text.markdown(comparison))
    write_json(
        directory / COMPARE_JSON,
        {**comparison.as_plain(), "exit_code": int(comparison.exit_code())},
    )
    write_text(directory / COMPARE_HTML, comparison_page.render(comparison))


def add_to_reports(comparison: Comparison, run: Run) -> None:
    """Write the comparison beside the run's reports, and put it into its page and summary.md."""
    from g2gbench.report import page

    write(comparison, run.path)
    write_text(run.report_path / REPORT_HTML, page.render(run))
    path = run.report_path / SUMMARY_MD
    said = path.read_text(encoding="utf-8") if path.exists() else ""
    write_text(path, f"{said}\n{comparison_text.markdown(comparison, level=3)}")
