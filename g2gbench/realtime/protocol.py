"""The service's signalling messages as the client sends and receives them. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import quote, urlencode

from g2gbench.secrecy import Unshown, shown_url

BASE_URL = "wss://api3.decart.ai"
STREAM_PATH = "/v1/stream"
PING_S = 20.0
OPEN_TIMEOUT_S = 60.0
ROOM_INFO_TIMEOUT_S = 15.0
PROMPT_TIMEOUT_S = 15.0
IMAGE_TIMEOUT_S = 30.0
INFERENCE_IDENTITY = "inference-server-"
_GENERATION = {f"generation_{what}": what for what in ("started", "tick", "ended")}


@dataclass(frozen=True, slots=True)
class RoomInfo:
    """Room that carries the media."""

    livekit_url: str
    token: str
    room_name: str
    session_id: str

    def __repr__(self) -> str:
        """Without the token: it admits to the room."""
        return f"RoomInfo({shown_url(self.livekit_url)!r}, room_name={self.room_name!r})"


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """The client waits; the clock of the room info stops."""

    position: int
    size: int


@dataclass(frozen=True, slots=True)
class Ack:
    """The answer to a prompt (``prompt`` is its text) or to a set_image (``prompt`` is None)."""

    prompt: str | None
    success: bool
    error: str | None


@dataclass(frozen=True, slots=True)
class Generation:
    """``started``, a ``tick``, or ``ended``, with the seconds that are billed."""

    what: str
    seconds: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ServiceError:
    """The service says that something is wrong: everything that waits has failed."""

    message: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that is none of the protocol's. It is reported and ends nothing."""

    reason: str


Message: TypeAlias = RoomInfo | QueuePosition | Ack | Generation | ServiceError | Unreadable | None


def stream_url(
    base_url: str,
    api_key: str,
    model: str,
    *,
    pixel_latency: bool,
    user_agent: str,
    resolution: str | None = None,
) -> str:
    """The WebSocket's address. It holds the key: never log it.

    Args:
        base_url: ``ws://…`` or ``wss://…``.
        resolution: ``720p`` or ``1080p``; None: the service's own choice.
        pixel_latency: ask the service to read the marker and stamp it on the matching output frame.

    """
    query = {"api_key": api_key, "model": model, "livekit_early_room_info": "true"}
    if resolution is not None:
        query["resolution"] = resolution
    if pixel_latency:
        query["pixel_latency"] = "1"
    query["user_agent"] = user_agent
    return Unshown(f"{base_url.rstrip('/')}{STREAM_PATH}?{urlencode(query, quote_via=quote)}")


def prompt(text: str, *, enhance: bool = True) -> dict[str, object]:
    """A prompt message."""
    return {"type": "prompt", "prompt": text, "enhance_prompt": enhance}


def set_image(
    image: str | None, text: str | None = None, *, enhance: bool | None = None
) -> dict[str, object]:
    """A set_image message: a base64 image or None for none, a prompt beside it or not.

    Neither asks for the camera's picture as it is.
    """
    message: dict[str, object] = {"type": "set_image", "image_data": image}
    if text is not None:
        message["prompt"] = text
    if enhance is not None:
        message["enhance_prompt"] = enhance
    return message


@dataclass(frozen=True, slots=True)
class StyleRequest:
    """Request for a style: a prompt, a base64 image, both or neither."""

    prompt: str | None = None
    enhance: bool | None = None
    image: str | None = field(default=None, repr=False)  # megabytes
    via_set_image: bool = False  # asked for by a set_image, even if there is only a prompt

    @property
    def is_passthrough(self) -> bool:
        """Whether the picture shall stay as it is."""
        return self.prompt is None and self.image is None

    @property
    def timeout_s(self) -> float:
        """Time in which the service must acknowledge it, in seconds."""
        return PROMPT_TIMEOUT_S if self.is_prompt_alone else IMAGE_TIMEOUT_S

    @property
    def is_prompt_alone(self) -> bool:
        """Whether it is asked for by a prompt message rather than by a set_image."""
        return self.image is None and self.prompt is not None and not self.via_set_image

    def message(self) -> dict[str, object]:
        """The message that asks for it."""
        if self.prompt is not None and self.is_prompt_alone:
            return prompt(self.prompt, enhance=self.enhance is not False)
        return set_image(self.image, self.prompt, enhance=self.enhance)


def subscribe_token(room_name: str) -> str:
    """Return a viewer's ticket: the room's name, as the service's SDKs pack it."""
    packed = json.dumps({"room_name": room_name}, separators=(",", ":"))
    return base64.b64encode(packed.encode()).decode()


def room_of(token: str) -> str:
    """The room that a subscribe token names. Raises ValueError for what is none."""
    try:
        standard = token.replace("-", "+").replace("_", "/")
        text = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
        name = json.loads(text)["room_name"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("no subscribe token") from None
    if not isinstance(name, str) or not name:
        raise ValueError("no subscribe token")
    return name


def join(style: StyleRequest) -> dict[str, object]:
    """The first message, with the initial state in it if there is one."""
    return {
        "type": "livekit_join",
        "initial_state": None if style.is_passthrough else style.message(),
    }


def parse(text: str | bytes) -> Message:
    """Return the message in a frame; None for one without consequence, Unreadable for none."""
    try:
        if isinstance(text, bytes):
            return Unreadable("a binary signalling message")
        data = json.loads(text)
        kind = data["type"]
        if not isinstance(kind, str):
            raise TypeError("type")
        if kind == "livekit_room_info":
            fields = ("livekit_url", "token", "room_name", "session_id")
            return RoomInfo(*(_text(data, name) for name in fields))
        if kind == "queue_position":
            position = data.get("position", data.get("queue_position"))
            return QueuePosition(int(position), int(data.get("queue_size", 0)))
        if kind in ("prompt_ack", "set_image_ack"):
            text_of_prompt = _text(data, "prompt") if kind == "prompt_ack" else None
            error = data.get("error")
            success = data["success"]
            if not isinstance(success, bool):
                raise TypeError("success")
            return Ack(text_of_prompt, success, None if error is None else str(error))
        if kind in _GENERATION:
            seconds = float(data.get("seconds", 0))
            if not 0 <= seconds < float("inf"):
                raise ValueError("seconds")
            return Generation(_GENERATION[kind], seconds, str(data.get("reason", "")))
        if kind == "error":
            return ServiceError(str(data.get("error", "")))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        return Unreadable(f"{type(error).__name__} in a signalling message")
    known = ("status", "session_id", "ready", "offer", "answer", "ice-candidate")
    return None if kind in known else Unreadable(f"unknown message type {kind[:40]!r}")


def _text(data: Mapping[str, object], name: str) -> str:
    value = data[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value
