"""What a page may ask for."""

from __future__ import annotations

import json

import pytest

from g2gbench.live.requests import (
    LONGEST_PROMPT,
    Asked,
    Network,
    Prompt,
    Refused,
    Start,
    Stop,
    parse,
    prompt_of,
)

NETWORKS = ["none", "wifi"]


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ({"do": "start", "source": "synthetic"}, Start(camera=False)),
        ({"do": "start", "source": "camera"}, Start(camera=True)),
        ({"do": "start", "source": "camera", "routed": True}, Start(camera=True, routed=True)),
        ({"do": "start", "source": "camera", "routed": "no"}, Start(camera=True)),
        ({"do": "stop"}, Stop()),
        ({"do": "prompt", "text": " a sunny beach "}, Prompt("a sunny beach")),
        ({"do": "network", "name": "wifi"}, Network("wifi")),
    ],
)
def test_what_is_known_is_read(message: dict[str, object], asked: Asked) -> None:
    assert parse(json.dumps(message), NETWORKS) == asked


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("{", "no JSON"),
        ("[]", "no such request: 'None'; start, stop, prompt, network are known"),
        ('{"do": "jump"}', "no such request: 'jump'"),
        ('{"do": "start"}', "no source 'None'; allowed: synthetic, camera"),
        ('{"do": "network", "name": "lte"}', "no network 'lte'; allowed: none, wifi"),
        ('{"do": "network", "name": ["wifi"]}', "no network"),
        ('{"do": "prompt", "text": "  "}', "the prompt is empty"),
        ('{"do": "prompt", "text": 3}', "the prompt is empty"),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(message: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(message, NETWORKS)
    assert words in str(refused.value)


def test_the_longest_prompt_is_taken_and_no_longer_one() -> None:
    assert len(prompt_of("a" * LONGEST_PROMPT)) == LONGEST_PROMPT
    with pytest.raises(Refused, match="at most 4096"):
        prompt_of("a" * (LONGEST_PROMPT + 1))


@pytest.mark.parametrize("message", ["[" * 100_000, '{"do": "prompt", "text": "\\ud83d"}', "1e999"])
def test_what_no_page_of_ours_sends_is_refused_in_words(message: str) -> None:
    with pytest.raises(Refused, match=r"."):
        parse(message, NETWORKS)
