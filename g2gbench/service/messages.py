"""The signalling messages of the service: those that come, checked; those that go. Pure.

A frame may hold anything. What is no message raises ``Malformed`` with words for its sender; what
is one, but asks for something that cannot be, is a failed acknowledgement.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

MAX_IMAGE_CHARS = 16_000_000
MAX_PROMPT_CHARS = 10_000
_SHOWN = 40  # characters of what somebody sent that an answer repeats


class Malformed(ValueError):  # noqa: N818 - says what the frame is
    """A frame that is no message of the protocol."""


@dataclass(frozen=True, slots=True)
class Style:
    """A ``prompt`` or ``set_image``: what the model shall do, and how that is acknowledged.

    ``prompt`` and ``image`` (base64) both None: pass the camera through. ``error``: why it cannot
    be done; None when it can.
    """

    ack: dict[str, Any]
    prompt: str | None = None
    image: str | None = None
    error: str | None = None


def parse(text: str) -> dict[str, Any]:
    """One text frame: an object with a ``type`` that is text. Raises Malformed."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("a message that is no JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Malformed("a message without a type")
    return message


def style(message: dict[str, Any]) -> Style:
    """Check a ``prompt`` or ``set_image`` message. Raises Malformed for any other type."""
    kind = message.get("type")
    prompt = message.get("prompt")
    if kind == "prompt":
        ack = {"type": "prompt_ack", "prompt": prompt if isinstance(prompt, str) else ""}
    elif kind == "set_image":
        ack = {"type": "set_image_ack"}
    else:
        raise Malformed(f"a prompt or a set_image is needed here, not {shown(kind)}")
    error = _prompt_error(prompt, needed=kind == "prompt") or _enhance_error(message)
    image = message.get("image_data") if kind == "set_image" else None
    if error is None and kind == "set_image":
        error = _image_error(image, message.get("image_ref"))
    return Style(ack, error=error) if error else Style(ack, prompt, image)


def shown(value: object) -> str:
    """The beginning of what somebody sent, for an answer."""
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _prompt_error(prompt: object, *, needed: bool) -> str | None:
    if prompt is None and not needed:
        return None
    if not isinstance(prompt, str):
        return "prompt must be text"
    if not prompt.strip():
        return "the prompt is empty"
    if len(prompt) > MAX_PROMPT_CHARS:
        return f"the prompt is longer than {MAX_PROMPT_CHARS} characters"
    return None


def _enhance_error(message: dict[str, Any]) -> str | None:
    if isinstance(message.get("enhance_prompt"), bool | None):
        return None
    return "enhance_prompt must be true or false"


def _image_error(image: object, reference: object) -> str | None:
    if reference is not None:
        return "this service knows no image_ref: send image_data"
    if image is None:
        return None
    if not isinstance(image, str):
        return "image_data must be base64 text or null"
    if len(image) > MAX_IMAGE_CHARS:
        return f"image_data is longer than {MAX_IMAGE_CHARS} characters"
    try:
        picture = base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError):
        return "image_data is no base64"
    return None if picture else "image_data is empty; null means no image"


def acknowledgement(ack: dict[str, object], error: str | None) -> dict[str, object]:
    """An ack that succeeded (``error`` None) or failed."""
    return {**ack, "success": error is None, "error": error}


def error_message(text: str) -> dict[str, object]:
    """The message that tells a client of an error."""
    return {"type": "error", "error": text}


def queue_position(position: int, size: int) -> dict[str, object]:
    """Both fields: one of the public clients parses nothing else."""
    return {"type": "queue_position", "position": position, "queue_size": size}
