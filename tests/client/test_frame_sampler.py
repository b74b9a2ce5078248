"""Which pictures are kept while a session runs, and against what each is held afterwards."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from g2gbench import marker
from g2gbench.client.frame_sampler import FrameSampler, MemoryFrameStore, SampledFrame
from g2gbench.client.picture_scoring import pairs, score
from g2gbench.marker import Luma
from g2gbench.measure import fidelity
from g2gbench.sources import SyntheticSource

FIRST = 0xFFFFFF - 5  # the numbers wrap after frame 5
SIZE = (320, 240)


def luma(tag: int) -> Luma:
    return np.full((2, 2), tag, np.int16).astype(np.uint8)


def kept(
    arrivals: list[int],
    *,
    every: int = 1,
    frames: int = 30,
    begun: int = 0,
    over: int = 30,
    room: int = 100,
) -> list[tuple[int, int]]:
    """(frame, what stood in its place) of a session in which these frames came back."""
    sampler = FrameSampler(FIRST, 24, every, room, MemoryFrameStore())
    waiting = list(arrivals)
    for frame in range(frames):
        if frame == begun:
            sampler.begin()
        if frame == over:
            sampler.end()
        sampler.captured(frame)
        while waiting and waiting[0] <= frame:
            came = waiting.pop(0)
            sampler.take((FIRST + came) & 0xFFFFFF, 1000 + came, luma(came))
    for one in sampler.kept:
        assert (one.received_ns, one.luma[0, 0]) == (1000 + one.shown_id, one.shown_id & 0xFF)
    return [(one.frame_id, one.shown_id) for one in sampler.kept]


def test_every_so_many_th_frame_is_kept_across_the_wrap_of_the_numbers() -> None:
    assert kept(list(range(30)), every=3) == [(i, i) for i in range(0, 30, 3)]


def test_for_a_frame_that_did_not_come_the_picture_before_it_is_kept() -> None:
    assert kept([0, 1, 4, 5], frames=6) == [(0, 0), (1, 1), (2, 1), (3, 1), (4, 4), (5, 5)]
    assert kept([0, 1, 2, 7], every=3, frames=8) == [(0, 0), (3, 2), (6, 2)]


def test_only_frames_of_the_steady_state_are_kept() -> None:
    assert kept(list(range(30)), begun=10, over=20) == [(i, i) for i in range(10, 20)]
    assert kept([8, 25], begun=10, over=12) == [(10, 8), (11, 8)]


def test_a_repeat_is_not_kept_again_and_a_late_frame_is_kept_as_itself() -> None:
    assert kept([0, 1, 1, 3, 2, 2, 3], frames=4) == [(0, 0), (1, 1), (2, 1), (3, 3), (2, 2)]


def test_what_does_not_come_at_the_end_has_nothing_in_its_place() -> None:
    assert kept([0, 1], frames=9) == [(0, 0), (1, 1)]


def test_before_the_first_picture_nothing_stood_anywhere() -> None:
    assert kept([3, 4], frames=5) == [(3, 3), (4, 4)]


def test_a_number_of_no_frame_of_ours_is_left_alone() -> None:
    sampler = FrameSampler(100, 16, 1, 100, MemoryFrameStore())
    sampler.begin()
    sampler.captured(0)
    sampler.take(99, 1, luma(0))
    sampler.take(101, 1, luma(0))
    assert sampler.kept == []


def test_no_more_are_kept_than_there_is_room_for() -> None:
    found = kept(list(range(1000)), frames=1000, over=1000, room=40)
    assert found == [(i, i) for i in range(40)]


def test_a_kept_picture_is_a_copy_whatever_becomes_of_the_original_and_its_size() -> None:
    sampler = FrameSampler(0, 16, 1, 4, MemoryFrameStore())
    pictures = [np.full((2, 2), 7, np.uint8), np.full((2, 2), 8, np.uint8)]
    pictures += [np.full((4, 6), 9, np.uint8), np.full((2, 2), 10, np.uint8)]
    sampler.captured(0)
    sampler.take(0, 1, pictures[0])
    sampler.begin()
    for number, picture in enumerate(pictures[1:], 1):
        sampler.captured(number)
        sampler.take(number, 1, picture)
        picture[:] = 0
    assert [k.luma.tolist() for k in sampler.kept] == [[[8] * 2] * 2, [[9] * 6] * 4, [[10] * 2] * 2]


def test_of_the_start_pictures_are_kept_at_their_times_and_none_once_measuring_has_begun() -> None:
    sampler = FrameSampler(0, 16, 1, 4, MemoryFrameStore(), first_ns=[0, 100, 250, 260, 900])
    for number in range(10):
        sampler.captured(number)
        if number == 7:
            sampler.begin()
        sampler.take(number, 5000 + 60 * number, luma(number))
        sampler.take(number, 5000 + 60 * number + 1, luma(99))  # shown again
    # At 0, 120 and 300 ns after the first: two times fell between the last two of them.
    assert [(k.frame_id, k.shown_id, k.received_ns) for k in sampler.first] == [
        (0, 0, 5000),
        (2, 2, 5120),
        (5, 5, 5300),
    ]
    assert [k.luma[0, 0] for k in sampler.first] == [0, 2, 5]
    assert [k.frame_id for k in sampler.kept] == [8, 9]


def source() -> SyntheticSource:
    return SyntheticSource("street", *SIZE, 30, 7)


def stamped(frame: int) -> Luma:
    drawn = source()
    buffer = bytearray(drawn.frame_size)
    drawn.render(frame, buffer)
    picture = drawn.luma(buffer)
    marker.get("v2").stamp(picture, (FIRST + frame) & 0xFFFFFF)
    return picture


def test_pairs_stand_in_the_order_of_their_frames_as_they_were_on_display() -> None:
    late = [
        SampledFrame(6, 3, 1, stamped(3)),
        SampledFrame(0, 0, 2, stamped(0)),
        SampledFrame(6, 6, 3, stamped(6)),
    ]
    found = [
        (drawn.copy(), shown) for drawn, shown in pairs(late, source(), marker.get("v2"), FIRST)
    ]
    for (drawn, shown), (frame, on_display) in zip(found, ((0, 0), (6, 3)), strict=True):
        assert np.array_equal(drawn, stamped(frame))
        assert np.array_equal(shown, stamped(on_display))


def test_a_picture_that_came_back_whole_is_identical_to_its_source_drawn_again() -> None:
    pairs = [SampledFrame(i, i, 1000 + i, stamped(i)) for i in (0, 3, 9)]
    found = list(score(pairs, source(), marker.get("v2"), FIRST))
    assert sorted((f.frame_id, f.received_ns) for f in found) == [(0, 1000), (3, 1003), (9, 1009)]
    assert {(f.mse, f.ssim) for f in found} == {(0.0, 1.0)}


def test_a_picture_that_stood_for_another_is_held_against_that_one() -> None:
    near, far = score(
        [SampledFrame(6, 5, 0, stamped(5)), SampledFrame(35, 5, 0, stamped(5))],
        source(),
        marker.get("v2"),
        FIRST,
    )
    assert (near.shown_id, far.shown_id) == (5, 5)
    assert 0 < near.mse < far.mse


def test_what_the_budget_has_no_time_for_is_left_out() -> None:
    pairs = [SampledFrame(i, i, 0, stamped(i)) for i in range(8)]
    a_second = itertools.count(0, 1_000_000_000)
    found = list(score(pairs, source(), marker.get("v2"), FIRST, clock=lambda: next(a_second)))
    assert [f.frame_id for f in found] == [0, 4, 2, 6, 1]
    assert fidelity.BUDGET_S == 5


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_reference_is_stamped_with_the_marker_of_the_session(version: str) -> None:
    kind = marker.get("v1" if version == "v1" else "v2")
    drawn = source()
    buffer = bytearray(drawn.frame_size)
    drawn.render(4, buffer)
    kind.stamp(drawn.luma(buffer), 4)
    (found,) = score([SampledFrame(4, 4, 0, drawn.luma(buffer))], source(), kind, 0)
    assert found.mse == 0
