"""Progress of a run on stderr: one moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time

import click
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.progress import TaskID as Task

from g2gbench import marker
from g2gbench.analysis.trials import TrialResult
from g2gbench.cli.durations import duration
from g2gbench.client.journal_meter import JournalMeter
from g2gbench.measure.records import Captured, Event, Reached, Record, Started
from g2gbench.media.latency_meter import G2G
from g2gbench.report.text.one_line import for_a_line
from g2gbench.trial.schedule import Coming
from g2gbench.workflow.trial_series import Progress

PLAIN_EVERY_S = 5.0
_PHASES = {
    "connect": "connecting",
    "websocket": "waiting for the room",
    "room_info": "joining the room",
    "room": "publishing",
    "publish": "waiting for video",
    "first_marker": "warming up",
    "measure": "measuring",
    "measured": "last frames",
    "disconnected": "evaluating",
}


class Live:
    """Figures of a session while it runs, from its journal: see `JournalMeter`."""

    def __init__(self) -> None:
        self.phase = "starting"
        self.captured = 0
        self._meter: JournalMeter | None = None

    def take(self, record: Record) -> None:
        """Take one more record."""
        if isinstance(record, Started):
            self._meter = JournalMeter(marker.get(record.marker).bits)
        elif isinstance(record, Captured):
            self.captured += 1
        elif isinstance(record, Reached):
            self.phase = _PHASES.get(record.phase, self.phase)
        if self._meter is not None:
            self._meter.take(record)

    def figures(self) -> str:
        """Frames so far, and g2g and drops of the latest second, in words."""
        parts = [f"{self.captured} frames"]
        second = G2G() if self._meter is None else self._meter.second
        if second.g2g_ms is not None:
            parts.append(f"g2g {second.g2g_ms:.0f} ms")
        if second.drop_ratio is not None:
            parts.append(f"drops {second.drop_ratio:.1%}")
        return " · ".join(parts)


class TrialLines(Progress):
    """A line on stderr for each trial: ``trial 2 of 7: no delay``; ``noun``: what it is called."""

    def __init__(self, noun: str) -> None:
        self._noun = noun

    def trial_started(self, coming: Coming) -> None:
        """One line."""
        words = f"{self._noun} {coming.index + 1} of {coming.total}: {coming.trial.cell.name}"
        click.echo(words, err=True)


class Display(Progress):
    """Shows a run on stderr.

    Args:
        quiet: show nothing but what went wrong.

    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._quiet = quiet
        self._moving = self._console.is_terminal and not quiet
        self._bar: Bar | None = None
        self._task: Task | None = None
        self._live = Live()
        self._title = ""
        self._left_s = 0.0
        self._started_s = self._printed_s = 0.0
        self._trial_s = 1.0

    def trial_started(self, coming: Coming) -> None:
        """Begin a line."""
        if coming.index == 0 and coming.total > 1:
            self._print(f"{coming.total} trials, about {duration(coming.left_s)}")
        self._live = Live()
        self._trial_s = coming.trial_s
        self._left_s = coming.left_s - coming.trial_s
        self._title = f"[{coming.index + 1}/{coming.total}] {for_a_line(coming.trial.name)}"
        self._started_s = time.monotonic()
        if self._moving:
            self._bar = Bar(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=20),
                TextColumn("{task.fields[figures]}"),
                TimeRemainingColumn(),
                console=self._console,
                transient=True,
            )
            self._task = self._bar.add_task(self._title, total=self._trial_s, figures="")
            self._bar.start()
        else:
            self._print(f"{self._title}: about {self._trial_s:.0f} s")

    def record(self, record: Record) -> None:
        """Update the line."""
        self._live.take(record)
        if isinstance(record, Event) and record.name in ("process_lost", "service_error"):
            reason = record.detail.get("reason") or record.detail.get("error")
            self._console.print(
                f"{self._title}: {for_a_line(str(reason))}", markup=False, soft_wrap=True
            )
        now_s = time.monotonic()
        gone_s = min(now_s - self._started_s, self._trial_s)
        if self._bar is not None and self._task is not None:
            text = f"{self._live.phase} · {self._live.figures()}"
            if self._left_s:
                text += f" · {duration(self._trial_s - gone_s + self._left_s)} left in all"
            self._bar.update(self._task, completed=gone_s, figures=text)
        elif now_s - self._printed_s >= PLAIN_EVERY_S and isinstance(record, Captured | Reached):
            left_s = self._trial_s - gone_s + self._left_s
            self._print(
                f"{self._title}: {self._live.phase} · {self._live.figures()} · "
                f"{duration(left_s)} left"
            )

    def trial_ended(self, result: TrialResult) -> None:
        """End the line, and say how it went."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        why = "; ".join(result.invalid_because) or result.message
        p50 = result.metrics.get("g2g_ms.p50")
        value = f"g2g p50 {p50.value:.1f} ms" if p50 and p50.value is not None else "no g2g"
        ok = result.status == "ok"
        outcome = value if ok else f"{result.status}: {for_a_line(why)}"
        self._print(f"{self._title}: {outcome}", wrong=not ok)

    def stopping(self) -> None:
        """Note that a stop was requested: what is measured by then is kept."""
        self._print("stopping: what was measured is kept")

    def reporting(self) -> None:
        """All is measured."""
        self._print("writing the report")

    def _print(self, text: str, *, wrong: bool = False) -> None:
        self._printed_s = time.monotonic()
        if wrong or not self._quiet:
            self._console.print(text, markup=False, soft_wrap=True)
