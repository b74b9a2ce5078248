"""The v1 stamp is the service's byte for byte, and the strict reader keeps its gates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from g2gbench.marker import v1
from tests.marker import reference

GOLDEN_WORDS = {
    0x0000: 0xA00000,
    0x0001: 0xA00011,
    0x1234: 0xA12344,
    0xBEEF: 0xABEEF4,
    0xFFFF: 0xAFFFF0,
}


def stamped(number: int, width: int = 256, height: int = 64) -> np.ndarray:
    luma = np.full((height, width), 90, np.uint8)
    assert v1.stamp(luma, number)
    return luma


@pytest.mark.parametrize(("number", "word"), GOLDEN_WORDS.items())
def test_stamp_writes_the_golden_words(number: int, word: int) -> None:
    row = stamped(number)[-4, 4:192:8]
    bits = "".join("1" if level == 200 else "0" for level in row.tolist())
    assert int(bits, 2) == word


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param([*range(256), *range(0, 0x10000, 257)], id="every byte"),
        pytest.param(range(0x10000), id="every number", marks=pytest.mark.nightly),
    ],
)
def test_stamp_is_byte_equal_to_the_protocol(numbers: Sequence[int]) -> None:
    expected = np.full((32, 192), 90, np.uint8)
    luma = expected.copy()
    different = 0
    for number in numbers:
        reference.stamp(expected, number)
        v1.stamp(luma, number)
        different += luma.tobytes() != expected.tobytes()
    assert different == 0


def test_stamp_leaves_every_other_pixel_alone() -> None:
    luma = stamped(0xBEEF)
    assert (luma[:-32] == 90).all()
    assert (luma[:, 192:] == 90).all()


@given(st.integers(-(2**40), 2**40))
def test_stamp_keeps_sixteen_bits_of_any_integer(number: int) -> None:
    luma = stamped(number)
    assert v1.read(luma, sent_size=(256, 64)) == number & 0xFFFF
    assert v1.read(luma) == number & 0xFFFF


def test_the_protocols_reader_reads_the_stamp_at_native_size() -> None:
    luma = np.full((32, 192), 90, np.uint8)
    for number in range(0, 0x10000, 61):
        v1.stamp(luma, number)
        assert reference.read(luma) == number


@pytest.mark.parametrize("size", [2, 3, 4, 5, 6, 7, 10, 12, 14, 16])
def test_without_the_sent_size_the_protocols_cell_sizes_are_found(size: int) -> None:
    cells = np.array([200 if bit else 50 for bit in reference.code_word(0x5A71)], np.uint8)
    luma = np.full((200, 500), 90, np.uint8)
    luma[-4 * size :, : 24 * size] = np.repeat(cells, size)
    assert v1.read(luma) == 0x5A71


@pytest.mark.parametrize(("width", "height"), [(191, 32), (192, 31), (0, 0), (16, 16)])
def test_a_frame_too_small_for_the_marker_is_left_alone(width: int, height: int) -> None:
    luma = np.full((height, width), 90, np.uint8)
    assert not v1.stamp(luma, 1)
    assert (luma == 90).all()
    assert v1.examine(luma, sent_size=(640, 360)).reading == "no_marker"
    assert v1.read(luma) is None


def test_a_size_too_small_to_be_stamped_reads_as_no_marker() -> None:
    assert v1.examine(stamped(77), sent_size=(191, 100)).reading == "no_marker"


def test_rows_may_be_farther_apart_than_their_width() -> None:
    plane = np.full((64, 320), 90, np.uint8)
    view = plane[:, :256]
    assert v1.stamp(view, 4711)
    assert v1.read(view, sent_size=(256, 64)) == 4711
    assert (plane[:, 256:] == 90).all()


def test_a_flat_frame_has_no_marker() -> None:
    luma = np.full((360, 640), 128, np.uint8)
    assert v1.examine(luma, sent_size=(640, 360)).reading == "no_marker"
    assert v1.examine(luma).reading == "no_marker"


def test_a_wrong_checksum_is_rejected() -> None:
    luma = stamped(0x1234)
    luma[-32:, 20 * 8 : 21 * 8] = 200  # 4 = 0100 becomes 1100
    examination = v1.examine(luma, sent_size=(256, 64))
    assert (examination.number, examination.reading) == (None, "rejected")
    assert v1.read(luma, sent_size=(256, 64)) is None


def test_a_column_on_the_fence_is_rejected() -> None:
    luma = stamped(0x1234)
    luma[-32:, 23 * 8 :][:, :8] = 120  # the level between black and white is 125
    assert v1.examine(luma, sent_size=(256, 64)).reading == "rejected"


@pytest.mark.parametrize(("cells", "reading"), [(16, "ok"), (17, "rejected")])
def test_at_most_sixteen_cells_may_disagree_with_the_word(cells: int, reading: str) -> None:
    luma = stamped(0x1234)
    for column in range(4, 4 + cells):
        cell = luma[-8:, column * 8 : column * 8 + 8]
        # Just across the threshold of 125, so that the column as a whole stays clear.
        cell[:] = 120 if cell[0, 0] == 200 else 130
    assert v1.examine(luma, sent_size=(256, 64)).reading == reading


@pytest.mark.parametrize(("contrast", "reading"), [(16, "ok"), (15, "no_marker")])
def test_contrast_below_sixteen_levels_is_no_marker(contrast: int, reading: str) -> None:
    luma = stamped(0x1234)
    luma[-32:, :192] = np.where(luma[-32:, :192] == 200, 100 + contrast, 100)
    assert v1.examine(luma, sent_size=(256, 64)).reading == reading


def test_examine_and_read_agree() -> None:
    luma = stamped(31337)
    examination = v1.examine(luma, sent_size=(256, 64))
    assert (examination.number, examination.reading) == (31337, "ok")
    assert v1.read(luma, sent_size=(256, 64)) == 31337
