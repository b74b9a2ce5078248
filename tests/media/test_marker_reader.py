"""Frames that come back: read in order on a thread, through a queue whose drops are counted."""

from __future__ import annotations

import queue
import threading
import time

import numpy as np

from g2gbench import marker
from g2gbench.marker import Luma
from g2gbench.media.frames import ExaminedFrame, RemoteFrame
from g2gbench.media.marker_reader import QUEUE_FRAMES, MarkerReader
from g2gbench.media.stamp_size import StampSize

SIZE = (320, 192)
LONG_S = 20.0


class Bench:
    """A reader, not started yet, and what comes of it."""

    def __init__(self, version: str = "v2", sent_size: tuple[int, int] = SIZE) -> None:
        self.examined: queue.Queue[ExaminedFrame] = queue.Queue()
        self.numbers: list[tuple[int, int]] = []
        self.threads: set[threading.Thread] = set()
        kind = marker.get(version)
        size = StampSize(kind, [sent_size])
        self.reader = MarkerReader(size, self.examined.put, self._number)

    def _number(self, number: int, received_ns: int) -> None:
        self.numbers.append((number, received_ns))
        self.threads.add(threading.current_thread())

    def seen(self) -> ExaminedFrame:
        return self.examined.get(timeout=LONG_S)

    def all_seen(self) -> list[ExaminedFrame]:
        self.reader.end()
        assert not self.reader.is_alive()
        return [self.seen() for _ in range(self.examined.qsize())]


def _luma(number: int | None = None, version: str = "v2", size: tuple[int, int] = SIZE) -> Luma:
    luma = np.full((size[1], size[0]), 128, np.uint8)
    if number is not None:
        assert marker.get(version).stamp(luma, number)
    return luma


def test_a_frame_is_examined_with_its_number_size_times_and_witness() -> None:
    bench = Bench()
    bench.reader.start()
    before_ns = time.monotonic_ns()
    bench.reader.offer(RemoteFrame(_luma(77), 123, witness=5))
    (seen,) = bench.all_seen()
    assert (seen.found.number, seen.found.reading, seen.frame.witness) == (77, "ok", 5)
    assert seen.frame.luma.shape == (SIZE[1], SIZE[0])
    assert seen.frame.received_ns == 123  # as it was given: reading is no part of g2g
    assert before_ns <= seen.read_ns <= time.monotonic_ns()


def test_each_number_is_told_with_its_arrival_on_the_readers_thread() -> None:
    bench = Bench()
    bench.reader.start()
    for number in (5, 6, 6):
        bench.reader.offer(RemoteFrame(_luma(number), 1000 + number, None))
    bench.all_seen()
    assert bench.numbers == [(5, 1005), (6, 1006), (6, 1006)]
    assert bench.threads == {bench.reader}


def test_a_frame_without_a_marker_is_seen_and_told_nobody() -> None:
    bench = Bench()
    bench.reader.start()
    bench.reader.offer(RemoteFrame(_luma(), 1, None))
    (seen,) = bench.all_seen()
    assert (seen.found.number, seen.found.reading, seen.frame.witness) == (None, "no_marker", None)
    assert bench.numbers == []


def test_the_size_of_the_stamping_is_what_is_read_at() -> None:
    """The same picture, read at another size, is none of this session's."""
    right, wrong = Bench("v1", (1088, 624)), Bench("v1", (640, 360))
    for bench in (right, wrong):
        bench.reader.start()
        bench.reader.offer(RemoteFrame(_luma(5000, "v1", (1088, 624)), 1, None))
    assert [seen.found.number for seen in right.all_seen()] == [5000]
    assert [seen.found.number for seen in wrong.all_seen()] == [None]


def test_a_full_queue_never_blocks_and_counts_what_it_drops() -> None:
    bench = Bench()
    for number in range(QUEUE_FRAMES + 3):
        bench.reader.offer(RemoteFrame(_luma(number), number, None))
    assert bench.reader.dropped == 3
    bench.reader.start()
    assert [seen.found.number for seen in bench.all_seen()] == list(range(QUEUE_FRAMES))
    assert bench.reader.dropped == 3


def test_what_waits_is_read_before_the_end_in_order() -> None:
    bench = Bench()
    for number in range(QUEUE_FRAMES - 1):
        bench.reader.offer(RemoteFrame(_luma(number), number, None))
    bench.reader.start()
    assert [seen.frame.received_ns for seen in bench.all_seen()] == list(range(QUEUE_FRAMES - 1))


def test_frames_that_were_read_at_the_size_that_holds_later_are_told_as_they_were_read() -> None:
    bench = Bench("v1", (1088, 624))
    bench.reader = MarkerReader(
        StampSize(marker.get("v1"), [(1088, 624), SIZE]), bench.examined.put, bench._number
    )
    bench.reader.start()
    for number in (5001, 5002, 5003):
        bench.reader.offer(RemoteFrame(_luma(number, "v1"), number, None))
    assert [seen.found.number for seen in bench.all_seen()] == [5001, 5002, 5003]
    assert [received for _, received in bench.numbers] == [5001, 5002, 5003]


def test_frames_whose_size_never_holds_have_no_marker() -> None:
    bench = Bench("v1", (1088, 624))
    bench.reader = MarkerReader(
        StampSize(marker.get("v1"), [(1088, 624), SIZE]), bench.examined.put, bench._number
    )
    bench.reader.start()
    for _ in range(12):  # the same picture again and again: it may be noise
        bench.reader.offer(RemoteFrame(_luma(5001, "v1"), 1, None))
    assert [seen.found.number for seen in bench.all_seen()] == [None] * 12
    assert bench.numbers == []
