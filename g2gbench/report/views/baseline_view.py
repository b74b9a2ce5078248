"""View of a run's comparison with its baseline, beside its numbers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from g2gbench.errors import ExitCode, InputError
from g2gbench.report.text.headline import Headline, headline
from g2gbench.report.text.numbers import NOT_MEASURED, single
from g2gbench.store.reading import Run
from g2gbench.store.shapes import ComparedRow, ComparisonFile
from g2gbench.store.stored_json import read_as

_log = logging.getLogger(__name__)

COMPARE_HTML: Final = "compare.html"
COMPARE_JSON: Final = "compare.json"


@dataclass(frozen=True, slots=True)
class Against:
    """The comparison: ``sentence`` says how it came out, ``page`` is where all of it is.

    ``status`` is its outcome in a word, empty where there is none.

    ``exit_code`` is its own, None where there is none. ``words`` has what is shown beside a key
    number, by cell and metric.
    """

    sentence: str
    page: str
    exit_code: int | None = None
    words: Mapping[tuple[str, str], str] = field(default_factory=dict)
    status: str = ""
    base: str = ""

    def beside(self, cell: str, metric: str) -> str:
        """Return the note beside a value; empty where it was not compared."""
        return self.words.get((cell, metric), "")


NOTHING: Final = Against("", "")
"""Of a run that was compared with nothing."""


def against(run: Run) -> Against:
    """Return the run's comparison, or NOTHING."""
    stored = run.path / COMPARE_JSON
    if run.judged_under or not stored.exists():
        return NOTHING
    try:
        found = read_as(stored, ComparisonFile)
    except InputError as error:
        _log.warning("%s It is left out; to renew it: g2gbench compare", error)
        return NOTHING
    words = {(row.cell, row.metric): _words(row) for row in found.rows if row.base is not None}
    base = Path(found.base_dir).name
    sentence = f"{found.status} against the baseline {base}"
    sentence += f": {found.sentence}" if found.sentence else ""
    return Against(sentence, COMPARE_HTML, found.exit_code, words, found.status, base)


def head_of(run: Run) -> Headline:
    """The first thing that every report of a run says: how it came out against its baseline, then
    what the run itself came to.

    A regression is a failure, whatever the run's own expectations.
    """
    head = headline(run.result, run.planned)
    compared = against(run)
    if not compared.status:
        return head
    own = f"the run itself: {head.status}, {head.sentence}"
    status = "fail" if compared.exit_code == ExitCode.FAIL and head.status == "pass" else None
    return replace(head, status=status or head.status, sentence=f"{compared.sentence}; {own}")


def _words(row: ComparedRow) -> str:
    value = single(row.metric, row.base)
    if value == NOT_MEASURED:
        return ""
    return f"baseline {value}" + (f": {row.outcome}" if row.outcome else "")
