"""The schedule of frames on a clock under control, and once on the real one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from g2gbench import marker
from g2gbench.errors import InputError
from g2gbench.media import frame_publisher
from g2gbench.media.frame_publisher import FramePublisher
from g2gbench.media.frames import CapturedFrame, CaptureEvent, SkippedFrame
from g2gbench.sources.i420 import Buffer

SIZE = (320, 192)
MS = 1_000_000
LONG_S = 20.0


class Clock:
    """Time that passes when somebody waits or works."""

    def __init__(self) -> None:
        self.now_ns = 1_000_000_000

    def monotonic_ns(self) -> int:
        return self.now_ns

    def work(self, milliseconds: float) -> None:
        self.now_ns += round(milliseconds * MS)


class Ending:
    """The publisher's waits on that clock; ends it after so many frames."""

    def __init__(self, clock: Clock, over: Callable[[], bool]) -> None:
        self._clock = clock
        self._over = over

    def is_set(self) -> bool:
        return self._over()

    def wait(self, seconds: float) -> bool:
        self._clock.now_ns += round(seconds * 1e9)
        return False


class Source:
    """Grey pictures; rendering one takes what ``takes_ms`` says."""

    width, height = SIZE

    def __init__(self, fps: float, clock: Clock | None = None) -> None:
        self.fps = fps
        self.takes_ms: dict[int, float] = {}
        self._clock = clock

    def due_ns(self, number: int) -> int:
        return round(number * 1e9 / self.fps)

    def render(self, number: int, into: Buffer) -> None:
        np.frombuffer(into, np.uint8)[:] = 128
        if self._clock is not None:
            self._clock.work(self.takes_ms.get(number, 2))


