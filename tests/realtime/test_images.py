from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from g2gbench.realtime import images
from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.realtime.images import encoded

RAW = b"\x89PNG\r\n picture"
TEXT = base64.b64encode(RAW).decode()


def test_an_image_may_be_bytes_base64_a_data_url_or_a_path(tmp_path: Path) -> None:
    path = tmp_path / "hat.png"
    path.write_bytes(RAW)
    for image in (RAW, TEXT, f"data:image/png;base64,{TEXT}", path):
        assert encoded(image) == TEXT


def test_none_clears() -> None:
    assert encoded(None) is None


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (b"", "0 bytes; allowed: 1 to"),
        ("", "0 bytes"),
        ("hat.png", "no base64; give a file's path as a pathlib.Path"),
        (7, "a int; allowed: base64 text, bytes, a pathlib.Path"),
        (Path("/nowhere/hat.png"), "/nowhere/hat.png: No such file"),
    ],
)
def test_what_is_no_image_is_refused_with_what_is_allowed(image: Any, words: str) -> None:
    with pytest.raises(RealtimeError, match=words) as refused:
        encoded(image)
    assert refused.value.code is ErrorCode.INVALID_INPUT


def test_an_image_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", len(RAW))
    assert encoded(RAW) == TEXT
    for image in (RAW + b"!", base64.b64encode(RAW + b"!").decode()):
        with pytest.raises(RealtimeError, match=f"allowed: 1 to {len(RAW)}"):
            encoded(image)
