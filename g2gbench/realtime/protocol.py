"""The service's signalling messages as the client sends and hears them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

BASE_URL = "wss://api3.decart.ai"
STREAM_PATH = "/v1/stream"
PING_S = 20.0
OPEN_TIMEOUT_S = 60.0
ROOM_INFO_TIMEOUT_S = 15.0
PROMPT_TIMEOUT_S = 15.0
IMAGE_TIMEOUT_S = 30.0
INFERENCE_IDENTITY = "inference-server-"


@dataclass(frozen=True, slots=True)
class RoomInfo:
    """Where the media flows."""

    livekit_url: str
    token: str
    room_name: str
    session_id: str

    def __repr__(self) -> str:
        """Without the token: it admits to the room."""
        return f"RoomInfo({self.livekit_url!r}, room_name={self.room_name!r})"


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
    return f"{base_url.rstrip('/')}{STREAM_PATH}?{urlencode(query, quote_via=quote)}"


def prompt(text: str, *, enhance: bool = True) -> dict[str, Any]:
    """A prompt message."""
    return {"type": "prompt", "prompt": text, "enhance_prompt": enhance}


def passthrough() -> dict[str, Any]:
    """A set_image message that asks for the camera's picture as it is."""
    return {"type": "set_image", "image_data": None}


def join(initial_state: Mapping[str, Any] | None) -> dict[str, Any]:
    """The first message. ``initial_state`` is a whole prompt or set_image message."""
    return {"type": "livekit_join", "initial_state": initial_state}


def parse(text: str | bytes) -> Message:
    """What a frame says; None for messages without consequence, Unreadable for what is none."""
    try:
        data = json.loads(text)
        kind = data["type"]
        if kind == "livekit_room_info":
            fields = ("livekit_url", "token", "room_name", "session_id")
            return RoomInfo(*(_text(data, name) for name in fields))
        if kind == "queue_position":
            position = data.get("position", data.get("queue_position"))
            return QueuePosition(int(position), int(data.get("queue_size", 0)))
        if kind in ("prompt_ack", "set_image_ack"):
            text_of_prompt = _text(data, "prompt") if kind == "prompt_ack" else None
            error = data.get("error")
            return Ack(text_of_prompt, bool(data["success"]), None if error is None else str(error))
        if kind.startswith("generation_"):
            what = kind.removeprefix("generation_")
            seconds = float(data.get("seconds", 0))
            return Generation(what, seconds, str(data.get("reason", "")))
        if kind == "error":
            return ServiceError(str(data.get("error", "")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return Unreadable(f"{type(error).__name__} in a signalling message")
    known = ("status", "session_id", "ready", "offer", "answer", "ice-candidate")
    return None if kind in known else Unreadable(f"unknown message type {str(kind)[:40]!r}")


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value
