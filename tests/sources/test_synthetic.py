"""Synthetic videos: repeatable, bounded in their motion, without a seam, and possible to encode."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import av
import numpy as np
import pytest

from g2gbench.sources import CONTENTS, Source, SyntheticSource

NATURAL = ("street", "talking-head")


def picture(source: SyntheticSource, number: int) -> np.ndarray:
    buffer = np.zeros(source.frame_size, np.uint8)
    source.render(number, buffer)
    return buffer


@pytest.mark.parametrize("content", CONTENTS)
def test_any_frame_can_be_made_again_in_any_order(content: str) -> None:
    numbers = [0, 1, 17, 450, 100_000]
    first = SyntheticSource(content, 160, 96, 30, 5)
    again = SyntheticSource(content, 160, 96, 30, 5)
    pictures = {number: picture(first, number).tobytes() for number in numbers}
    for number in (450, 0, 100_000, 17, 1, 450):
        assert picture(again, number).tobytes() == pictures[number]
        assert picture(first, number).tobytes() == pictures[number]


# Integers, raw random streams and basic IEEE 754 operations alone: the same on every machine.
@pytest.mark.parametrize(
    ("content", "checksum"),
    [
        ("street", 0x7B18EBA5),
        ("talking-head", 0xAD5A2E61),
        ("noise", 0xC64F5344),
        ("flat", 0x0B24B7F8),
    ],
)
def test_a_frame_is_the_same_on_every_machine(content: str, checksum: int) -> None:
    frame = picture(SyntheticSource(content, 96, 64, 30, 7), 1000)
    assert zlib.crc32(frame.tobytes()) == checksum


@pytest.mark.parametrize("content", ["street", "talking-head", "noise"])
def test_another_seed_is_another_picture(content: str) -> None:
    one, other = (SyntheticSource(content, 160, 96, 30, seed) for seed in (1, 2))
    assert (picture(one, 3) != picture(other, 3)).any()


@pytest.mark.parametrize("content", ["street", "talking-head", "flat"])
def test_frames_of_one_moment_are_equal_at_any_frame_rate(content: str) -> None:
    slow, fast = (SyntheticSource(content, 160, 96, fps, 4) for fps in (15, 60))
    assert picture(slow, 150).tobytes() == picture(fast, 600).tobytes()


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize(("width", "height"), [(32, 32), (34, 1000), (1000, 34), (624, 1088)])
def test_every_even_size_gives_a_whole_picture(content: str, width: int, height: int) -> None:
    source = SyntheticSource(content, width, height, 25, 3)
    assert source.frame_size == width * height * 3 // 2
    left, right = (np.full(source.frame_size, level, np.uint8) for level in (0, 255))
    source.render(77, left)
    source.render(77, right)
    assert left.tobytes() == right.tobytes()  # every byte is written


@pytest.mark.parametrize("content", CONTENTS)
def test_a_bytearray_a_memoryview_and_an_array_are_written_alike(content: str) -> None:
    source = SyntheticSource(content, 64, 48, 30, 1)
    array, octets, viewed = np.zeros(4608, np.uint8), bytearray(4608), bytearray(4608)
    source.render(9, array)
    source.render(9, octets)
    source.render(9, memoryview(viewed))
    assert array.tobytes() == bytes(octets) == bytes(viewed)


def test_luma_is_a_view_of_the_pictures_first_plane() -> None:
    source = SyntheticSource("flat", 64, 48, 30, 1)
    buffer = bytearray(source.frame_size)
    luma = source.luma(buffer)
    assert luma.shape == (48, 64)
    luma[-1, -1] = 99
    assert buffer[64 * 48 - 1] == 99


def test_a_synthetic_source_is_a_source() -> None:
    source: Source = SyntheticSource("flat", 64, 48, 29.97, 1)
    assert (source.width, source.height, source.fps) == (64, 48, 29.97)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"content": "sea"}, r"'sea'; allowed: street, talking-head, noise, flat"),
    ({"width": 641}, r"width is 641; allowed: an even number"),
    ({"height": 361}, r"height is 361; allowed: an even number"),
    ({"height": 30}, r"height is 30; allowed: an even number of pixels from 32"),
    ({"fps": 0}, r"fps is 0; allowed: above 0"),
    ({"fps": float("nan")}, r"fps is nan; allowed: above 0"),
    ({"seed": -1}, r"seed is -1; allowed: 0"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_what_cannot_be_shown_is_refused(change: dict[str, Any], message: str) -> None:
    settings: dict[str, Any] = {
        "content": "flat",
        "width": 640,
        "height": 360,
        "fps": 30,
        "seed": 1,
    }
    with pytest.raises(ValueError, match=message):
        SyntheticSource(**(settings | change))


def test_a_buffer_that_does_not_fit_is_refused() -> None:
    source = SyntheticSource("flat", 64, 48, 30, 1)
    with pytest.raises(ValueError, match=r"holds 4607 bytes; allowed: 4608"):
        source.render(0, bytearray(4607))
    with pytest.raises(ValueError, match=r"read-only"):
        source.render(0, memoryview(bytes(4608)))
    with pytest.raises(TypeError, match=r"float32; allowed: uint8"):
        source.render(0, np.zeros(1152, np.float32))
    with pytest.raises(ValueError, match=r"number is -1; allowed: 0"):
        source.render(-1, bytearray(4608))


def differences(content: str, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean absolute difference of luma and of chroma from each frame to the next."""
    source = SyntheticSource(content, 320, 184, 30, 7)
    pixels = 320 * 184
    luma, chroma = [], []
    before = picture(source, 0).astype(np.int16)
    for number in range(1, frames):
        after = picture(source, number).astype(np.int16)
        change = np.abs(after - before)
        luma.append(change[:pixels].mean())
        chroma.append(change[pixels:].mean())
        before = after
    return np.array(luma), np.array(chroma)


