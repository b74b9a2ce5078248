from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from g2gbench.measure.records import Event
from g2gbench.report.views import series as series_module
from g2gbench.report.views.series import MOST_INTERVALS, Series, _seconds, series_of, step_of
from g2gbench.store.reading import Run
from tests.report import runs
from tests.report.conftest import Reported
from tests.report.runs import Recipe


def first(run: Run) -> Series:
    return series_of(run.trials[0])


def test_seconds_are_counted_from_the_end_of_the_warm_up(reported: Reported) -> None:
    series = first(reported["pass"])
    assert series.warm
    assert series.begin_s == pytest.approx(-2.0, abs=0.01)
    assert series.end_s == pytest.approx(6.0)
    assert series.edges_s.tolist() == pytest.approx([-1.999, -1, 0, 1, 2, 3, 4, 5, 6])
    assert (series.captured_s[series.steady] >= 0).all()


def test_percentiles_of_a_second_are_those_of_the_frames_captured_in_it(
    reported: Reported,
) -> None:
    series = first(reported["pass"])
    inside = (series.captured_s >= 3) & (series.captured_s < 4)
    assert series.p50_ms[5] == np.percentile(series.g2g_ms[inside], 50)
    assert series.p95_ms[5] == np.percentile(series.g2g_ms[inside], 95)
    assert series.low_ms[5] == series.g2g_ms[inside].min()


def test_frames_that_never_came_back_are_told_by_phase(reported: Reported) -> None:
    run = reported["pass"]
    lost = {name: len(at_s) for name, at_s in first(run).lost_s.items()}
    drops = run.trials[0].result.metrics
    assert lost.pop("unreadable") == 0
    assert lost == {name: drops[f"drops.{name}"].value or 0 for name in lost}
    assert sum(lost.values()) == 1


def test_freezes_are_those_that_the_metric_counts(reported: Reported) -> None:
    for trial in reported["fail"].trials:
        freezes = series_of(trial).freezes
        metrics = trial.result.metrics
        assert len(freezes) == metrics["freeze_count"].value
        assert sum(length for _, length in freezes) == pytest.approx(metrics["freeze_ms"].value)


def test_the_bitrate_is_that_between_two_snapshots(reported: Reported) -> None:
    series = first(reported["pass"])
    assert series.sent_mbps.tolist() == pytest.approx([2.0] * len(series.sent_mbps))
    assert len(series.sent_edges_s) == len(series.sent_mbps) + 1


def test_events_of_the_timeline_are_marked(reported: Reported) -> None:
    (mark,) = first(reported["pass"]).marks
    assert mark[0] == pytest.approx(2.0)
    assert mark[1] == "new prompt"


def network(at_s: float, label: str, *, restored: bool) -> Event:
    start_ns = runs.LIVE_NS + 2 * runs.SECOND
    return Event(start_ns + round(at_s * 1e9), "network", {"label": label, "restored": restored})


def test_a_change_of_the_network_is_named_by_what_it_changes_to(tmp_path: Path) -> None:
    changes = (
        network(1, "uplink: " + "capacity 300kbps " * 4, restored=False),
        network(2, "", restored=False),
        network(3, "back to wifi", restored=True),
    )
    series = first(runs.store(tmp_path, {"default": [Recipe(more=changes)]}))
    assert [name for _, name in series.marks] == [
        "uplink: capacity 300kbps capacity 3…",
        "network changes",
        "back to wifi",
    ]
    # From the first change until the network of the beginning is back.
    ((start_s, end_s),) = series.impaired_s
    assert (round(start_s, 6), round(end_s, 6)) == (1.0, 3.0)


def test_a_network_that_was_never_impaired_is_not_marked_as_such(tmp_path: Path) -> None:
    recipe = Recipe(more=(network(1, "back to wifi", restored=True),))
    assert first(runs.store(tmp_path, {"default": [recipe]})).impaired_s == ()


def test_a_trial_that_never_got_warm_counts_from_its_first_capture(tmp_path: Path) -> None:
    kept = runs.records(Recipe())
    warm = next(i for i, r in enumerate(kept) if getattr(r, "phase", "") == "measure")
    run = runs.store(tmp_path, {"default": [Recipe(cut=warm)]}, killed=True)
    series = first(run)
    assert not series.warm
    assert series.empty
    assert series.freezes == ()


def test_a_trial_without_a_frame_is_empty(reported: Reported) -> None:
    series = first(reported["unreachable"])
    assert series.empty
    assert len(series.sent_mbps) == 0


def test_a_long_session_has_no_more_intervals_than_a_figure_shows() -> None:
    for length_s, step in ((20, 1), (600, 1), (601, 2), (3608, 7)):
        assert step_of(-8.0, length_s - 8.0) == step
        edges = _seconds(-8.0, length_s - 8.0)
        assert len(edges) - 1 <= MOST_INTERVALS + 1
        assert (edges[0], edges[-1]) == (-8.0, length_s - 8.0)
        assert (np.diff(edges) > 0).all()


def test_a_bitrate_over_longer_intervals_is_that_of_all_that_was_sent(
    reported: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = reported["pass"].trials[0]
    fine = series_of(trial)
    assert fine.interval == "the second"
    monkeypatch.setattr(series_module, "MOST_INTERVALS", 4)
    coarse = series_of(trial)
    assert len(coarse.sent_mbps) < len(fine.sent_mbps)
    assert coarse.interval == "each 2 s"

    def sent(series: Series) -> float:
        return float((series.sent_mbps * np.diff(series.sent_edges_s)).sum())

    span = coarse.sent_edges_s[-1] - coarse.sent_edges_s[0]
    assert sent(coarse) / span == pytest.approx(
        sent(fine) / (fine.sent_edges_s[-1] - fine.sent_edges_s[0]), rel=0.01
    )
