"""One report of a run in the form that is asked for, as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from g2gbench.report.formats import junit, markdown, openmetrics, pytest_benchmark
from g2gbench.store.reading import Run
from g2gbench.store.run_directory import as_csv


def _page(run: Run) -> str:
    # matplotlib takes half a second to import: no other form needs it.
    from g2gbench.report.formats import html_page

    return html_page.render(run)


FORMATS: Final[Mapping[str, Callable[[Run], str]]] = MappingProxyType(
    {
        "html": _page,
        "md": markdown.render,
        "junit": junit.render,
        "csv": lambda run: as_csv(run.result),
        "openmetrics": openmetrics.render,
        "pytest-benchmark": pytest_benchmark.render,
    }
)
