from __future__ import annotations

from pathlib import Path

import pytest

from g2gbench.measure.registry import METRICS
from g2gbench.report.formats import terminal
from g2gbench.report.text.numbers import label
from tests.report import runs
from tests.report.conftest import BUILDERS, Reported
from tests.report.runs import Recipe

pytestmark = pytest.mark.integration

FAIL = """\
FAIL  wifi: g2g p95 was 661 ms, limit 500 ms
      1 of 4 expectations does not hold. 5 of 5 trials are valid. Quality was
      poor, limited by stall (the share of frames dropped is 2.02%, above 1%; 16
      frames a second arrive, below 20).

    metric         value  93.8% interval  expected
  x g2g p95       661 ms  [638, 684]      < 500 ms   does not hold
  + drop ratio     2.7 %  [1.3, 4.0]      < 3 %      holds, close
  + ttff          900 ms  [900, 900]      < 4000 ms  holds
  + freezes            2  [1, 2]          <= 2       holds
    g2g p50       337 ms  [318, 357]
    fps         24.3 fps  [24.0, 24.7]

    g2g p50 spreads by 12% over the trials: nothing else that was measured
      differs by as much: unexplained.

    where the ms go (means, together 416 ms)
      service             40   10 %  ####
      unattributed       376   90 %  ####################################
      not measured: encode, uplink, service decode, service encode, downlink,
      decode

    drops by phase (5 trials, 750 frames)
      unknown 20

    There is no calibration of this machine: run g2gbench calibrate to know how
    wrong these numbers may be.

    report  report.html"""

UNREACHABLE = """\
UNREACHABLE  wifi: the service refused the key (401)
             Nothing was measured.
             what to do: Check that the target runs and that its address and key
               are right (target.url, target.api_key), then read the trial's
               *.log files in the run directory.

    not measured: g2g p95, drop ratio, ttff, freezes, g2g p50, fps (no valid
      trial measured it)

    trial  why it does not count
    0, 1   unreachable: the service refused the key (401)

    report  report.html"""

TWO_CELLS = """\
PASS  codecs: all 4 expectations hold
      Closest to its limit: g2g p95 was 401 ms with h264, 2Mbps; limit 420 ms. 2
      of 2 trials are valid. Quality of 2 cells: good in 2.

                vp8, 2Mbps  h264, 2Mbps
    verdict           pass         pass
    quality           good         good
    g2g p95         358 ms       401 ms
    drop ratio         0 %          0 %
    g2g p50         278 ms       318 ms
    ttff            900 ms       900 ms
    fps           25.0 fps     25.0 fps
    freezes              0            0

  +  g2g_ms.p95 < 420  holds in 2 of 2
  +  drop_ratio < 3%  holds in 2 of 2

    where the ms go        encod   upl s.dec  serv s.enc downl decod  rest   g2g
    vp8, 2Mbps                 –     –     –    40     –     –     –   255   295
    h264, 2Mbps                –     –     –    40     –     –     –   295   335

    drops by phase (2 trials, 300 frames): none

    There is no calibration of this machine: run g2gbench calibrate to know how
    wrong these numbers may be.

    report  report.html"""


@pytest.mark.parametrize(
    ("state", "expected"),
    [("fail", FAIL), ("unreachable", UNREACHABLE), ("two cells", TWO_CELLS)],
)
def test_a_run_reads_as_agreed(reported: Reported, state: str, expected: str) -> None:
    run = reported[state]
    assert terminal.render(run).replace(f"{run.path}/", "") == expected


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("state", BUILDERS)
def test_no_line_is_wider_than_a_terminal(reported: Reported, state: str, verbose: bool) -> None:
    run = reported[state]
    lines = terminal.render(run, verbose=verbose).split("\n")
    assert max(len(line) for line in lines if str(run.path) not in line) <= 80


@pytest.mark.parametrize("state", BUILDERS)
def test_nothing_but_plain_text_is_printed(reported: Reported, state: str) -> None:
    run = reported[state]
    text = terminal.render(run)
    assert all(c.isprintable() or c == "\n" for c in text)
    assert text.split("\n")[0].startswith(f"{run.status.upper()}  ")
    assert text.endswith(f"report  {run.path / 'report.html'}")


@pytest.mark.parametrize("state", ["pass", "two cells", "six cells"])
def test_verbose_tells_every_metric(reported: Reported, state: str) -> None:
    text = terminal.render(reported[state], verbose=True)
    assert [name for name in METRICS if label(name) not in text] == []


def test_what_was_not_measured_comes_with_its_reason(tmp_path: Path) -> None:
    run = runs.store(tmp_path, {"default": [Recipe()]}, expect=["g2g_ms.p99 < 500"])
    text = terminal.render(run)
    assert "? g2g p99 not measured < 500 ms not judged" in " ".join(text.split())
    assert "not measured: g2g p99 (needs 500 delivered frames, has 150)" in text


def test_what_the_link_dropped_stands_beside_where_frames_died(reported: Reported) -> None:
    text = " ".join(terminal.render(reported["blackout"]).split())
    assert (
        "uplink 50 The link dropped 5.6 % of the uplink's packets, none of the downlink's." in text
    )
    assert "link dropped" not in terminal.render(reported["pass"])


def test_many_cells_stand_below_each_other(reported: Reported) -> None:
    lines = terminal.render(reported["six cells"]).split("\n")
    assert "    vp8, 2Mbps     fail      343 ms   428 ms  900 ms         0 %  25.0 fps" in lines
    assert "    av1, 2Mbps     invalid        -        -       -           -         -" in lines
    assert "    -  not measured; the report says why" in lines