class Run:
    """One run of the schedule, on the test's own thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fps: float = 30) -> None:
        self.clock = Clock()
        self.source = Source(fps, self.clock)
        self.events: list[CaptureEvent] = []
        self.handed: list[tuple[int, int | None, int, int]] = []
        self.refused: set[int] = set()
        self.sink_takes_ms = 0.0
        self._monkeypatch = monkeypatch
        self._reader = marker.get("v2")

    def frames(self, count: int, version: str = "v2", first_number: int = 0) -> None:
        self._reader = marker.get(version)
        self._monkeypatch.setattr(frame_publisher, "time", self.clock)
        source: Any = self.source
        one = FramePublisher(source, self._reader, first_number, self._sink, self.events.append)
        ending = Ending(self.clock, lambda: len(self.captured) >= count)
        self._monkeypatch.setattr(one, "_ending", ending)
        one.run()

    def _sink(self, buffer: bytearray, frame_id: int, captured_ns: int) -> None:
        luma = np.frombuffer(buffer, np.uint8, SIZE[0] * SIZE[1]).reshape(SIZE[1], SIZE[0])
        number = self._reader.read(luma, sent_size=SIZE)
        self.handed.append((frame_id, number, captured_ns, id(buffer)))
        self.clock.work(self.sink_takes_ms)
        if frame_id in self.refused:
            raise RuntimeError("not now")

    @property
    def captured(self) -> list[CapturedFrame]:
        return [r for r in self.events if isinstance(r, CapturedFrame)]

    @property
    def skipped(self) -> list[SkippedFrame]:
        return [r for r in self.events if isinstance(r, SkippedFrame)]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(monkeypatch)


def test_frames_are_due_on_a_schedule_that_does_not_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(monkeypatch, fps=29.97)
    run.frames(300)
    start_ns = run.captured[0].due_ns
    assert [r.due_ns - start_ns for r in run.captured] == [
        round(i * 1e9 / 29.97) for i in range(300)
    ]
    assert [r.frame_id for r in run.captured] == list(range(300))
    assert not run.skipped


def test_the_time_that_a_picture_takes_is_no_part_of_its_latency(run: Run) -> None:
    run.source.takes_ms = dict.fromkeys(range(10), 25.0)
    run.frames(10)
    assert all(r.captured_ns == r.due_ns for r in run.captured)


def test_the_sink_gets_the_moment_of_capture_and_the_stamped_picture(run: Run) -> None:
    run.frames(5, first_number=700)
    assert [number for _, number, _, _ in run.handed] == [700, 701, 702, 703, 704]
    assert [(i, ns) for i, _, ns, _ in run.handed] == [
        (r.frame_id, r.captured_ns) for r in run.captured
    ]
    assert [r.marker_value for r in run.captured] == [700, 701, 702, 703, 704]


@pytest.mark.parametrize(("version", "last"), [("v1", 2**16 - 1), ("v2", 2**24 - 1)])
def test_numbers_wrap_at_the_markers_bits_and_frame_ids_never(
    run: Run, version: str, last: int
) -> None:
    run.frames(3, version, first_number=last)
    assert [r.marker_value for r in run.captured] == [last, 0, 1]
    assert [number for _, number, _, _ in run.handed] == [last, 0, 1]
    assert [r.frame_id for r in run.captured] == [0, 1, 2]


def test_a_late_tick_is_skipped_said_and_not_made_up_for(run: Run) -> None:
    """Picture 3 takes 110 ms at 33 ms a tick: frame 4 is over, frame 5 is late, 6 on time."""
    run.source.takes_ms[3] = 110.0
    run.frames(7)
    assert [r.frame_id for r in run.skipped] == [4]
    assert [r.frame_id for r in run.captured] == [0, 1, 2, 3, 5, 6, 7]
    late_ms = [(r.captured_ns - r.due_ns) / MS for r in run.captured]
    assert [round(late) for late in late_ms] == [0, 0, 0, 77, 12, 0, 0]
    start_ns = run.captured[0].due_ns
    (skipped,) = run.skipped
    assert skipped.due_ns == start_ns + round(4 * 1e9 / 30)


def test_the_schedule_never_waits_for_the_sink(run: Run) -> None:
    """A sink that takes two ticks a frame loses frames; it does not stretch the schedule."""
    run.sink_takes_ms = 70.0
    run.frames(10)
    assert run.skipped
    ids = sorted([r.frame_id for r in run.captured] + [r.frame_id for r in run.skipped])
    assert ids == list(range(len(ids)))
    start_ns = run.captured[0].due_ns
    due = [(r.frame_id, r.due_ns) for r in run.captured]
    due += [(r.frame_id, r.due_ns) for r in run.skipped]
    assert all(due_ns - start_ns == round(i * 1e9 / 30) for i, due_ns in due)


def test_a_frame_that_the_sink_refuses_is_captured_but_not_accepted(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    run.refused = {1}
    run.frames(3)
    assert [r.accepted for r in run.captured] == [True, False, True]
    assert "frame 1 was not taken" in caplog.text


def test_a_buffer_is_left_alone_while_the_next_frames_are_made(run: Run) -> None:
    run.frames(12)
    buffers = [buffer for _, _, _, buffer in run.handed]
    for at in range(len(buffers) - 2):
        assert len(set(buffers[at : at + 3])) == 3


def test_it_ends_at_once_while_it_waits_for_a_tick() -> None:
    """On the real clock: the second frame is due in a quarter of an hour."""
    source: Any = Source(0.001)
    first = threading.Event()
    events: list[CaptureEvent] = []

    def take(event: CaptureEvent) -> None:
        events.append(event)
        first.set()

    one = FramePublisher(source, marker.get("v2"), 0, lambda *_: None, take)
    one.start()
    assert first.wait(LONG_S)
    one.end()
    assert not one.is_alive()
    assert len(events) == 1


class Breaks(Source):
    """Has no picture from a number on."""

    def __init__(self, error: Exception, fps: float, clock: Clock) -> None:
        super().__init__(fps, clock)
        self._error = error

    def render(self, number: int, into: Buffer) -> None:
        if number >= 5:
            raise self._error
        super().render(number, into)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InputError("clip.mp4: no such file"), "the source: clip.mp4: no such file"),
        (ValueError("odd"), "the source broke: ValueError: odd"),
        (MemoryError(), "the source broke: MemoryError: "),
    ],
)
def test_a_source_that_fails_is_told_and_the_ticks_that_it_leaves_out_are_counted(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    clock = Clock()
    monkeypatch.setattr(frame_publisher, "time", clock)
    events: list[CaptureEvent] = []
    lost: list[str] = []
    source: Any = Breaks(error, 30, clock)
    reader = marker.get("v2")
    one = FramePublisher(source, reader, 0, lambda *_: None, events.append, lost.append)
    monkeypatch.setattr(one, "_ending", Ending(clock, lambda: len(events) >= 20))
    one.run()
    assert lost == [reason]
    kinds = [type(event) for event in events]
    assert kinds == [CapturedFrame] * 5 + [SkippedFrame] * 15
    due = [event.due_ns for event in events if isinstance(event, CapturedFrame | SkippedFrame)]
    assert np.diff(due) == pytest.approx(1e9 / 30, abs=1)
    ids = [event.frame_id for event in events if isinstance(event, CapturedFrame | SkippedFrame)]
    assert ids == list(range(20))


def test_a_device_that_is_gone_leaves_ticks_out_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(frame_publisher, "time", clock)
    events: list[CaptureEvent] = []
    lost: list[str] = []

    class Device:
        width, height = SIZE
        fps = 30.0
        taken = 0

        def capture(self, into: Buffer) -> int | None:
            self.taken += 1
            clock.work(33)
            return clock.now_ns if self.taken <= 3 else None

    one = FramePublisher(Device(), None, 0, lambda *_: None, events.append, lost.append)
    monkeypatch.setattr(one, "_ending", Ending(clock, lambda: len(events) >= 9))
    one.run()
    assert lost == [frame_publisher.CAMERA_GONE]
    assert [type(event) for event in events] == [CapturedFrame] * 3 + [SkippedFrame] * 6


class Uneven(Source):
    """Bursts at 30 a second of a file of 12 a second on average."""

    peak_fps = 30.0

    def due_ns(self, number: int) -> int:
        return round(number * 1e9 / 30)


def test_a_frame_of_a_burst_is_late_by_the_bursts_own_pace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(frame_publisher, "time", clock)
    events: list[CaptureEvent] = []
    source: Any = Uneven(12, clock)
    source.takes_ms[3] = 120
    one = FramePublisher(source, marker.get("v2"), 0, lambda *_: None, events.append)
    monkeypatch.setattr(one, "_ending", Ending(clock, lambda: len(events) >= 9))
    one.run()
    assert [r.frame_id for r in events if isinstance(r, SkippedFrame)] == [4]
