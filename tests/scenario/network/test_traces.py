"""Traces: both formats are read exactly, and said to the link as they are."""

from __future__ import annotations

import hashlib
import pickle
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from g2gbench.link.traces import Opportunities, Step, Steps
from g2gbench.scenario import LinkSection, ScenarioError, Trace, TraceRow, parse_trace
from g2gbench.scenario.network.traces import MAX_TRACE_BYTES, MAX_TRACE_ROWS
from g2gbench.trial.link_plan import directions
from tests.scenario.strategies import steady

ROOT = Path(__file__).parents[3]
CSV = "time,capacity,delay,loss\n0s,2Mbps,20ms,0%\n500ms,,40ms,1.5%\n2s,0bps,,\n"


def parsed(text: str) -> Trace:
    return parse_trace(text.encode(), "a", "folder/a")


def of_the_link(trace: Trace) -> Opportunities | Steps | None:
    """The trace as the link takes it. Raises ValueError for what is none."""
    section = LinkSection.model_validate({"trace": trace})
    return directions((section, LinkSection())).uplink.trace


def refusal(data: bytes) -> str:
    with pytest.raises(ScenarioError) as caught:
        parse_trace(data, "a", "folder/a")
    (problem,) = caught.value.problems
    return str(problem)


def test_a_mahimahi_file_is_its_opportunities_and_repeats_with_the_last() -> None:
    trace = parsed("0\n5\n5\n12\n")
    assert (trace.at_ms, trace.rows, trace.period_s) == ((0, 5, 5, 12), (), 0.012)
    assert of_the_link(trace) == Opportunities((0, 5, 5, 12))


def test_a_csv_file_is_its_rows_with_units_and_null_where_a_cell_is_empty() -> None:
    trace = parsed(CSV)
    assert trace.rows == (
        TraceRow(0.0, 2e6, 0.02, 0.0),
        TraceRow(0.5, None, 0.04, 0.015),
        TraceRow(2.0, 0.0, None, None),
    )
    assert trace.period_s == 3.5  # the last row holds as long as the one before it
    assert of_the_link(trace) == Steps(
        (Step(0.0, 2e6, 0.02, 0.0), Step(0.5, None, 0.04, 0.015), Step(2.0, 0.0)), 3.5
    )


def test_columns_may_be_left_out_and_one_row_holds_a_second() -> None:
    trace = parsed("time,loss\n0s,3%\n")
    assert (trace.rows, trace.period_s) == ((TraceRow(0.0, loss=0.03),), 1.0)


@pytest.mark.parametrize("text", ["1\n7\n", CSV, "\ufeff1\r\n7\r\n"])
def test_the_link_takes_every_trace_that_is_read(text: str) -> None:
    assert of_the_link(parsed(text)) is not None


def test_a_trace_is_known_by_name_and_checksum_and_shows_no_more() -> None:
    trace = parsed(CSV)
    assert trace.reference == {"file": "a", "sha256": hashlib.sha256(CSV.encode()).hexdigest()}
    assert str(trace) == "a"
    assert "TraceRow" not in repr(trace)
    assert pickle.loads(pickle.dumps(trace)) == trace


def test_it_is_told_how_often_a_trace_gives_a_figure() -> None:
    trace = parsed(CSV)
    assert [trace.gives(f) for f in ("capacity", "delay", "loss")] == ["sometimes"] * 3
    assert parsed("time,delay\n0s,1ms\n").gives("delay") == "always"
    assert parsed("time,delay\n0s,1ms\n").gives("loss") == "never"
    assert [parsed("1\n").gives(f) for f in ("capacity", "delay")] == ["always", "never"]
    assert (trace.most_loss, parsed("1\n").most_loss) == (0.015, 0.0)


