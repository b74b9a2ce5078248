"""The service's side of one signalling session: messages and ticks in, actions out. Pure.

Speaks what the public SDKs speak, in all three forms of their join: with the initial state inside
it (Android), with capabilities and the initial state right behind it (JavaScript), or bare, with
the initial state after the room info (Python).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

MAX_IMAGE_CHARS = 16_000_000


@dataclass(frozen=True, slots=True)
class Reply:
    """Send a message to the client."""

    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """The client may have its room: answer with ``room_info`` when it is known."""


@dataclass(frozen=True, slots=True)
class Apply:
    """Have the model take a prompt, an image or both; answer with ``applied``."""

    ticket: int
    prompt: str | None
    image: str | None  # base64; None with prompt None means: pass the camera through


Action = Reply | OpenRoom | Apply


@dataclass(slots=True)
class ServiceSession:
    """One client's session, from its join to its end.

    Args:
        queue: positions to report before the room is given, newest last: (3, 2, 1).

    """

    queue: tuple[int, ...] = ()
    joined: bool = False
    generating: bool = False
    seconds: int = 0
    _acks: dict[int, dict[str, Any]] = field(default_factory=dict)
    _tickets: int = 0

    def receive(self, text: str) -> list[Action]:
        """What follows from one text frame. Malformed ones are answered, never raised."""
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return [_error("a message that is no JSON")]
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            return [_error("a message without a type")]
        kind = message["type"]
        if kind == "livekit_join":
            return self._join(message)
        if kind in ("prompt", "set_image"):
            if not self.joined:
                return [_error(f"{kind} before livekit_join")]
            return self._take(message)
        return [_error(f"unknown message type {kind[:40]!r}")]

    def room_info(self, livekit_url: str, token: str, room: str, session_id: str) -> list[Action]:
        """The room that was asked for is there."""
        return [
            Reply(
                {
                    "type": "livekit_room_info",
                    "livekit_url": livekit_url,
                    "token": token,
                    "room_name": room,
                    "session_id": session_id,
                }
            )
        ]

    def applied(self, ticket: int, error: str | None = None) -> list[Action]:
        """The model took (or refused) what ``Apply`` asked for."""
        ack = self._acks.pop(ticket, None)
        if ack is None:
            return []
        return [Reply({**ack, "success": error is None, "error": error})]

    def media_flows(self) -> list[Action]:
        """The model sent its first frame."""
        if self.generating:
            return []
        self.generating = True
        return [Reply({"type": "generation_started"})]

    def tick(self) -> list[Action]:
        """One more second has passed since generation started."""
        if not self.generating:
            return []
        self.seconds += 1  # whole seconds: one of the public clients parses nothing else
        return [Reply({"type": "generation_tick", "seconds": self.seconds})]

    def end(self, reason: str) -> list[Action]:
        """The session is over from the service's side."""
        if not self.generating:
            return []
        self.generating = False
        return [Reply({"type": "generation_ended", "seconds": self.seconds, "reason": reason})]

    def _join(self, message: dict[str, Any]) -> list[Action]:
        if self.joined:
            return [_error("livekit_join twice")]
        self.joined = True
        size = len(self.queue)
        actions: list[Action] = [
            Reply({"type": "queue_position", "position": position, "queue_size": size})
            for position in self.queue
        ]
        actions.append(OpenRoom())
        initial = message.get("initial_state")
        if isinstance(initial, dict):
            actions += self._take(initial)
        return actions

    def _take(self, message: dict[str, Any]) -> list[Action]:
        kind = message.get("type")
        prompt = message.get("prompt")
        image = message.get("image_data")
        if prompt is not None and not isinstance(prompt, str):
            return [_error(f"{kind}: prompt must be text")]
        if kind == "prompt":
            ack: dict[str, Any] = {"type": "prompt_ack", "prompt": prompt}
            if not prompt:
                return [Reply({**ack, "success": False, "error": "the prompt is empty"})]
            return [self._apply(ack, prompt, None)]
        if kind != "set_image":
            return [
                _error(f"initial_state must be a prompt or a set_image, not {str(kind)[:40]!r}")
            ]
        ack = {"type": "set_image_ack"}
        if image is not None and (not isinstance(image, str) or len(image) > MAX_IMAGE_CHARS):
            error = f"image_data must be base64 text of at most {MAX_IMAGE_CHARS} characters"
            return [Reply({**ack, "success": False, "error": error})]
        return [self._apply(ack, prompt, image)]

    def _apply(self, ack: dict[str, Any], prompt: str | None, image: str | None) -> Apply:
        self._tickets += 1
        self._acks[self._tickets] = ack
        return Apply(self._tickets, prompt, image)


def _error(text: str) -> Reply:
    return Reply({"type": "error", "error": text})
