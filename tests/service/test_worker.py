"""The model without a room: what it does to frames, and what its log says of them."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from livekit import rtc

from g2gbench import marker
from g2gbench.measure.records import ServiceFrame
from g2gbench.media import livekit_video
from g2gbench.process.message import Lost
from g2gbench.service import worker
from g2gbench.service.model_faults import ModelFaults
from g2gbench.service.pipeline import Processing
from g2gbench.service.plan import (
    Applied,
    FirstFrame,
    SetRestamp,
    SetStyle,
    StallOutput,
    WorkerPlan,
)
from g2gbench.service.transforms import planes
from g2gbench.service.worker import FrameLog, Model
from g2gbench.sources import SyntheticSource
from tests.service.workers import LONG_S, SIZE, FakeParent, FakeSource, plan

MS = 1_000_000


class Bench:
    """A model, what it sends, and its log."""

    def __init__(self, plan: WorkerPlan, log: Path) -> None:
        self.parent = FakeParent()
        self.log = log
        given: Any = self.parent
        self.model = Model(plan, given)
        source: Any = self.model.source
        assert isinstance(source, FakeSource)
        self.source = source

    def sent(self) -> rtc.VideoFrame:
        return self.source.taken.get(timeout=LONG_S)[0]

    def logged(self) -> list[ServiceFrame]:
        """Ends the model first, so that all is written."""
        self.model.end()
        assert not self.model.is_alive()
        return [ServiceFrame(**json.loads(line)) for line in self.log.read_text().splitlines()]


@contextlib.contextmanager
def _bench(
    monkeypatch: pytest.MonkeyPatch, log: Path, *, start: bool = True, **changes: Any
) -> Iterator[Bench]:
    monkeypatch.setattr(rtc, "VideoSource", FakeSource)
    bench = Bench(plan(frame_log=log, **changes), log)
    if start:
        bench.model.start()
    try:
        yield bench
    finally:
        if bench.model.is_alive():
            bench.model.end()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "frames.jsonl"


def _event(
    number: int | None = None, version: str = "v2", witness: int | None = None
) -> rtc.VideoFrameEvent:
    buffer = bytearray(SIZE[0] * SIZE[1] * 3 // 2)
    SyntheticSource("street", *SIZE, 30, 1).render(0, buffer)
    if number is not None:
        assert marker.get(version).stamp(planes(buffer, SIZE)[0], number)
    frame = rtc.VideoFrame(*SIZE, rtc.VideoBufferType.I420, buffer)
    upright: Any = rtc.VideoRotation.VIDEO_ROTATION_0
    trailer = None if witness is None else livekit_video.metadata(witness)
    return rtc.VideoFrameEvent(frame=frame, timestamp_us=0, rotation=upright, metadata=trailer)


def test_frames_that_a_stall_held_up_are_not_handed_over_together(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    with _bench(monkeypatch, log, start=False) as bench:
        bench.source.stalls_ns = [60 * MS]
        for number in range(4):
            bench.model.offer(_event(number), time.monotonic_ns())
        bench.model.start()
        for _ in range(4):
            bench.sent()
        times = bench.source.handed_over_us
    assert all(after - before >= 11_999 for before, after in pairwise(times))


def test_a_frame_log_line_is_there_when_written(log: Path) -> None:
    record = ServiceFrame(1, 2, 3, 640, 360, number_out=2, sent_ns=9)
    frames = FrameLog(log)
    frames.write(record)
    assert ServiceFrame(**json.loads(log.read_text())) == record  # before it is closed
    frames.write(ServiceFrame(4, None, None, 640, 360, dropped="superseded"))
    frames.close()
    lines = log.read_text().splitlines()
    assert json.loads(lines[1])["dropped"] == "superseded"


def test_a_frame_log_is_appended_to_and_may_be_nowhere(log: Path) -> None:
    log.write_text("earlier\n")
    frames = FrameLog(log)
    frames.write(ServiceFrame(1, 2, 3, 640, 360))
    frames.close()
    assert log.read_text().startswith("earlier\n")
    nowhere = FrameLog(None)
    nowhere.write(ServiceFrame(1, 2, 3, 640, 360))
    nowhere.close()


def test_passthrough_sends_every_pixel_and_with_it_the_marker(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    event = _event(123_456)
    with _bench(monkeypatch, log) as bench:
        bench.model.offer(event, 1)
        out = bench.sent()
        (record,) = bench.logged()
    assert bytes(out.data) == bytes(event.frame.data)
    assert marker.v2.read(livekit_video.luma(out), sent_size=SIZE) == 123_456
    assert (record.number_in, record.number_out) == (123_456, 123_456)
    assert (record.received_ns, record.width, record.height) == (1, *SIZE)
    assert record.sent_ns is not None
    assert record.dropped == ""


@pytest.mark.parametrize("transform", ["mirror", "restyle"])
def test_a_transformed_frame_is_stamped_anew_when_asked(
    monkeypatch: pytest.MonkeyPatch, log: Path, transform: str
) -> None:
    out_size = (640, 384)
    with _bench(monkeypatch, log, transform=transform, marker="v1", output_size=out_size) as bench:
        bench.model.set_restamp(True)
        bench.model.set_style("a cyberpunk cityscape", None)
        bench.model.expect(SIZE)
        bench.model.offer(_event(5000, "v1"), 1)
        out = bench.sent()
        (record,) = bench.logged()
    assert bench.source.size == out_size
    assert (out.width, out.height) == out_size
    assert marker.v1.read(livekit_video.luma(out), sent_size=out_size) == 5000
    assert (record.number_in, record.number_out) == (5000, 5000)


def test_a_restyled_frame_is_left_without_a_marker_when_nobody_asked(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    with _bench(monkeypatch, log, transform="restyle", marker="v1") as bench:
        bench.model.set_style("a cyberpunk cityscape", None)
        bench.model.offer(_event(5000, "v1"), 1)
        out = bench.sent()
    assert marker.v1.read(livekit_video.luma(out), sent_size=SIZE) is None


def test_an_unreadable_frame_is_sent_unstamped(monkeypatch: pytest.MonkeyPatch, log: Path) -> None:
    with _bench(monkeypatch, log, transform="mirror", marker="v1") as bench:
        bench.model.set_restamp(True)
        bench.model.offer(_event(), 1)
        out = bench.sent()
        (record,) = bench.logged()
    assert marker.v1.read(livekit_video.luma(out), sent_size=SIZE) is None
    assert (record.number_in, record.number_out, record.dropped) == (None, None, "")


def test_the_metadata_trailer_goes_with_its_frame(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    with _bench(monkeypatch, log) as bench:
        bench.model.offer(_event(7, witness=41), 1)
        bench.model.offer(_event(8), 2)
        trailers = [bench.source.taken.get(timeout=LONG_S)[1] for _ in range(2)]
        records = bench.logged()
    assert trailers[0] is not None
    assert trailers[0].frame_id == livekit_video.metadata(41).frame_id
    assert trailers[1] is None
    assert [record.witness for record in records] == [41, None]


def test_a_model_without_a_rate_takes_a_burst_in_order(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    with _bench(monkeypatch, log, start=False) as bench:
        for number in range(5):
            bench.model.offer(_event(number), number)
        bench.model.start()
        numbers = [
            marker.v2.read(livekit_video.luma(bench.sent()), sent_size=SIZE) for _ in range(5)
        ]
        records = bench.logged()
    assert numbers == [0, 1, 2, 3, 4]
    assert [record.number_in for record in records] == [0, 1, 2, 3, 4]
    assert bench.model.counts == {"received": 5, "superseded": 0, "sent": 5, "refused": 0}


@pytest.mark.parametrize(
    "processing",
    [Processing(mean_s=9.0), Processing(mean_s=5.0, spread_s=4.0)],
    ids=["even", "uneven"],
)
def test_a_slow_model_without_a_rate_has_room_for_all_that_comes_in_its_time(
    monkeypatch: pytest.MonkeyPatch, log: Path, processing: Processing
) -> None:
    with _bench(monkeypatch, log, processing=processing) as bench:
        event = _event(1)
        for _ in range(9 * 30):
            bench.model.offer(event, time.monotonic_ns())
        assert bench.model.counts["superseded"] == 0


def test_a_model_that_cannot_keep_up_does_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    with _bench(monkeypatch, log, start=False) as bench:
        event = _event(1)
        for _ in range(100):
            bench.model.offer(event, time.monotonic_ns())
        assert bench.model.counts["superseded"] == 100 - 64
        bench.model.start()  # what waits is logged, the log is closed


def test_a_model_with_a_rate_skips_to_the_newest(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    with _bench(monkeypatch, log, start=False, processing=Processing(max_fps=30)) as bench:
        for number in range(3):
            bench.model.offer(_event(number), number)
        bench.model.start()
        bench.sent()
        records = bench.logged()
    assert [(r.number_in, r.dropped) for r in records] == [
        (0, "superseded"),
        (1, "superseded"),
        (2, ""),
    ]
    assert [r.sent_ns is None for r in records] == [True, True, False]
    assert bench.model.counts == {"received": 3, "superseded": 2, "sent": 1, "refused": 0}


def test_markers_are_not_read_on_the_thread_that_frames_arrive_on(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    readers: set[threading.Thread] = set()

    def examine(*given: Any, **kw: Any) -> Any:
        readers.add(threading.current_thread())
        return marker.v2.examine(*given, **kw)

    with _bench(monkeypatch, log, start=False, processing=Processing(max_fps=30)) as bench:
        reading = dataclasses.replace(marker.get("v2"), examine=examine)
        monkeypatch.setattr(bench.model, "_marker", reading)
        for number in range(3):
            bench.model.offer(_event(number), number)
        bench.model.start()
        bench.sent()
        assert len(bench.logged()) == 3
    assert readers == {bench.model}


def test_a_frame_is_held_for_the_models_time(monkeypatch: pytest.MonkeyPatch, log: Path) -> None:
    with _bench(monkeypatch, log, processing=Processing(mean_s=0.05)) as bench:
        received_ns = time.monotonic_ns()
        bench.model.offer(_event(1), received_ns)
        bench.sent()
        (record,) = bench.logged()
    assert record.sent_ns is not None
    assert record.sent_ns - received_ns >= 50 * MS


def test_a_frame_that_the_sdk_refuses_is_logged_and_the_next_is_sent(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    with _bench(monkeypatch, log, start=False) as bench:
        bench.source.refusals = 1
        bench.model.offer(_event(1), 1)
        bench.model.offer(_event(2), 2)
        bench.model.start()
        bench.sent()
        records = bench.logged()
    assert [(r.number_in, r.dropped) for r in records] == [(1, "refused"), (2, "")]
    assert bench.model.counts["refused"] == 1


def test_the_first_frame_that_is_sent_is_told_once(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    with _bench(monkeypatch, log) as bench:
        for number in range(3):
            bench.model.offer(_event(number), number)
            bench.sent()
        bench.model.end()
    assert list(bench.parent.told.queue) == [FirstFrame()]


def test_what_the_model_still_has_at_its_end_is_in_the_log(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    """One frame is held for an hour; the other waits for the rate to allow it."""
    processing = Processing(mean_s=3600.0, max_fps=0.01)
    with _bench(monkeypatch, log, start=False, processing=processing) as bench:
        took = threading.Event()
        take = bench.model._take

        def taking(*given: Any) -> None:
            take(*given)
            took.set()

        monkeypatch.setattr(bench.model, "_take", taking)
        bench.model.offer(_event(1), time.monotonic_ns())
        bench.model.start()
        assert took.wait(LONG_S)
        bench.model.offer(_event(2), time.monotonic_ns())
        records = bench.logged()
    assert [(r.number_in, r.dropped) for r in records] == [(1, "shutdown"), (2, "shutdown")]
    assert bench.source.taken.empty()


def test_a_frame_of_an_odd_size_is_transformed(monkeypatch: pytest.MonkeyPatch, log: Path) -> None:
    """A sender short of bandwidth scales 640x360 down to 240x135."""
    size = bytearray(240 * 135 + 2 * 120 * 68)
    event = _event()
    event.frame = rtc.VideoFrame(240, 135, rtc.VideoBufferType.I420, size)
    with _bench(monkeypatch, log, transform="restyle", marker="v1") as bench:
        bench.model.offer(event, 1)
        out = bench.sent()
    assert (out.width, out.height) == SIZE


def test_a_model_that_breaks_ends_its_process(
    monkeypatch: pytest.MonkeyPatch, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> bytearray:
        raise ValueError("out of memory")

    with _bench(monkeypatch, log, transform="restyle", marker="v1") as bench:
        monkeypatch.setattr(bench.model, "_transform", broken)
        bench.model.offer(_event(), 1)
        bench.model.join(LONG_S)
    assert bench.parent.detached
    assert list(bench.parent.told.queue) == [Lost("the model broke (ValueError)")]
    assert "out of memory" in caplog.text


async def test_a_style_is_applied_before_it_is_acknowledged(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    with _bench(monkeypatch, log, transform="restyle", marker="v1") as bench:
        given: Any = bench.parent
        obeying = asyncio.ensure_future(worker._obey(given, bench.model))
        parent = bench.parent
        parent.commands.put_nowait(SetRestamp(False))
        parent.commands.put_nowait(StallOutput(0.0))
        parent.commands.put_nowait(SetStyle(4, "a beach", None))
        applied = await asyncio.to_thread(parent.told.get, timeout=LONG_S)
        assert applied == Applied(4)
        event = _event(5000, "v1")
        bench.model.offer(event, 1)
        styled = await asyncio.to_thread(bench.sent)
        # Told by the model's thread after it handed the frame over: wait, or the next may be first.
        first = await asyncio.to_thread(parent.told.get, timeout=LONG_S)
        assert first == FirstFrame()
        parent.commands.put_nowait(SetStyle(5, None, None))
        applied = await asyncio.to_thread(parent.told.get, timeout=LONG_S)
        assert applied == Applied(5)
        bench.model.offer(event, 2)
        plain = await asyncio.to_thread(bench.sent)
        obeying.cancel()
        await asyncio.gather(obeying, return_exceptions=True)
    assert bytes(styled.data) != bytes(event.frame.data)
    assert bytes(plain.data) == bytes(event.frame.data)


def test_faults_are_made_as_asked_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    faults = ModelFaults(drop_every=4, swap_every=3, duplicate_every=5)
    with _bench(monkeypatch, log, faults=faults) as bench:
        bench.model.set_restamp(True)
        for number in range(1, 11):
            bench.model.offer(_event(number), number)
        v2 = marker.get("v2")
        # 3 waits for the next but 4 is dropped: 5 goes first; 6 waits for 7, 9 for 10.
        sent = [v2.read(livekit_video.luma(bench.sent()), sent_size=SIZE) for _ in range(8)]
        logged = bench.logged()
    assert sent == [1, 2, 5, 3, 7, 6, 10, 9]
    dropped = [(f.number_in, f.dropped) for f in logged if f.dropped]
    assert dropped == [(4, "injected"), (8, "injected")]
    assert [f.number_out for f in logged if f.sent_ns is not None] == sent


def test_a_frame_that_waits_to_be_overtaken_is_logged_at_the_end(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    with _bench(monkeypatch, log, faults=ModelFaults(swap_every=2, drop_every=3)) as bench:
        for number in (1, 2, 3):
            bench.model.offer(_event(number), number)
        deadline = time.monotonic() + LONG_S
        while "injected" not in log.read_text():  # 3 was taken, so 2 was before
            assert time.monotonic() < deadline
            threading.Event().wait(0.001)
        logged = bench.logged()
    assert [(f.number_in, f.dropped) for f in logged][-2:] == [(3, "injected"), (2, "shutdown")]


def test_a_marker_is_made_wrong_as_asked_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    with _bench(monkeypatch, log, faults=ModelFaults(misstamp_every=2, blank_every=3)) as bench:
        for number in (10, 20, 30):
            bench.model.offer(_event(number), number)
        v2 = marker.get("v2")
        read = [v2.read(livekit_video.luma(bench.sent()), sent_size=SIZE) for _ in range(3)]
        logged = bench.logged()
    assert read == [10, 21, None]
    assert [f.number_out for f in logged] == read


def test_a_stalled_model_takes_frames_and_sends_none_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, log: Path
) -> None:
    with _bench(monkeypatch, log) as bench:
        bench.model.stall(3600)
        bench.model.offer(_event(1), 1)
        deadline = time.monotonic() + LONG_S
        while not log.exists() or "injected" not in log.read_text():
            assert time.monotonic() < deadline
            threading.Event().wait(0.001)
        bench.model.stall(0)
        bench.model.offer(_event(2), 2)
        assert marker.v2.read(livekit_video.luma(bench.sent()), sent_size=SIZE) == 2
        logged = bench.logged()
    assert [(f.number_in, f.number_out, f.dropped) for f in logged] == [
        (1, None, "injected"),
        (2, 2, ""),
    ]
