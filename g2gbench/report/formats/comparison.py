"""Files of a comparison: a page, Markdown for a pull request, and its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from g2gbench.report import JUNIT, REPORT_HTML, SUMMARY_MD
from g2gbench.report.formats import comparison_text, junit, markdown
from g2gbench.report.text import comparison_words
from g2gbench.report.views.baseline_view import COMPARE_HTML, COMPARE_JSON
from g2gbench.store.comparing import Comparison
from g2gbench.store.files import write_json, write_text
from g2gbench.store.reading import Run
from g2gbench.store.run_directory import SUMMARY

COMPARE_MD: Final = "compare.md"


def write(comparison: Comparison, directory: Path) -> None:
    """Write compare.html, compare.md and compare.json into a directory, which is made."""
    # matplotlib takes half a second to import: a comparison that writes nothing goes without.
    from g2gbench.report.formats import comparison_html

    directory.mkdir(parents=True, exist_ok=True)
    write_text(directory / COMPARE_MD, comparison_text.markdown(comparison))
    write_json(
        directory / COMPARE_JSON,
        as_json(comparison),
    )
    write_text(directory / COMPARE_HTML, comparison_html.render(comparison))


def as_json(comparison: Comparison, exit_code: int | None = None) -> dict[str, object]:
    """The comparison as JSON, what it came to first."""
    code = int(comparison.exit_code()) if exit_code is None else exit_code
    plain = comparison.as_plain()
    sentence = comparison_words.words(comparison).sentence
    return {
        "schema": plain.pop("schema"),
        "status": comparison.status,
        "exit_code": code,
        "sentence": sentence,
        **plain,
    }


def in_summary(summary: Mapping[str, object], comparison: Comparison) -> dict[str, object]:
    """A run's summary with its comparison, before its cells."""
    cells = {key: summary[key] for key in summary if key == "cells"}
    before = {k: v for k, v in summary.items() if k not in ("cells", "comparison")}
    return {**before, "comparison": as_json(comparison), **cells}


def add_to_reports(comparison: Comparison, run: Run) -> None:
    """Write the comparison beside the run's reports, and its outcome into each of them."""
    from g2gbench.report.formats import html_page

    write(comparison, run.path)
    write_json(run.path / SUMMARY, in_summary(run.summary_data, comparison))
    write_text(run.report_path / REPORT_HTML, html_page.render(run))
    write_text(run.report_path / JUNIT, junit.render(run))
    text = f"{markdown.render(run)}\n{comparison_text.markdown(comparison, level=3)}"
    write_text(run.report_path / SUMMARY_MD, text)
