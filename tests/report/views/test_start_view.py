from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from g2gbench.measure.records import Scored, Seen, Stats
from g2gbench.report.formats import html_page
from g2gbench.report.views.start_view import STEP_S, StartView, start_rows, start_view
from g2gbench.store.reading import Run
from tests.measure.packet_logs import PER_FRAME, SIZE
from tests.report import runs
from tests.report.conftest import Reported
from tests.report.runs import FPS, SECOND, Recipe

pytestmark = pytest.mark.integration

USUAL_MBPS = FPS * PER_FRAME * SIZE * 8 / 1e6


def view_of(run: Run) -> StartView:
    found = start_view(run.trials[0])
    assert found is not None
    return found


def test_seconds_count_from_the_first_readable_marker(reported: Reported) -> None:
    start = view_of(reported["pass"])
    assert start.at_s[0] == 0
    assert start.begin_s == pytest.approx(-0.9)
    assert start.phases["connect_ms.room"] == pytest.approx(0.31 - 0.9)
    assert start.end_s == pytest.approx(8, abs=0.5)
    assert len(start.at_s) == len(start.g2g_ms) == pytest.approx(FPS * start.end_s, abs=3)
    assert (start.sizes_change, start.scored, start.freezes) == (False, False, ())
    assert start.reached_s["settled"] == pytest.approx(0, abs=0.1)
    assert start.usual["g2g_ms"] == pytest.approx(216, abs=5)


def test_a_change_of_the_network_ends_it(reported: Reported) -> None:
    start = view_of(reported["blackout"])
    # The steady state begins 2 s after the first capture, the blackout 2 s later.
    assert start.end_s == pytest.approx(4 - 0.2, abs=0.1)
    assert start.at_s.max() <= start.end_s


def test_the_bitrate_is_the_links_else_that_of_the_statistics(reported: Reported) -> None:
    linked = view_of(reported["blackout"])
    assert np.diff(linked.edges_s) == pytest.approx(STEP_S)
    sent = linked.mbps[linked.edges_s[:-1] >= 0]
    assert float(np.mean(sent)) == pytest.approx(USUAL_MBPS, rel=0.1)
    plain = view_of(reported["pass"])
    assert plain.mbps == pytest.approx(2.0)


def test_pictures_sizes_and_the_quantiser_are_shown_where_they_are_known(tmp_path: Path) -> None:
    recipe = Recipe()
    usual = [record for record in runs.records(recipe) if isinstance(record, Seen)]
    scored = [Scored(i, i, usual[i].received_ns, 10.0 if i > 40 else 90.0, 0.9) for i in range(200)]
    counters = [
        Stats(at, {"outbound.qp_sum": i * 250.0, "outbound.frames_encoded": i * 25.0})
        for i, at in enumerate(range(runs.LIVE_NS + 1, runs.LIVE_NS + 8 * SECOND, SECOND))
    ]
    run = runs.store(tmp_path, {"default": [replace(recipe, more=[*scored, *counters])]})
    start = view_of(run)
    assert start.scored
    assert start.qp == pytest.approx(10)
    assert start.usual["psnr_db"] == pytest.approx(38.13, abs=0.01)
    assert start.reached_s["sharp"] > 1


def test_without_a_start_there_is_no_view(reported: Reported, tmp_path: Path) -> None:
    assert start_view(reported["unreachable"].trials[0]) is None
    short = runs.store(tmp_path, {"default": [Recipe(warmup=0, frames=20)]})
    assert start_view(short.trials[0]) is None


def test_each_metric_has_a_row_with_its_limit_or_its_reason(tmp_path: Path) -> None:
    expect = ("startup_ms.settled < 2s", "g2g_ms.p95 < 500")
    run = runs.store(tmp_path, {"default": [Recipe()]}, expect=expect)
    rows = {name: (value, note) for name, value, _, note in start_rows(run.result.cells[0])}
    assert rows["startup settled"][1] == "limit < 2s"
    assert rows["startup sharp"] == ("not measured", "this client compared no pictures")
    assert rows["g2g of the first 1 s"][0].endswith(" ms")
    page = html_page.render(run)
    assert 'id="start"' in page
    assert "limit &lt; 2s" in page
