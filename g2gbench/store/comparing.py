"""Two stored runs compared: refused where they are not alike, else row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from g2gbench.analysis.comparability import (
    EVERYTHING,
    Conditions,
    Difference,
    differences,
    not_allowed,
)
from g2gbench.analysis.comparison import (
    JUDGED,
    PRIMARY,
    Asked,
    Outcome,
    Row,
    compare_trials,
    status_of,
)
from g2gbench.analysis.effect_floors import Floor, parse_floor
from g2gbench.analysis.trials import TrialResult, finite
from g2gbench.errors import ExitCode, InputError
from g2gbench.measure.registry import METRICS
from g2gbench.scenario.problems import Refused, nearest_name
from g2gbench.store import baselines, noise
from g2gbench.store.named_files import scenario_of_run
from g2gbench.store.reading import Run
from g2gbench.store.shapes import NoiseOfScenario

SCHEMA: Final = 1


class Words(NamedTuple):
    """Words of the caller for the options of a comparison; a name is put in."""

    floor: str
    metric: str
    allow: str


COMMAND: Final = Words("--floor {}", "--metric {}", "--allow {}")
PYTHON: Final = Words("floors: {}", 'metrics=["{}"]', 'allow=["{}"]')


@dataclass(frozen=True)
class Comparison:
    """A base and a candidate, row by row.

    ``unlike`` differs and was let through; ``left_out`` are cells that only one side has;
    ``asked`` is what was to be judged; ``noise`` what is known of this machine's noise; ``second``
    are the runs that were made to confirm a regression.
    """

    base: Run
    candidate: Run
    rows: tuple[Row, ...]
    unlike: tuple[Difference, ...] = ()
    left_out: tuple[str, ...] = ()
    asked: Asked = field(default_factory=Asked)
    noise: NoiseOfScenario | None = None
    second: tuple[Run, ...] = ()

    def __repr__(self) -> str:
        sides = f"{str(self.base.path)!r}, {str(self.candidate.path)!r}"
        return f"Comparison({self.status}, {len(self.rows)} rows, {sides})"

    def _repr_html_(self) -> str:
        """In a notebook: a line a row, in the metric's own unit."""
        table = pd.DataFrame(
            [
                {
                    "cell": row.cell,
                    "metric": row.metric,
                    "base": row.base,
                    "candidate": row.candidate,
                    "difference": None if row.shift is None else row.shift.value,
                    "outcome": row.outcome or row.reason,
                }
                for row in self.rows
            ]
        )
        return f"<p><b>{self.status}</b></p>{table.to_html(index=False, na_rep='–', border=0)}"

    @property
    def status(self) -> Outcome:
        """no difference, improvement, regression or inconclusive."""
        return status_of(self.rows)

    @property
    def compared(self) -> bool:
        """Whether any row has a difference that is judged."""
        return any(row.judged and row.shift is not None for row in self.rows)

    def exit_code(self, *, fail_on_inconclusive: bool = False) -> ExitCode:
        """1 for a regression (for doubt too where asked), 3 when nothing could be compared."""
        if self.status == "regression":
            return ExitCode.FAIL
        if not self.compared:
            return ExitCode.INVALID
        if fail_on_inconclusive and self.status == "inconclusive":
            return ExitCode.FAIL
        return ExitCode.PASS

    def as_plain(self) -> dict[str, Any]:
        """The object that ``compare --json`` prints."""
        return {
            "schema": SCHEMA,
            "status": self.status,
            "base_dir": str(self.base.path),
            "candidate_dir": str(self.candidate.path),
            "unlike": [
                {"name": u.name, "base": u.base, "candidate": u.candidate} for u in self.unlike
            ],
            "left_out": list(self.left_out),
            "noise": None if self.noise is None else self.noise.taken,
            "second_dirs": [str(run.path) for run in self.second],
            "rows": [_plain(row) for row in self.rows],
        }


def compare(
    base: Run | Path | str,
    candidate: Run | Path | str,
    *,
    metrics: Sequence[str] = (),
    floors: Mapping[str, str] | Sequence[str] = (),
    allow: Sequence[str] = (),
    noise_path: Path | None = None,
    primary: str = PRIMARY,
    words: Words = PYTHON,
) -> Comparison:
    """Compare two stored runs over their valid trials.

    Args:
        base: what is held against: a run, its directory, or the name of a baseline.
        candidate: what may be worse, likewise.
        metrics: judge these instead of the usual ones.
        floors: effect floors as written: ``{"g2g_ms.p95": "20ms", "fps": "3%"}``, or each as
            ``g2g_ms.p95=20ms``.
        allow: differences to let through, by name: ``publish.codec``, ``machine``, or ``all``.
        primary: the metric that is tested first, at the full level.
        noise_path: where the machine's noise is kept; default the user's data folder.
        words: how what is refused is called.

    Raises InputError for what is no run, for an unknown metric, and for runs that are not alike.

    """
    base, candidate = _opened(base), _opened(candidate)
    noise.refuse_twice((base, candidate))
    if isinstance(floors, Mapping):
        floors = [f"{name}={value}" for name, value in floors.items()]
    asked_floors = read_floors(floors, words)
    check(metrics, asked_floors, primary, words)
    unlike = differences(conditions(base), conditions(candidate))
    refuse(unlike, allow, words)
    cells, left_out = _cells(base, candidate)
    known = noise.load(base, noise_path)
    asked = Asked(tuple(metrics), asked_floors, noise.by_metric(known), primary)
    rows = compare_trials(_results(base), _results(candidate), cells, asked)
    return Comparison(base, candidate, rows, unlike, left_out, asked, known)


