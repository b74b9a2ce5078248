"""The size at which frames were stamped is found where it is not the one that was assumed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from g2gbench import marker
from g2gbench.marker import Luma
from g2gbench.media.stamp_size import DOUBTED_AFTER, HOLDS_AFTER, Size, StampSize

MODEL, CAPTURED = (1280, 704), (640, 360)
FIRST = 5000


class Bench:
    def __init__(self, *sizes: Size, version: str = "v1") -> None:
        self.told: list[Size] = []
        self.newest = FIRST
        kind = marker.get(version)
        self.size = StampSize(kind, sizes, lambda n: FIRST <= n <= self.newest, self.told.append)
        self._stamp = kind.stamp

    def picture(self, number: int | None, at: tuple[int, int], shown: tuple[int, int]) -> Luma:
        """A picture stamped at one size and shown at another."""
        luma = np.full(at[::-1], 128, np.uint8)
        if number is not None:
            self.newest = max(self.newest, number)
            assert self._stamp(luma, number)
        return np.asarray(cv2.resize(luma, shown, interpolation=cv2.INTER_AREA), np.uint8)

    def looks(self, count: int, at: tuple[int, int], shown: tuple[int, int]) -> list[int | None]:
        """The numbers that are sure, of so many pictures."""
        found = []
        for _ in range(count):
            look = self.size.look(self.picture(self.newest + 1, at, shown))
            found.append(look.found.number if look.sure else None)
        return found


def test_the_assumed_size_holds_from_the_first_frame_on() -> None:
    bench = Bench(MODEL, CAPTURED, None)
    assert bench.looks(3, MODEL, MODEL) == [5001, 5002, 5003]
    assert bench.told == []


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_pictures_that_come_back_at_the_size_at_which_they_were_sent_are_read(version: str) -> None:
    bench = Bench(MODEL, CAPTURED, None, version=version)
    assert bench.looks(HOLDS_AFTER + 2, CAPTURED, CAPTURED) == [None, None, 5003, 5004, 5005]
    assert bench.told == [CAPTURED]


def test_what_is_of_neither_size_is_read_at_one_of_the_protocols() -> None:
    bench = Bench(MODEL, CAPTURED, None)
    bench.looks(HOLDS_AFTER, (960, 540), (720, 405))  # cells of six pixels
    assert bench.told == [None]


def test_numbers_that_are_not_on_their_way_make_no_size_hold() -> None:
    bench = Bench(MODEL, CAPTURED, None)
    for number in (9000, 9001, 9002, 9003):
        picture = bench.picture(number, CAPTURED, CAPTURED)
        bench.newest = FIRST
        assert bench.size.look(picture).sure
    assert bench.told == []


def test_a_number_that_stands_still_makes_no_size_hold() -> None:
    bench = Bench(MODEL, CAPTURED, None)
    picture = bench.picture(FIRST, CAPTURED, CAPTURED)
    assert [bench.size.look(picture).sure for _ in range(9)] == [False] * 9
    assert bench.told == []


def test_frames_in_between_that_cannot_be_read_begin_the_count_anew() -> None:
    bench = Bench(MODEL, CAPTURED, None)
    bench.looks(HOLDS_AFTER - 1, CAPTURED, CAPTURED)
    assert bench.size.look(bench.picture(None, CAPTURED, CAPTURED)).sure
    bench.looks(HOLDS_AFTER - 1, CAPTURED, CAPTURED)
    assert bench.told == []


def test_the_size_that_held_is_looked_for_again_when_it_reads_nothing_for_long() -> None:
    bench = Bench(MODEL, CAPTURED, None)
    bench.looks(1, MODEL, MODEL)
    bench.looks(DOUBTED_AFTER - 1, CAPTURED, CAPTURED)
    assert bench.told == []
    assert bench.looks(HOLDS_AFTER, CAPTURED, CAPTURED)[-1] == bench.newest
    assert bench.told == [CAPTURED]


def test_where_one_size_alone_is_tried_whatever_it_reads_is_told() -> None:
    bench = Bench(CAPTURED)
    assert bench.size.look(bench.picture(60_000, CAPTURED, CAPTURED)).found.number == 60_000
    assert bench.size.words == "640x360"
    assert Bench(MODEL, MODEL, None).size.words == "1280x704, the protocol's own"
