"""Reports of a stored run: for people, for a pull request, for a CI server."""

from __future__ import annotations

from g2gbench.report.formats import junit, markdown
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
    neither. A run that was judged again has its reports apart: what was recorded is not touched.
    """
    # matplotlib takes half a second to import: commands that write no report go without.
    from g2gbench.report.figures import illustrate, svg
    from g2gbench.report.formats import html_page

    out = run.report_path
    (out / FIGURES).mkdir(parents=True, exist_ok=True)
    if run.judged_under or not (out / SUMMARY).exists():
        write_json(out / SUMMARY, run.summary_data)
    if run.judged_under or not (out / SUMMARY_CSV).exists():
        write_text(out / SUMMARY_CSV, as_csv(run.result))
    write_text(out / SUMMARY_MD, markdown.render(run))
    write_text(out / JUNIT, junit.render(run))
    figures = illustrate.figures_of(run)
    write_text(out / REPORT_HTML, html_page.render(run, figures))
    for illustration in illustrate.for_files(run, figures):
        svg.write_files(illustration, out / FIGURES)
