"""PSNR and SSIM against what theory and a plain second implementation say."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from g2gbench.client.psnr_ssim import fitted, score_picture
from g2gbench.marker import MARKER_HEIGHT, MARKER_WIDTH, Luma
from g2gbench.sources import SyntheticSource

SIZE = (320, 240)


def picture(number: int = 0, size: tuple[int, int] = SIZE) -> Luma:
    source = SyntheticSource("street", *size, 30, 1)
    buffer = bytearray(source.frame_size)
    source.render(number, buffer)
    return source.luma(buffer)


def noisy(luma: Luma, deviation: float, seed: int = 1) -> Luma:
    noise = np.random.default_rng(seed).normal(0, deviation, luma.shape)
    return np.clip(np.round(luma + noise), 0, 255).astype(np.uint8)


def slow_ssim(one: Luma, other: Luma) -> float:
    """Window by window in float64, as the paper has it; rows above the marker."""
    offsets = np.arange(11) - 5
    line = np.exp(-(offsets**2) / (2 * 1.5**2))
    window = np.outer(line, line) / line.sum() ** 2

    def local(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        found = np.lib.stride_tricks.sliding_window_view(values, (11, 11))
        result: npt.NDArray[np.float64] = np.einsum("ijkl,kl->ij", found, window)
        return result

    x, y = one.astype(np.float64), other.astype(np.float64)
    mx, my = local(x), local(y)
    vx, vy, c = local(x * x) - mx**2, local(y * y) - my**2, local(x * y) - mx * my
    c1, c2 = 6.5025, 58.5225
    alike = (2 * mx * my + c1) * (2 * c + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    inside = np.ones(alike.shape, dtype=np.bool_)
    inside[-MARKER_HEIGHT:, :MARKER_WIDTH] = False
    return float(alike[inside].mean())


def test_identical_pictures_have_no_error_and_are_wholly_alike() -> None:
    found = score_picture(picture(), picture())
    assert (found.mse, found.ssim) == (0.0, 1.0)


def test_a_picture_of_another_size_is_fitted_to_its_source_and_a_cut_one_put_in_its_place() -> None:
    source = picture(0, (640, 360))
    same = fitted(source, source)
    assert np.array_equal(same, source)
    half = cv2.resize(source, (320, 180), interpolation=cv2.INTER_AREA)
    assert fitted(source, np.asarray(half, np.uint8)).shape == source.shape
    cut = np.zeros((352, 640), np.uint8)  # 16:9 to whole blocks: four lines less on either side
    whole = fitted(source, cut)
    assert not whole[4:-4].any()
    assert np.array_equal(whole[:4], source[:4])
    assert np.array_equal(whole[-4:], source[-4:])
    assert source[4:-4].any()  # the source itself stays as it is


def test_a_constant_difference_is_its_square() -> None:
    luma = np.full((240, 320), 100, np.uint8)
    assert score_picture(luma, luma + np.uint8(7)).mse == 49.0


@pytest.mark.parametrize("deviation", [2.0, 8.0, 20.0])
def test_ssim_is_that_of_the_paper(deviation: float) -> None:
    one = picture()
    other = noisy(one, deviation)
    assert score_picture(one, other).ssim == pytest.approx(slow_ssim(one, other), abs=2e-4)


def test_a_large_picture_is_brought_down_to_about_256_lines_first() -> None:
    one = picture(size=(1280, 720))
    other = noisy(one, 20)
    down = [np.asarray(cv2.resize(p, (426, 240), interpolation=cv2.INTER_AREA), np.uint8)
            for p in (one, other)]  # fmt: skip
    whole = score_picture(one, other).ssim
    assert whole > score_picture(one[:240, :320], other[:240, :320]).ssim  # noise is averaged out
    assert whole == pytest.approx(score_picture(*down).ssim, abs=0.01)


def test_the_markers_block_counts_for_nothing() -> None:
    one, other = picture(), picture()
    other[-MARKER_HEIGHT:, :MARKER_WIDTH] = 255 - other[-MARKER_HEIGHT:, :MARKER_WIDTH]
    found = score_picture(one, other)
    assert found.mse == 0
    assert found.ssim == pytest.approx(1.0)
    other[0, 0] ^= 8
    assert score_picture(one, other).mse == pytest.approx(64 / (one.size - 192 * 32))


def test_worse_pictures_score_worse_in_both() -> None:
    one = picture()
    found = [score_picture(one, noisy(one, deviation)) for deviation in (1, 4, 16, 64)]
    assert [f.mse for f in found] == sorted(f.mse for f in found)
    assert [f.ssim for f in found] == sorted((f.ssim for f in found), reverse=True)


def test_another_frame_of_the_same_source_is_far_from_it() -> None:
    assert (
        score_picture(picture(0), picture(30)).mse
        > 10 * score_picture(picture(0), noisy(picture(), 4)).mse
    )


@pytest.mark.parametrize("size", [(160, 120), (213, 161), (640, 480)])
def test_a_picture_of_another_size_is_scaled_to_the_sources(size: tuple[int, int]) -> None:
    one = picture()
    other = np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_AREA), np.uint8)
    found = score_picture(one, other)
    assert found.mse < score_picture(one, picture(30)).mse / 4
    assert found.ssim > 0.7


@pytest.mark.parametrize(("top", "left"), [(4, 0), (0, 6)])
def test_a_picture_that_was_cut_to_whole_blocks_is_held_against_what_it_shows(
    top: int, left: int
) -> None:
    # libwebrtc makes 480x264 of 640x360: eight lines are cut off, the rest is scaled by 3/4.
    one = picture(200, (640, 360))
    part = one[top : 360 - top, left : 640 - left]
    size = (round(part.shape[1] * 0.75), round(part.shape[0] * 0.75))
    other = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    scaled = np.asarray(cv2.resize(one, (480, 270), interpolation=cv2.INTER_AREA), np.uint8)
    assert score_picture(one, other).mse == pytest.approx(score_picture(one, scaled).mse, rel=0.1)
    stretched = np.asarray(cv2.resize(other, (640, 360)), np.uint8)
    assert score_picture(one, stretched).mse > 5 * score_picture(one, other).mse


def test_the_markers_block_counts_for_nothing_in_a_picture_that_was_cut_either() -> None:
    one = picture(200, (640, 360))
    other = one.copy()
    other[-MARKER_HEIGHT:, :MARKER_WIDTH] = 0
    assert score_picture(one, other[4:-4]).mse == 0
    assert score_picture(one, other[4:-4]).ssim == pytest.approx(1)


def test_a_picture_that_is_all_marker_is_refused() -> None:
    with pytest.raises(ValueError, match="192x32 has no room"):
        score_picture(np.zeros((32, 192), np.uint8), np.zeros((32, 192), np.uint8))
