"""Frames that come back: read in order on a thread, through a queue whose drops are counted."""

from __future__ import annotations

import queue
import threading
import time

import numpy as np

from g2gbench import marker
from g2gbench.marker import Luma
from g2gbench.measure.records import Record, Seen
from g2gbench.media.marker_reader import QUEUE_FRAMES, Receiver
from g2gbench.media.stamp_size import StampSize
from g2gbench.realtime.streams import RemoteFrame

SIZE = (320, 192)
LONG_S = 20.0


class Bench:
    """A receiver, not started yet, and what comes of it."""

    def __init__(self, version: str = "v2", sent_size: tuple[int, int] = SIZE) -> None:
        self.records: queue.Queue[Record] = queue.Queue()
        self.numbers: list[tuple[int, int]] = []
        self.threads: set[threading.Thread] = set()
        kind = marker.get(version)
        size = StampSize(kind, [sent_size])
        self.receiver = Receiver(size, self.records.put, self._number)

    def _number(self, number: int, received_ns: int) -> None:
        self.numbers.append((number, received_ns))
        self.threads.add(threading.current_thread())

    def seen(self) -> Seen:
        record = self.records.get(timeout=LONG_S)
        assert isinstance(record, Seen)
        return record

    def all_seen(self) -> list[Seen]:
        self.receiver.end()
        assert not self.receiver.is_alive()
        return [self.seen() for _ in range(self.records.qsize())]


def _luma(number: int | None = None, version: str = "v2", size: tuple[int, int] = SIZE) -> Luma:
    luma = np.full((size[1], size[0]), 128, np.uint8)
    if number is not None:
        assert marker.get(version).stamp(luma, number)
    return luma


def test_a_frame_is_seen_with_its_number_size_times_and_witness() -> None:
    bench = Bench()
    bench.receiver.start()
    before_ns = time.monotonic_ns()
    bench.receiver.offer(RemoteFrame(_luma(77), 123, witness=5))
    (seen,) = bench.all_seen()
    assert (seen.seq, seen.reading, seen.witness) == (77, "ok", 5)
    assert (seen.width, seen.height) == SIZE
    assert seen.received_ns == 123  # as it was given: reading is no part of g2g
    assert before_ns <= seen.read_ns <= time.monotonic_ns()


def test_each_number_is_told_with_its_arrival_on_the_readers_thread() -> None:
    bench = Bench()
    bench.receiver.start()
    for number in (5, 6, 6):
        bench.receiver.offer(RemoteFrame(_luma(number), 1000 + number, None))
    bench.all_seen()
    assert bench.numbers == [(5, 1005), (6, 1006), (6, 1006)]
    assert bench.threads == {bench.receiver}


def test_a_frame_without_a_marker_is_seen_and_told_nobody() -> None:
    bench = Bench()
    bench.receiver.start()
    bench.receiver.offer(RemoteFrame(_luma(), 1, None))
    (seen,) = bench.all_seen()
    assert (seen.seq, seen.reading, seen.witness) == (None, "no_marker", None)
    assert bench.numbers == []


def test_the_size_of_the_stamping_is_what_is_read_at() -> None:
    """The same picture, read at another size, is none of this session's."""
    right, wrong = Bench("v1", (1088, 624)), Bench("v1", (640, 360))
    for bench in (right, wrong):
        bench.receiver.start()
        bench.receiver.offer(RemoteFrame(_luma(5000, "v1", (1088, 624)), 1, None))
    assert [seen.seq for seen in right.all_seen()] == [5000]
    assert [seen.seq for seen in wrong.all_seen()] == [None]


def test_a_full_queue_never_blocks_and_counts_what_it_drops() -> None:
    bench = Bench()
    for number in range(QUEUE_FRAMES + 3):
        bench.receiver.offer(RemoteFrame(_luma(number), number, None))
    assert bench.receiver.dropped == 3
    bench.receiver.start()
    assert [seen.seq for seen in bench.all_seen()] == list(range(QUEUE_FRAMES))
    assert bench.receiver.dropped == 3


def test_what_waits_is_read_before_the_end_in_order() -> None:
    bench = Bench()
    for number in range(QUEUE_FRAMES - 1):
        bench.receiver.offer(RemoteFrame(_luma(number), number, None))
    bench.receiver.start()
    assert [seen.received_ns for seen in bench.all_seen()] == list(range(QUEUE_FRAMES - 1))


def test_frames_that_were_read_at_the_size_that_holds_later_are_told_as_they_were_read() -> None:
    bench = Bench("v1", (1088, 624))
    bench.receiver = Receiver(
        StampSize(marker.get("v1"), [(1088, 624), SIZE]), bench.records.put, bench._number
    )
    bench.receiver.start()
    for number in (5001, 5002, 5003):
        bench.receiver.offer(RemoteFrame(_luma(number, "v1"), number, None))
    assert [seen.seq for seen in bench.all_seen()] == [5001, 5002, 5003]
    assert [received for _, received in bench.numbers] == [5001, 5002, 5003]


def test_frames_whose_size_never_holds_have_no_marker() -> None:
    bench = Bench("v1", (1088, 624))
    bench.receiver = Receiver(
        StampSize(marker.get("v1"), [(1088, 624), SIZE]), bench.records.put, bench._number
    )
    bench.receiver.start()
    for _ in range(12):  # the same picture again and again: it may be noise
        bench.receiver.offer(RemoteFrame(_luma(5001, "v1"), 1, None))
    assert [seen.seq for seen in bench.all_seen()] == [None] * 12
    assert bench.numbers == []
