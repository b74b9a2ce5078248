from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from g2gbench import marker
from g2gbench.service import transforms
from g2gbench.service.transforms import TRANSFORMS, Transform, planes
from g2gbench.sources import SyntheticSource

SIZE = (320, 192)


def _picture(number: int = 0) -> bytearray:
    source = SyntheticSource("street", *SIZE, 30, 1)
    buffer = bytearray(SIZE[0] * SIZE[1] * 3 // 2)
    source.render(number, buffer)
    return buffer


def test_planes_are_views_of_the_buffer() -> None:
    buffer = bytearray(8 * 4 * 3 // 2)
    luma, u, v = planes(buffer, (8, 4))
    assert (luma.shape, u.shape, v.shape) == ((4, 8), (2, 4), (2, 4))
    v[:] = 9
    assert buffer[-8:] == bytes([9] * 8)


@pytest.mark.parametrize("size", [(240, 135), (205, 116), (17, 11)])
def test_pictures_of_odd_sizes_are_taken_as_webrtc_makes_them(size: tuple[int, int]) -> None:
    width, height = size
    chroma = (width + 1) // 2 * ((height + 1) // 2)
    buffer = bytearray([50]) * (width * height) + bytearray([90]) * chroma + bytearray(chroma)
    for name in TRANSFORMS:
        out = Transform(name, SIZE)(memoryview(buffer), size)
        assert [set(plane.flat) for plane in planes(out, SIZE)] == [{50}, {90}, {0}]


def test_passthrough_keeps_every_pixel() -> None:
    picture = _picture()
    assert Transform("passthrough", SIZE)(memoryview(picture), SIZE) == picture


def test_every_transform_scales_to_the_models_size() -> None:
    for name in TRANSFORMS:
        transform = Transform(name, (640, 384))
        transform.set_style("x", None)
        assert len(transform(memoryview(_picture()), SIZE)) == 640 * 384 * 3 // 2


def test_mirror_flips_every_plane() -> None:
    picture = _picture()
    out = Transform("mirror", SIZE)(memoryview(picture), SIZE)
    for before, after in zip(planes(picture, SIZE), planes(out, SIZE), strict=True):
        assert np.array_equal(before[:, ::-1], after)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_restyle_leaves_no_marker(version: str) -> None:
    kind = marker.get(version)
    transform = Transform("restyle", SIZE)
    plain = _picture()
    for number in range(0, 4000, 97):
        picture = bytearray(plain)
        kind.stamp(planes(picture, SIZE)[0], number)
        transform.set_style(f"style {number}", None)
        out = transform(memoryview(picture), SIZE)
        assert kind.read(planes(out, SIZE)[0], sent_size=SIZE) != number


def test_restyle_without_prompt_and_image_passes_the_picture() -> None:
    transform = Transform("restyle", SIZE)
    transform.set_style("x", None)
    transform.set_style(None, None)
    assert transform(memoryview(_picture()), SIZE) == _picture()


def test_the_style_follows_the_prompt_and_nothing_else() -> None:
    def styled(prompt: str | None, image: str | None) -> bytes:
        transform = Transform("restyle", SIZE)
        transform.set_style(prompt, image)
        return bytes(transform(memoryview(_picture()), SIZE))

    assert styled("a", None) == styled("a", None)
    assert styled("a", None) != styled("b", None)
    assert styled(None, "a picture") != styled(None, None)


def test_an_unknown_transform_is_refused() -> None:
    with pytest.raises(ValueError, match="passthrough"):
        Transform("dance", SIZE)


def test_any_text_is_a_style_even_half_a_surrogate_pair() -> None:
    transform = Transform("restyle", SIZE)
    transform.set_style("\ud83c", None)
    assert transform(memoryview(_picture()), SIZE) != _picture()


@pytest.mark.parametrize("then", [None, "a beach"])
def test_a_style_that_comes_while_a_picture_is_made_is_the_next_ones(
    monkeypatch: pytest.MonkeyPatch, then: str | None
) -> None:
    """The pixel work lets other threads run; a prompt that was cleared then has killed a model."""
    transform, picture = Transform("restyle", SIZE), _picture()
    transform.set_style("a city", None)
    styled = transform(memoryview(picture), SIZE)
    transform.set_style(then, None)
    after = transform(memoryview(picture), SIZE)
    assert after != styled
    transform.set_style("a city", None)
    tiles = transforms._tiles

    def changing(*given: Any) -> transforms.Plane:
        transform.set_style(then, None)
        return tiles(*given)

    monkeypatch.setattr(transforms, "_tiles", changing)
    assert transform(memoryview(picture), SIZE) == styled
    monkeypatch.undo()
    assert transform(memoryview(picture), SIZE) == after


def test_a_halved_picture_has_half_the_width_and_height() -> None:
    out, size = transforms.halved(_picture(), SIZE)
    assert size == (160, 96)
    luma, u, v = planes(out, size)
    assert (luma.shape, u.shape, v.shape) == ((96, 160), (48, 80), (48, 80))
    assert abs(float(luma.mean()) - float(planes(_picture(), SIZE)[0].mean())) < 1


@pytest.mark.parametrize("size", [(320, 192), (322, 190)])
def test_a_coarse_picture_keeps_its_size_and_loses_its_detail(size: tuple[int, int]) -> None:
    width, height = size
    picture = bytearray(range(256)) * (width * height * 3 // 2 // 256 + 1)
    before = planes(picture[: width * height * 3 // 2], size)[0].copy()
    picture = picture[: width * height * 3 // 2]
    transforms.coarsen(picture, size)
    luma = planes(picture, size)[0]
    assert np.array_equal(luma[0:188:4, 0:320:4], luma[3:188:4, 3:320:4])
    assert abs(float(luma[:188, :320].mean()) - float(before[:188, :320].mean())) < 2


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_marker_survives_coarsening(version: str) -> None:
    chosen = marker.get(version)
    picture = _picture()
    luma = planes(picture, SIZE)[0]
    chosen.stamp(luma, 12345)
    transforms.coarsen(picture, SIZE)
    assert chosen.read(luma, sent_size=SIZE) == 12345
