"""Reports of a stored run: for people, for a pull request, for a CI server."""

from __future__ import annotations

from g2gbench.report import junit, markdown
from g2gbench.store.files import write_json, write_text
from g2gbench.store.reading import Run
from g2gbench.store.run_directory import SUMMARY, SUMMARY_CSV, as_csv

REPORT_HTML = "report.html"
SUMMARY_MD = "summary.md"
JUNIT = "junit.xml"
FIGURES = "figures"


def write(run: Run) -> None:
    """Write every report of a run into its directory, from its stored records alone.

    summary.json and summary.csv are written where they are missing: a run that was killed has
    neither.
    """
    # matplotlib takes half a second to import: commands that write no report go without.
    from g2gbench.report import illustrate, page, svg

    if not (run.path / SUMMARY).exists():
        write_json(run.path / SUMMARY, run.summary_data)
    if not (run.path / SUMMARY_CSV).exists():
        write_text(run.path / SUMMARY_CSV, as_csv(run.summary_data))
    write_text(run.path / SUMMARY_MD, markdown.render(run))
    write_text(run.path / JUNIT, junit.render(run))
    figures = illustrate.figures_of(run)
    write_text(run.path / REPORT_HTML, page.render(run, figures))
    (run.path / FIGURES).mkdir(exist_ok=True)
    for illustration in illustrate.for_files(run, figures):
        svg.write_png(illustration, run.path / FIGURES / f"{illustration.name}.png")
