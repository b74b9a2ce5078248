from __future__ import annotations

import pytest

from g2gbench.secrecy import shown_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("wss://api.example/v1", "wss://api.example/v1"),
        ("wss://me:secret@api.example:8/v1?key=secret#secret", "wss://api.example:8/v1"),
        ("http://h", "http://h"),
        ("livekit", "livekit"),
        ("//secret@h", "h"),
        ("ws://[", "a URL that cannot be read"),
        ("", ""),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert shown_url(url) == shown
