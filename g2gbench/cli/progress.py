"""How a run goes on, on stderr: one moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import statistics
import time
from collections import deque

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.progress import TaskID as Task

from g2gbench.analysis.trials import TrialResult
from g2gbench.cli.durations import duration
from g2gbench.measure.records import Captured, Event, Reached, Record, Seen
from g2gbench.report.text.one_line import for_a_line
from g2gbench.trial.schedule import Coming

PLAIN_EVERY_S = 5.0
_WINDOW_S = 3.0
_LOST_AFTER_S = 1.0
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
    """The figures of the last seconds of a session, from its journal."""

    def __init__(self) -> None:
        self.phase = "starting"
        self.captured = 0
        self._sent: dict[int, int] = {}
        self._g2g: deque[tuple[int, float]] = deque()
        self._lost: deque[int] = deque()
        self._settled: deque[int] = deque()

    def take(self, record: Record) -> None:
        """One more record."""
        if isinstance(record, Captured):
            self.captured += 1
            self._sent[record.seq] = record.captured_ns
            self._expire(record.captured_ns)
        elif isinstance(record, Seen) and record.seq is not None:
            captured_ns = self._sent.pop(record.seq, None)
            if captured_ns is not None:
                g2g_ms = (record.received_ns - captured_ns) / 1e6
                self._g2g.append((record.received_ns, g2g_ms))
                self._settled.append(record.received_ns)
        elif isinstance(record, Reached):
            self.phase = _PHASES.get(record.phase, self.phase)
            if record.phase in ("first_marker", "measure"):
                self._sent.clear()
                self._lost.clear()

    def figures(self) -> str:
        """In words: frames, g2g and drops of the last seconds."""
        parts = [f"{self.captured} frames"]
        if self._g2g:
            parts.append(f"g2g {statistics.median(v for _, v in self._g2g):.0f} ms")
            share = len(self._lost) / max(1, len(self._lost) + len(self._settled))
            parts.append(f"drops {share:.1%}")
        return " · ".join(parts)

    def _expire(self, now_ns: int) -> None:
        window_ns = now_ns - round(_WINDOW_S * 1e9)
        for seq, captured_ns in list(self._sent.items()):
            if now_ns - captured_ns < _LOST_AFTER_S * 1e9:
                break
            del self._sent[seq]
            self._lost.append(now_ns)
        for times in (self._lost, self._settled):
            while times and times[0] < window_ns:
                times.popleft()
        while self._g2g and self._g2g[0][0] < window_ns:
            self._g2g.popleft()


class Display:
    """Shows a run on stderr.

    Args:
        quiet: show nothing but what went wrong.

    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._quiet = quiet
        self._moving = self._console.is_terminal and not quiet
        self._bar: Progress | None = None
        self._task: Task | None = None
        self._live = Live()
        self._title = ""
        self._left_s = 0.0
        self._started_s = self._said_s = 0.0
        self._trial_s = 1.0

    def trial_started(self, coming: Coming) -> None:
        """Begin a line."""
        if coming.index == 0 and coming.total > 1:
            self._say(f"{coming.total} trials, about {duration(coming.left_s)}")
        self._live = Live()
        self._trial_s = coming.trial_s
        self._left_s = coming.left_s - coming.trial_s
        self._title = f"[{coming.index + 1}/{coming.total}] {for_a_line(coming.trial.name)}"
        self._started_s = time.monotonic()
        if self._moving:
            self._bar = Progress(
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
            self._say(f"{self._title}: about {self._trial_s:.0f} s")

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
        elif now_s - self._said_s >= PLAIN_EVERY_S and isinstance(record, Captured | Reached):
            left_s = self._trial_s - gone_s + self._left_s
            self._say(
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
        said = value if ok else f"{result.status}: {for_a_line(why)}"
        self._say(f"{self._title}: {said}", wrong=not ok)

    def stopping(self) -> None:
        """It was asked to stop: what is measured by then is kept."""
        self._say("stopping: what was measured is kept")

    def reporting(self) -> None:
        """All is measured."""
        self._say("writing the report")

    def _say(self, text: str, *, wrong: bool = False) -> None:
        self._said_s = time.monotonic()
        if wrong or not self._quiet:
            self._console.print(text, markup=False, soft_wrap=True)