LONG = [600, pytest.param(3000, marks=pytest.mark.nightly)]
"""Frames: 20 s; two whole pans of the street and every turn of them, 100 s."""


@pytest.mark.parametrize("frames", LONG)
def test_a_street_moves_in_every_frame_and_never_jumps(frames: int) -> None:
    luma, chroma = differences("street", frames)
    assert luma.min() > 0.05
    assert luma.max() < 8
    assert luma.max() < 3 * np.median(luma)
    assert chroma.max() < 1.5
    assert chroma.max() < 4 * np.median(chroma)


@pytest.mark.parametrize("frames", LONG)
def test_a_talking_head_moves_little_and_never_jumps(frames: int) -> None:
    luma, chroma = differences("talking-head", frames)
    assert np.count_nonzero(luma) > frames / 3
    assert luma.max() < 0.6
    assert chroma.max() < 0.2
    street, _ = differences("street", 60)
    assert luma.mean() < street.mean() / 5


def test_flat_changes_by_one_level_at_most() -> None:
    luma, chroma = differences("flat", 1500)
    assert set(luma.tolist()) == {0.0, 1.0}
    assert not chroma.any()


def test_noise_has_nothing_in_common_with_the_frame_before() -> None:
    luma, chroma = differences("noise", 10)
    # The mean distance of two independent values of 0..255 is 85.3.
    assert abs(luma - 85.3).max() < 1
    assert abs(chroma - 85.3).max() < 1


@pytest.mark.parametrize("content", NATURAL)
def test_levels_stay_within_the_limited_range_of_video(content: str) -> None:
    source = SyntheticSource(content, 320, 184, 30, 7)
    for number in (0, 333, 720):
        frame = picture(source, number)
        assert frame.min() >= 15
        assert frame.max() <= 240


@cache
def packet_sizes(content: str, *, quantiser: int | None, frames: int) -> list[int]:
    """Bytes of each frame that VP8 lets through, at a fixed quantiser or else at 2 Mbit/s."""
    source = SyntheticSource(content, 1088, 624, 30, 7)

    def pictures() -> Iterator[av.VideoFrame]:
        for number in range(frames):
            layout = picture(source, number).reshape(936, 1088)
            frame = av.VideoFrame.from_ndarray(layout, format="yuv420p")
            frame.pts = number
            yield frame

    context = av.CodecContext.create("libvpx", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.thread_count = 1  # libvpx threads spin while they wait: slow beside other work
    context.width, context.height, context.pix_fmt = 1088, 624, "yuv420p"
    context.time_base, context.framerate, context.gop_size = Fraction(1, 30), Fraction(30), 3000
    options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    if quantiser is None:
        context.bit_rate = 2_000_000
        options |= {"drop-threshold": "30", "qmax": "56", "maxrate": "2M", "bufsize": "1200k"}
    else:
        context.bit_rate = 100_000_000
        options |= {"qmin": str(quantiser), "qmax": str(quantiser)}
    context.options = options
    packets = [packet.size for frame in pictures() for packet in context.encode(frame)]
    return packets + [packet.size for packet in context.encode(None)]


SHORT = [40, pytest.param(150, marks=pytest.mark.nightly)]
"""Frames that are encoded."""


@pytest.mark.parametrize("frames", SHORT)
def test_two_megabits_carry_a_street_with_hardly_a_dropped_frame(frames: int) -> None:
    assert len(packet_sizes("street", quantiser=None, frames=frames)) >= 0.97 * frames


@pytest.mark.parametrize("frames", SHORT)
def test_no_frame_is_huge_beside_its_neighbours(frames: int) -> None:
    _, *deltas = packet_sizes("street", quantiser=40, frames=frames)
    assert max(deltas) < 4 * np.median(deltas)


@pytest.mark.parametrize("frames", SHORT)
def test_a_talking_head_needs_far_fewer_bits_than_a_street(frames: int) -> None:
    _, *street = packet_sizes("street", quantiser=40, frames=frames)
    _, *head = packet_sizes("talking-head", quantiser=40, frames=frames)
    assert sum(head) < sum(street) / 2
