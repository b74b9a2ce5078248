"""What a run says on stderr while it goes on."""

from __future__ import annotations

import re
import threading
from dataclasses import replace

import pytest

from g2gbench.analysis.trials import TrialResult
from g2gbench.cli import progress
from g2gbench.cli.progress import Display, Live
from g2gbench.measure.metric_value import Value
from g2gbench.measure.records import Captured, Event, Reached, Record, Seen, Started, Stats
from g2gbench.scenario import cells
from g2gbench.trial.plan import trials
from g2gbench.trial.schedule import Coming
from tests.scenario.texts import scenario

MS = 1_000_000
TICK_NS = 33 * MS


def _captured(number: int) -> Captured:
    return Captured(number, number, number * TICK_NS, number * TICK_NS)


def _seen(number: int | None, at_ns: int) -> Seen:
    return Seen(at_ns, at_ns, number, "no_marker" if number is None else "ok", 640, 360)


STARTED = Started(0, "", "native", "v1", 30, 640, 360)


def _session(count: int, g2g_ms: float, lost: frozenset[int] = frozenset()) -> Live:
    """Frames 0..count-1, each back after g2g_ms except the lost ones; statistics each second."""
    records: list[tuple[int, Record]] = []
    for number in range(count):
        records.append((number * TICK_NS, _captured(number)))
        if number not in lost:
            at_ns = number * TICK_NS + round(g2g_ms * MS)
            records.append((at_ns, _seen(number, at_ns)))
    end_ns = count * TICK_NS + round(g2g_ms * MS)
    records += [(at_ns, Stats(at_ns, {})) for at_ns in range(1000 * MS, end_ns, 1000 * MS)]
    live = Live()
    live.take(STARTED)
    live.take(Reached(0, "connect"))
    for _, record in sorted(records, key=lambda one: one[0]):
        live.take(record)
    return live


# -- the figures


def test_before_anything_comes_back_only_frames_are_counted() -> None:
    live = Live()
    assert live.figures() == "0 frames"
    live.take(STARTED)
    live.take(_captured(0))
    live.take(Stats(1000 * MS, {}))
    assert live.figures() == "1 frames"


def test_g2g_and_drops_are_those_of_the_live_meter() -> None:
    assert _session(40, 42).figures() == "40 frames · g2g 42 ms · drops 0.0%"
    live = _session(100, 42, frozenset(range(40, 50)))
    assert live.figures() == "100 frames · g2g 42 ms · drops 11.1%"


def test_the_phase_is_said_in_words() -> None:
    live = Live()
    phases = [live.phase]
    for name in ("connect", "room_info", "publish", "subscribe", "first_marker", "measure"):
        live.take(Reached(0, name))
        phases.append(live.phase)
    assert phases == [
        "starting",
        "connecting",
        "joining the room",
        "waiting for video",
        "waiting for video",  # subscribed is no news to a user
        "warming up",
        "measuring",
    ]


# -- the display, where stderr is no terminal


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def _coming(index: int, total: int) -> Coming:
    text = "session: {warmup: 8s, duration: 20s}\n"
    return Coming(trials(cells(scenario(text)))[0], index, total, 31, (total - index) * 31)


def _result(p50: float | None = 41.26, **changes: object) -> TrialResult:
    metrics = {"g2g_ms.p50": Value(p50, "", 1)}
    return TrialResult("default", 0, **{"status": "ok", "metrics": metrics, **changes})  # type: ignore[arg-type] # mixed fields


def test_plain_lines_say_what_runs_how_it_goes_and_how_it_went(
    capsys: pytest.CaptureFixture[str], clock: Clock
) -> None:
    display = Display()
    display.trial_started(_coming(1, 5))
    display.record(Reached(0, "measure"))
    clock.now_s += progress.PLAIN_EVERY_S
    display.record(_captured(0))
    display.record(_captured(1))
    display.trial_ended(_result())
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "[2/5] default #0: about 31 s",
        "[2/5] default #0: measuring · 1 frames · 2 min left",  # 31 - 5, and three more trials
        "[2/5] default #0: g2g p50 41.3 ms",
    ]