def check(
    metrics: Sequence[str], floors: Mapping[str, Floor], primary: str, words: Words = COMMAND
) -> None:
    """Raise InputError for metrics that are none, or that are not judged and should be."""
    for name in (*metrics, primary):
        known_metric(name)
    judged = metrics or JUDGED
    if primary != PRIMARY and primary not in judged:
        raise InputError(f"{primary} is not judged, so it cannot be tested first: judge it too")
    for name in floors:
        if name not in judged:
            what, add = words.floor.format(name), words.metric.format(name)
            raise InputError(f"{what}: it is not judged; add {add}")


def conditions(run: Run) -> Conditions:
    """Return the conditions that a run was measured under."""
    started = [t.session.started for t in run.trials if t.status == "ok"]
    known = [record for record in started if record is not None]
    return Conditions(
        scenario=scenario_of_run(run.facts),
        machine=run.file.machine.model_dump(),
        version=run.file.g2gbench,
        clients=frozenset(record.client for record in known),
        markers=frozenset(record.marker for record in known),
    )


def refuse(unlike: Sequence[Difference], allow: Sequence[str], words: Words = COMMAND) -> None:
    """Raise InputError, naming them, for differences that are not let through."""
    found = not_allowed(unlike, allow)
    if not found:
        return
    lines = "".join(f"\n  {one}" for one in found)
    names = " ".join(words.allow.format(name) for name in dict.fromkeys(u.name for u in found))
    raise InputError(
        f"the two runs are not alike:{lines}\n"
        f"A difference between them would not be the candidate's alone. To compare them all the "
        f"same: {names} (or {words.allow.format(EVERYTHING)})"
    )


def read_floors(texts: Sequence[str], words: Words = COMMAND) -> dict[str, Floor]:
    """Effect floors as users write them, ``METRIC=VALUE``, by metric; raises InputError."""
    found: dict[str, Floor] = {}
    for text in texts:
        known_metric(text.partition("=")[0].strip())
        try:
            metric, floor = parse_floor(text)
        except Refused as error:
            allowed = f"; allowed: {', '.join(error.allowed)}" if error.allowed else ""
            what = words.floor.format(text)
            raise InputError(f"{what}: {error.message or 'not usable'}{allowed}") from error
        found[metric] = floor
    return found


def known_metric(name: str) -> None:
    """Raise InputError, with the nearest name, for what is no metric of the registry."""
    if name in METRICS:
        return
    nearest = nearest_name(name, METRICS)
    meant = f"; did you mean {nearest}?" if nearest else "; docs/metrics.md lists them"
    raise InputError(f'unknown metric "{name}"{meant}')


def _opened(run: Run | Path | str) -> Run:
    return run if isinstance(run, Run) else baselines.find(str(run))


def _results(run: Run) -> list[TrialResult]:
    return [trial.result for trial in run.trials]


def _cells(base: Run, candidate: Run) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The cells of both, and those of one alone."""
    sides = [[cell.cell for cell in run.file.cells] for run in (base, candidate)]
    both = tuple(cell for cell in sides[0] if cell in sides[1])
    if not both:
        raise InputError(
            "the two runs have no cell in common: "
            f"{', '.join(sides[0])} against {', '.join(sides[1])}"
        )
    alone = dict.fromkeys(cell for cell in [*sides[0], *sides[1]] if cell not in both)
    return both, tuple(alone)


def _plain(row: Row) -> dict[str, object]:
    found, floor = row.shift, row.floor
    return {
        "cell": row.cell,
        "metric": row.metric,
        "primary": row.primary,
        "unit": METRICS[row.metric].unit,
        "base": finite(row.base),
        "candidate": finite(row.candidate),
        "difference": None if found is None else finite(found.value),
        "low": None if found is None else finite(found.low),
        "high": None if found is None else finite(found.high),
        "coverage": None if found is None else found.coverage,
        "effect_floor": None if floor is None else floor.value,
        "floor_source": None if floor is None else floor.source,
        "p_value": row.p_value,
        "p_adjusted": row.p_adjusted,
        "outcome": row.outcome,
        "more_repeats": row.more_repeats,
        "n_base": len(row.base_values),
        "n_candidate": len(row.candidate_values),
        "confirmed": row.confirmed,
        "reason": row.reason,
    }