@pytest.mark.parametrize(
    ("at_s", "delay"),
    [(0.0, 0.02), (0.49, 0.02), (0.5, 0.04), (1.99, 0.04), (3.5, 0.02), (4, 0.04)],
)
def test_a_row_holds_until_the_next_and_the_trace_repeats(at_s: float, delay: float) -> None:
    row = parsed(CSV).at(at_s, 0.1)
    assert (row.at_s, row.delay) == (at_s, delay)


@given(
    times=st.lists(st.integers(0, 400), min_size=1, max_size=40).filter(lambda t: max(t) > 0),
    cycles=st.integers(1, 3),
)
@steady
def test_opportunities_are_all_counted_however_a_cycle_is_cut(
    times: list[int], cycles: int
) -> None:
    trace = parsed("\n".join(map(str, sorted(times))))
    whole_s = trace.period_s * cycles
    width_s = whole_s / 7
    carried = sum((trace.at(i * width_s, width_s).capacity or 0) * width_s for i in range(7))
    # The last opportunity of a period is at the first moment of the next one, or at its end.
    ends = sorted(times).count(max(times))
    missing = len(times) * cycles - carried / (1500 * 8)
    assert -1e-6 <= missing <= ends * cycles + 1e-6


def test_what_is_too_large_or_no_text_is_refused() -> None:
    assert "larger than 10000000 bytes" in refusal(b"1" * (MAX_TRACE_BYTES + 1))
    assert "more than 1000000 lines" in refusal(b"1\n" * (MAX_TRACE_ROWS + 1))
    assert refusal(b"1\n\xe9\n").startswith("folder/a:2:1: not UTF-8 text; allowed: one whole")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the trace is empty"),
        ("0\n0\n", 'folder/a:2:1: found "0"; it never repeats; allowed: 1 or more'),
        ("-1\n", 'folder/a:1:1: found "-1"; allowed: a whole number of milliseconds'),
        ("1\nx\n", 'folder/a:2:1: found "x"; allowed: a whole number of milliseconds'),
        ("86400001\n", "0 to 86400000"),
        ("time\n0s\n", "time comes first, then one or more of capacity, delay and loss"),
        ("loss,time\n1%,0s\n", "time comes first"),
        ("time,loss,loss\n0s,1%,1%\n", "time comes first"),
        ("time,loss\n", "no row below the header; allowed: 0s,2Mbps"),
        ("time,loss\n,1%\n", "folder/a:2:1: allowed: a duration in us, ms, s or min"),
        ("time,loss\n0s,1%\n\n", "1 cells; allowed: 2 cells"),
        ("time,capacity\n0s,0bps\n1s,0bps\n", "the capacity is 0 throughout; allowed: blackout"),
        ("time,capacity\n0s,11Gbps\n", "allowed: capacity up to 10Gbps"),
        ("time,delay\n0s,11s\n", "allowed: delay up to 10s"),
        ("x" * 100, f'found "{"x" * 37}..."'),
    ],
)
def test_what_is_no_trace_is_refused_with_its_line(text: str, says: str) -> None:
    assert says in refusal(text.encode())


@steady
@given(data=st.binary() | st.text("0123456789\n,timeslos%.").map(str.encode))
def test_any_bytes_give_a_trace_or_a_problem(data: bytes) -> None:
    try:
        trace = parse_trace(data, "a", "a")
    except ScenarioError:
        return
    assert of_the_link(trace) is not None


def test_the_shipped_drive_is_what_its_generator_writes(tmp_path: Path) -> None:
    files = [
        *(f"g2gbench/scenario/built_in/lte-driving-{way}.csv" for way in ("uplink", "downlink")),
        *(f"scenarios/traces/lte-drive.{way}" for way in ("up", "down")),
    ]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    runpy.run_path(str(ROOT / "scenarios/traces/generate.py"))["main"](tmp_path)
    for name in files:
        assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes(), name


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios/traces").glob("*.[!p]*")), ids=str)
def test_every_shipped_trace_can_be_read(path: Path) -> None:
    assert parse_trace(path.read_bytes(), path.name, str(path)).period_s > 0