def test_before_the_first_of_several_trials_it_says_how_long_all_will_take(
    capsys: pytest.CaptureFixture[str], clock: Clock
) -> None:
    Display().trial_started(_coming(0, 5))
    assert capsys.readouterr().err.splitlines()[0] == "5 trials, about 3 min"


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (_result(None), "no g2g"),
        (_result(status="unreachable", message="nobody there"), "unreachable: nobody there"),
        (_result(status="invalid", invalid_because=("late", "slow")), "invalid: late; slow"),
    ],
)
def test_a_trial_without_a_number_says_why(
    capsys: pytest.CaptureFixture[str], clock: Clock, result: TrialResult, line: str
) -> None:
    display = Display()
    display.trial_started(_coming(0, 1))
    display.trial_ended(result)
    assert capsys.readouterr().err.splitlines()[-1] == f"[1/1] default #0: {line}"


LONG = "; ".join(["the worker process ended (signal 9) [and not of its own will]"] * 3)


def test_a_loss_is_said_at_once_on_one_line_as_it_is(
    capsys: pytest.CaptureFixture[str], clock: Clock
) -> None:
    display = Display()
    display.trial_started(_coming(0, 1))
    display.record(Event(0, "process_lost", {"process": "worker", "reason": LONG}))
    display.record(Event(0, "service_error", {"error": "Invalid API key"}))
    display.record(Event(0, "prompt", {"text": "a beach"}))
    assert capsys.readouterr().err.splitlines()[1:] == [
        f"[1/1] default #0: {LONG}",
        "[1/1] default #0: Invalid API key",
    ]


def test_quiet_says_only_what_went_wrong(capsys: pytest.CaptureFixture[str], clock: Clock) -> None:
    display = Display(quiet=True)
    display.trial_started(_coming(0, 1))
    clock.now_s += 60
    display.record(_captured(0))
    display.trial_ended(_result())
    assert capsys.readouterr() == ("", "")
    display.record(Event(0, "process_lost", {"process": "room", "reason": "the room ended"}))
    display.trial_ended(_result(status="failed", message="the room ended"))
    assert capsys.readouterr().err.splitlines() == [
        "[1/1] default #0: the room ended",
        "[1/1] default #0: failed: the room ended",
    ]


def test_on_a_terminal_the_line_says_what_is_left_of_all(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    display = Display()
    display.trial_started(_coming(0, 5))
    display.record(Reached(0, "measure"))
    display.record(_captured(0))
    display.trial_ended(_result())
    assert "3 min left in all" in capsys.readouterr().err


def test_the_name_of_a_trial_is_no_markup_and_no_escape_sequence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    display = Display()
    coming = _coming(0, 1)
    cell = replace(coming.trial.cell, name="[red]a[/] \x1b]0;b [bold")
    display.trial_started(replace(coming, trial=replace(coming.trial, cell=cell)))
    display.record(Reached(0, "measure"))
    display.trial_ended(_result())
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
    assert "[1/1] [red]a[/]  ]0;b [bold #0" in plain
    assert "\x1b]" not in plain


def test_on_a_terminal_one_line_moves_and_is_gone_at_the_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    threads = set(threading.enumerate())
    display = Display()
    display.trial_started(_coming(0, 1))
    display.record(Reached(0, "measure"))
    display.record(_captured(0))
    display.trial_ended(_result())
    out, err = capsys.readouterr()
    assert out == ""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", err)
    assert "measuring · 1 frames" in plain
    assert plain.rstrip().endswith("[1/1] default #0: g2g p50 41.3 ms")
    assert "\x1b[?25h" in err  # the cursor is shown again
    for thread in set(threading.enumerate()) - threads:  # it draws no more, and is ending
        thread.join(20)
        assert not thread.is_alive()


def test_that_it_stops_and_that_it_writes_is_said_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for quiet in (False, True):
        display = Display(quiet=quiet)
        display.stopping()
        display.reporting()
    assert capsys.readouterr().err.splitlines() == [
        "stopping: what was measured is kept",
        "writing the report",
    ]
