from __future__ import annotations

import pytest

from g2gbench.scenario import SERVICE_MODELS
from g2gbench.service.models import DEFAULT_MODEL, HEIGHTS, KNOWN, Picture, Refusal, choose


def test_every_model_of_the_service_is_known_with_its_picture() -> None:
    assert set(KNOWN) == set(SERVICE_MODELS)
    assert KNOWN["lucy-2.1"] == Picture(1088, 624, 30)
    assert KNOWN["lucy-restyle-2"] == Picture(1280, 704, 30)
    assert next(iter(KNOWN)) == DEFAULT_MODEL


@pytest.mark.parametrize(
    ("model", "resolution", "size"),
    [
        ("lucy-2.1", None, (1088, 624)),
        ("lucy-2.1", "720p", (1088, 624)),
        ("lucy-2.1", "1080p", (1884, 1080)),
        ("lucy-2.1", "480p", (836, 480)),
        ("lucy-2.5", "1080p", (1920, 1080)),
        ("lucy-2.5", "480p", (854, 480)),
        ("lucy-restyle-2", "1080p", (1964, 1080)),
    ],
)
def test_a_resolution_is_a_height_and_keeps_the_aspect(
    model: str, resolution: str | None, size: tuple[int, int]
) -> None:
    picture = choose(KNOWN, model, resolution)
    assert (picture.width, picture.height) == size
    assert picture.fps == 30


@pytest.mark.parametrize("resolution", [r for r in HEIGHTS if r != "720p"])
@pytest.mark.parametrize("model", KNOWN)
def test_every_picture_is_even_and_its_aspect_is_right_within_a_pixel(
    model: str, resolution: str
) -> None:
    natural, picture = KNOWN[model], choose(KNOWN, model, resolution)
    assert picture.width % 2 == picture.height % 2 == 0
    assert abs(picture.width - picture.height * natural.width / natural.height) <= 1


@pytest.mark.parametrize(
    ("model", "resolution", "why"),
    [
        ("lucy-9", None, r"^no model 'lucy-9' here; this service runs lucy-2.1, "),
        ("l" * 100, None, "^no model 'l{60}' here"),
        (None, None, "^no model was asked for; this service runs lucy-2.1, "),
        ("", None, "^no model was asked for"),
        ("lucy-2.1", "4k", "^no resolution '4k': 480p, 720p, 1080p are known"),
    ],
)
def test_what_is_not_to_be_had_is_refused_with_what_is(
    model: str | None, resolution: str | None, why: str
) -> None:
    with pytest.raises(Refusal, match=why):
        choose(KNOWN, model, resolution)
