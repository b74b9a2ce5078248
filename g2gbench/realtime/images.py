"""Reference images as the service takes them: base64 text."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TypeAlias

from g2gbench.realtime.errors import ErrorCode, RealtimeError

Image: TypeAlias = str | bytes | Path
MAX_BYTES = 12_000_000  # 16 million characters of base64


def encoded(image: Image | None) -> str | None:
    """An image as base64 text; None stays None.

    Args:
        image: base64 text (a ``data:`` URL too), the bytes of an image file, or its path.

    Raises RealtimeError (INVALID_INPUT) for what is none of these, empty or too large.
    """
    if image is None:
        return None
    if isinstance(image, Path):
        try:
            return encoded(image.read_bytes())
        except OSError as error:
            raise _refused(f"{image}: {error.strerror or type(error).__name__}") from error
    if isinstance(image, bytes):
        if not 0 < len(image) <= MAX_BYTES:
            raise _refused(f"{len(image)} bytes; allowed: 1 to {MAX_BYTES}")
        return base64.b64encode(image).decode()
    if not isinstance(image, str):
        raise _refused(f"a {type(image).__name__}; allowed: base64 text, bytes, a pathlib.Path")
    text = image.split(",", 1)[1] if image.startswith("data:") and "," in image else image
    try:
        return encoded(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise _refused("text that is no base64; give a file's path as a pathlib.Path") from None


def _refused(found: str) -> RealtimeError:
    return RealtimeError(ErrorCode.INVALID_INPUT, f"reference image: {found}")
