"""The v2 stamp and reader: golden words, gates, polarity, mirror."""

from __future__ import annotations

from binascii import crc_hqx

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from g2gbench.marker import v2

GOLDEN_WORDS = {
    0x000000: 0x000000CC9C,
    0x000001: 0x000001DCBD,
    0x001234: 0x001234DF5A,
    0x00BEEF: 0x00BEEFFD5F,
    0xFFFFFF: 0xFFFFFF1EF0,
}
SIZE = (256, 64)


def stamped(number: int, width: int = 256, height: int = 64) -> np.ndarray:
    luma = np.full((height, width), 90, np.uint8)
    assert v2.stamp(luma, number)
    return luma


def row_bits(luma: np.ndarray, row: int) -> str:
    return "".join("1" if level == 235 else "0" for level in luma[row, 4:192:8].tolist())


@pytest.mark.parametrize(("number", "word"), GOLDEN_WORDS.items())
def test_stamp_writes_the_golden_words_between_the_pilots(number: int, word: int) -> None:
    luma = stamped(number)
    upper, lower = row_bits(luma, -24), row_bits(luma, -8)
    assert (upper[:2], upper[22:], lower[:2], lower[22:]) == ("10", "10", "01", "01")
    assert int(upper[2:22] + lower[2:22], 2) == word == v2.word(number)


def test_cells_are_eight_wide_and_sixteen_tall_and_nothing_else_is_touched() -> None:
    luma = stamped(0xC0FFEE)
    marker = luma[-32:, :192]
    assert set(marker.ravel().tolist()) == {16, 235}
    for top in (0, 16):
        for left in range(0, 192, 8):
            assert len(set(marker[top : top + 16, left : left + 8].ravel().tolist())) == 1
    assert (luma[:-32] == 90).all()
    assert (luma[:, 192:] == 90).all()


@given(st.integers(-(2**40), 2**40))
def test_every_number_comes_back_as_its_twenty_four_bits(number: int) -> None:
    luma = stamped(number)
    assert v2.read(luma, sent_size=SIZE) == number & 0xFFFFFF
    assert v2.read(luma) == number & 0xFFFFFF


@pytest.mark.parametrize("size", [2, 3, 4, 5, 6, 7, 10, 12, 14, 16])
def test_without_the_sent_size_the_protocols_cell_sizes_are_found(size: int) -> None:
    marker = stamped(0xABCDEF)[-32::8, :192:8]
    luma = np.full((200, 500), 90, np.uint8)
    luma[-4 * size :, : 24 * size] = np.kron(marker, np.ones((size, size), np.uint8))
    assert v2.read(luma) == 0xABCDEF


@pytest.mark.parametrize("sent_size", [SIZE, None])
def test_a_mirrored_picture_is_read(sent_size: tuple[int, int] | None) -> None:
    assert v2.read(stamped(0x123456)[:, ::-1], sent_size=sent_size) == 0x123456


def test_a_mirrored_and_scaled_negative_is_read() -> None:
    twice = np.kron(255 - stamped(0x123456), np.ones((2, 2), np.uint8))
    assert v2.read(twice[:, ::-1], sent_size=SIZE) == 0x123456


@pytest.mark.parametrize(("width", "height"), [(191, 32), (192, 31), (0, 0), (16, 16)])
def test_a_frame_too_small_for_the_marker_is_left_alone(width: int, height: int) -> None:
    luma = np.full((height, width), 90, np.uint8)
    assert not v2.stamp(luma, 1)
    assert (luma == 90).all()
    assert v2.examine(luma, sent_size=(640, 360)).reading == "no_marker"
    assert v2.read(luma) is None


def test_rows_may_be_farther_apart_than_their_width() -> None:
    plane = np.full((64, 320), 90, np.uint8)
    view = plane[:, :256]
    assert v2.stamp(view, 4711)
    assert v2.read(view, sent_size=SIZE) == 4711
    assert (plane[:, 256:] == 90).all()


def test_a_flat_frame_has_no_marker() -> None:
    luma = np.full((360, 640), 128, np.uint8)
    assert v2.examine(luma, sent_size=(640, 360)).reading == "no_marker"
    assert v2.examine(luma).reading == "no_marker"


@pytest.mark.parametrize("cell", range(40))
def test_any_one_flipped_cell_is_rejected(cell: int) -> None:
    luma = stamped(0x00BEEF)
    row, column = divmod(cell, 20)
    block = luma[-32 + row * 16 :, (column + 2) * 8 :][:16, :8]
    block[:] = 251 - block
    assert v2.examine(luma, sent_size=SIZE).reading == "rejected"


@pytest.mark.parametrize(("weak", "reading"), [(4, "ok"), (5, "rejected")])
def test_at_most_four_weak_cells_are_let_through(weak: int, reading: str) -> None:
    luma = stamped(0x00BEEF)
    for column in range(2, 2 + weak):
        block = luma[-32:-16, column * 8 : column * 8 + 8]
        block[:] = 135 if block[0, 0] == 235 else 115
    assert v2.examine(luma, sent_size=SIZE).reading == reading


@pytest.mark.parametrize(("amplitude", "reading"), [(7, "ok"), (6, "no_marker")])
def test_pilots_must_exceed_six_levels_on_either_side_of_the_middle(
    amplitude: int, reading: str
) -> None:
    luma = stamped(0x00BEEF)
    luma[-32:, :192] = np.where(luma[-32:, :192] == 235, 100 + amplitude, 100 - amplitude)
    assert v2.examine(luma, sent_size=SIZE).reading == reading


def test_a_faint_pilot_rejects_even_a_valid_code_word() -> None:
    luma = stamped(0x00BEEF)
    luma[-32:-16, :8] = 126  # the middle of its side is then near 98, its half contrast near 82
    luma[-16:, :8] = 90
    assert v2.examine(luma, sent_size=SIZE).reading == "rejected"


def test_one_polarity_on_the_left_and_the_other_on_the_right_is_no_marker() -> None:
    luma = stamped(0x00BEEF)
    luma[-32:, 176:192] = 251 - luma[-32:, 176:192]
    assert v2.examine(luma, sent_size=SIZE).reading == "no_marker"


@given(st.binary(min_size=3, max_size=3))
def test_the_forty_bits_leave_no_crc_remainder(number: bytes) -> None:
    assert crc_hqx(v2.word(int.from_bytes(number)).to_bytes(5), 0xFFFF) == 0
